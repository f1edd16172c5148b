import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput
from evergreen.errors import NotFound
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.learned import AT, RUN
from tests.fakes.searching import Killed, SearchWorld

AGAIN = RunInput(run_id="run-2", model="churn", sources=RUN.sources, resumes=RUN.run_id)


def interrupted(rounds=3, **search):
    """A world whose run was stopped in the middle of a round."""
    world = SearchWorld(**search)
    world.play(rounds=rounds)
    for each in world.suggest().trials[:1]:
        world.answer(each)
    return world


def own(world, run):
    """What the run left: rounds and results, and which predictions."""
    objects = world.artifacts.objects
    return {key: body for key, body in objects.items() if key.startswith(keys.run(run.run_id, ""))}


def test_the_finished_trials_of_a_run_that_stopped_count_in_the_run_that_resumes_it():
    world = interrupted(trials=20, patience=99)
    finished = world.results()
    world.play(AGAIN)
    assert world.results(AGAIN)[: len(finished)] == finished
    tried = [trial for trial in world.proposed(AGAIN) if trial.promotes is None]
    assert len(tried) == 20


def test_a_resumed_search_does_not_try_again_what_was_tried():
    world = interrupted(trials=20)
    finished = {result.number for result in world.results()}
    first = world.suggest(AGAIN)
    assert finished.isdisjoint(trial.number for trial in first.trials)
    assert first.summary.endswith(f"{len(finished)} trials of run run-1 count too")


def test_predictions_of_trials_in_full_come_along_since_the_ensemble_needs_them():
    world = interrupted(rounds=6, trials=30)
    full = [r.number for r in world.results() if r.fidelity.full]
    assert full
    world.suggest(AGAIN)
    for number in full:
        assert world.artifacts.read(keys.predictions("run-2", number)) == b"predictions"


def test_what_the_models_earlier_runs_have_shown_comes_along_too():
    world = SearchWorld(rows=600, trials=30, parallel=2)
    oldest = msgspec.structs.replace(RUN, run_id="run-0")
    world.registry.open_run(
        Run(run_id=oldest.run_id, model="churn", trigger="", sources=(), started_at=AT)
    )
    world.play(oldest)
    world.registry.close_run(oldest.run_id, "deployed", "", AT)
    world.play(rounds=1)
    resumed = world.suggest(AGAIN).trials
    assert resumed == tuple(
        msgspec.structs.replace(trial, run=AGAIN) for trial in world.suggest().trials
    )


def test_what_the_other_run_paid_is_not_paid_again():
    world = interrupted(trials=20)
    before = {result.number for result in world.results()}
    summary = world.play(AGAIN)
    paid = sum(r.dollars for r in world.results(AGAIN) if r.number not in before)
    assert summary.dollars == pytest.approx(paid)


def test_a_finished_search_goes_on_when_the_model_file_allows_more_trials():
    world = SearchWorld(trials=12)
    world.play()
    world.apply(trials=20, patience=99)
    world.play(AGAIN)
    tried = [trial for trial in world.proposed(AGAIN) if trial.promotes is None]
    assert len(tried) == 20


def test_trials_of_other_rows_or_of_another_metric_do_not_count():
    world = interrupted(trials=20)
    world.put("set-2", 70_000)
    elsewhere = world.suggest(AGAIN, "set-2")
    assert elsewhere.summary.endswith(
        "no trial of run run-1 counts, since it left none, or saw other rows, or was searched by"
        " another metric, space, seed or number of folds"
    )
    world.apply(trials=20, families=["logistic"])
    other = msgspec.structs.replace(AGAIN, run_id="run-3")
    assert "no trial of run run-1 counts" in world.suggest(other).summary


def test_a_run_that_never_began_its_search_leaves_nothing_to_go_on_from():
    world = SearchWorld(trials=12)
    assert "no trial of run run-1 counts" in world.suggest(AGAIN).summary


def test_a_failed_trial_of_the_other_run_does_not_count_and_its_place_is_tried_anew():
    world = SearchWorld(trials=12)
    world.suggest()
    world.record()  # all four were lost
    with pytest.raises(NotFound):
        world.artifacts.read(keys.trials_of_round("run-2", 1))
    assert len(world.suggest(AGAIN).trials) == 4
    world.play(AGAIN)
    assert len([t for t in world.proposed(AGAIN) if t.promotes is None]) == 12


def play_through(world, run, gaps, *, after):
    """Search; after each gap of writes the process is killed, and another goes on."""
    gaps = list(gaps)
    world.artifacts.after = after
    while True:
        world.artifacts.lives = gaps.pop(0) if gaps else float("inf")
        try:
            return world.play(run)
        except Killed:
            continue


@settings(max_examples=30, deadline=None)
@given(gaps=st.lists(st.integers(0, 30), min_size=1, max_size=6), after=st.booleans())
def test_wherever_a_search_is_killed_it_goes_on_without_loss_or_double_count(gaps, after):
    whole, broken = SearchWorld(trials=6, parallel=3), SearchWorld(trials=6, parallel=3)
    expected = whole.play()
    found = play_through(broken, RUN, gaps, after=after)
    assert found == expected
    assert own(broken, RUN) == own(whole, RUN)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("write", range(0, 24, 3))
def test_wherever_taking_over_another_run_is_killed_it_is_taken_over_once(write, after):
    whole, broken = interrupted(trials=12), interrupted(trials=12)
    expected = whole.play(AGAIN)
    found = play_through(broken, AGAIN, [write], after=after)
    assert found == expected
    assert own(broken, AGAIN) == own(whole, AGAIN)


def test_a_step_that_is_repeated_leaves_what_it_left_before():
    world = SearchWorld(trials=12)
    for each in world.suggest().trials:
        world.answer(each)
    first = world.record()
    before = dict(world.artifacts.objects)
    assert world.record() == first
    assert world.artifacts.objects == before
    again = world.suggest()
    assert world.suggest() == again
