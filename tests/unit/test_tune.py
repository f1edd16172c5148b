import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.stages import RunInput, SuggestInput
from evergreen.errors import InvalidTable, NotFound
from evergreen.prices import Worker
from evergreen.tune import suggest

from tests.fakes.learned import RUN, SET, World, frame


def test_a_search_of_a_real_table_finds_something_and_says_what():
    world = World()
    summary = world.tune()
    assert summary.done
    assert summary.best_loss < 0.3
    assert summary.summary.startswith("5 of 5 configurations, best roc_auc 0.")


def test_a_search_can_go_on_in_another_worker_and_proposes_the_same():
    one, other = World(), World()
    for world in (one, other):
        for trial in world.suggest():
            world.try_(trial)
    assert [t.configuration for t in one.suggest()] == [t.configuration for t in other.suggest()]


def test_a_fit_that_fails_is_a_result_and_the_search_goes_on():
    world = World()
    good, bad = world.suggest()
    broken = msgspec.structs.replace(bad, configuration={"family": "no such family"})
    failed = world.try_(broken)
    world.try_(good)
    assert failed.loss is None
    assert failed.error
    summary = world.record()
    assert (summary.done, summary.finished, summary.best_trial) == (False, 1, 1)
    assert summary.summary.startswith("2 of 5 configurations, 1 failed, best")


def test_when_every_fit_failed_the_error_says_why():
    world = World()
    rows = frame(400, 1)
    for split in ("train", "validation"):
        world.put(split, rows.take(rows.target == 0))
    with pytest.raises(InvalidTable, match=r"All 5 trials failed, 5 of them with: .* class"):
        world.tune()


def test_a_trial_without_its_feature_set_is_an_error_and_not_a_result():
    world = World()
    trial = msgspec.structs.replace(world.suggest()[0], feature_set="gone")
    with pytest.raises(NotFound):
        world.try_(trial)


def test_a_run_whose_name_begins_like_another_has_a_search_of_its_own():
    world = World()
    world.tune()
    other = SuggestInput(RunInput(run_id=f"{RUN.run_id}0", model="churn", sources=()), SET)
    proposed = suggest(other, **world.stores(), features=world.features, worker=Worker())
    assert [trial.number for trial in proposed.trials] == [1, 2]


def test_log_loss_is_searched_as_it_is():
    world = World(metric="log_loss")
    found = world.try_(world.suggest()[0])
    assert found.summary.startswith(f"log_loss {found.loss:.4f}")


def test_the_predictions_of_trials_in_full_are_there_for_the_ensemble():
    world = World()
    world.tune()
    for number in range(1, 6):
        assert world.artifacts.read(keys.predictions(RUN.run_id, number))
