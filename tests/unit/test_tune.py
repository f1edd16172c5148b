import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.stages import RunInput, SuggestInput, TrialResult
from evergreen.errors import InvalidTable, NotFound
from evergreen.estimators.space import defaults, families
from evergreen.tune import suggest
from evergreen.tune.record import LOST

from tests.fakes.learned import RUN, SET, SIGNATURE, World, frame

FAMILIES = families(SIGNATURE)


def test_a_search_spends_its_budget_in_rounds_and_then_is_done():
    world = World()
    rounds = []
    while not rounds or not world.record().done:
        rounds.append([world.try_(trial).number for trial in world.suggest()])
    assert rounds == [[1, 2], [3, 4], [5]]
    assert world.suggest() == ()


def test_a_search_begins_with_the_sensible_default_of_each_family():
    world = World()
    first = [t.configuration for t in world.suggest()]
    assert first == defaults(FAMILIES)[:2]


def test_the_summary_names_the_best_trial_and_its_metric():
    world = World()
    summary = world.tune()
    results = [
        msgspec.json.decode(world.artifacts.read(keys.trial(RUN.run_id, n)), type=TrialResult)
        for n in range(1, 6)
    ]
    best = min(results, key=lambda r: r.loss)
    assert (summary.best_trial, summary.best_loss) == (best.number, best.loss)
    assert summary.finished == 5
    assert summary.summary.startswith(f"5 of 5 trials, best roc_auc {1 - best.loss:.3f} (trial")


def test_a_round_that_is_asked_for_twice_is_the_same_round():
    world = World()
    first = world.suggest()
    world.try_(first[0])
    assert world.suggest() == first


def test_a_search_can_go_on_in_another_worker_and_proposes_the_same():
    one, other = World(), World()
    for world in (one, other):
        for trial in world.suggest():
            world.try_(trial)
    assert one.suggest() == other.suggest()


def test_a_fit_that_fails_is_a_result_and_the_search_goes_on():
    world = World()
    good, bad = world.suggest()
    broken = msgspec.structs.replace(bad, configuration={**bad.configuration, "max_iter": -1})
    failed = world.try_(broken)
    world.try_(good)
    assert failed.loss is None
    assert "max_iter" in failed.error
    summary = world.record()
    assert (summary.done, summary.finished, summary.best_trial) == (False, 1, 1)
    assert summary.summary.startswith("2 of 5 trials, 1 failed, best")


def test_a_trial_whose_worker_was_killed_counts_as_failed_and_the_search_ends():
    world = World()
    first, _killed = world.suggest()
    world.try_(first)
    world.record()
    for _ in range(2):
        for trial in world.suggest():
            world.try_(trial)
    summary = world.record()
    assert (summary.done, summary.finished) == (True, 4)
    lost = msgspec.json.decode(world.artifacts.read(keys.trial(RUN.run_id, 2)), type=TrialResult)
    assert lost.error == LOST


def test_when_every_trial_failed_the_error_says_why():
    world = World()
    rows = frame(100, 1)
    world.put("validation", rows.take(rows.target == 0))
    with pytest.raises(InvalidTable, match=r"All 5 trials failed, 5 of them with: .* one class"):
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
    proposed = suggest(
        other, features=world.features, artifacts=world.artifacts, registry=world.registry
    )
    assert [trial.number for trial in proposed.trials] == [1, 2]


def test_log_loss_is_searched_as_it_is():
    world = World(metric="log_loss")
    found = world.try_(world.suggest()[0])
    assert found.summary.startswith(f"log_loss {found.loss:.4f}")
