"""What a run relies on when a trial never answers, or two workers do the same."""

import pytest
from evergreen.errors import InvalidTable
from evergreen.prices import Worker
from evergreen.tune.record import LOST

from tests.fakes.searching import SearchWorld

FUNCTION = Worker("lambda", 3.0)


def test_a_trial_without_a_result_is_written_down_as_lost_and_never_promoted():
    world = SearchWorld(trials=12, worker=FUNCTION)
    first, *others = world.suggest().trials
    for each in others:
        world.answer(each, 0.5)
    world.clock.go_on(minutes=20)
    summary = world.record()
    lost = world.results()[0]
    assert (lost.number, lost.loss, lost.error) == (first.number, None, LOST)
    assert (lost.fidelity, lost.origin) == (first.fidelity, first.origin)
    assert "1 failed" in summary.summary
    world.play()
    assert first.number not in {trial.promotes for trial in world.proposed()}


def test_a_lost_trial_is_reckoned_to_have_cost_what_a_function_may_take_at_most():
    world = SearchWorld(trials=12, worker=FUNCTION)
    world.suggest()
    world.clock.go_on(minutes=20)
    world.record()
    assert world.results()[0].dollars == pytest.approx(900 * 3 * 0.0000133334, rel=1e-3)


def test_a_lost_promotion_leaves_the_search_with_what_it_has():
    world = SearchWorld(trials=3, parallel=3)
    while True:
        for each in world.suggest().trials:
            if each.promotes is None:
                world.answer(each)
        summary = world.record()
        if summary.done:
            break
    best = next(r for r in world.results() if r.number == summary.best_trial)
    assert best.promotes is None


def test_when_every_trial_failed_the_error_says_why():
    world = SearchWorld(trials=4, rows=600)
    world.suggest()
    with pytest.raises(InvalidTable, match="All 4 trials failed, 4 of them with: The trial ended"):
        world.record()


def before_one(monkeypatch, store, part, act):
    """Something else happens right before the store creates the first object of such a key."""
    create, waiting = store.create, [act]

    def late(key, body, content_type=""):
        if part in key and waiting:
            waiting.pop()()
        return create(key, body, content_type)

    monkeypatch.setattr(store, "create", late)


def test_of_two_workers_that_suggest_at_once_both_give_the_round_that_is_kept(monkeypatch):
    world, other = SearchWorld(parallel=4), []

    def suggest_too():
        world.apply(parallel=2)
        other.append(world.suggest())

    before_one(monkeypatch, world.artifacts, "/rounds/", suggest_too)
    assert [world.suggest()] == other
    assert world.proposed() == list(other[0].trials)


def test_a_trial_that_answers_while_it_is_given_up_keeps_its_answer(monkeypatch):
    world = SearchWorld()
    first, *others = world.suggest().trials
    for each in others:
        world.answer(each, 0.5)
    before_one(monkeypatch, world.artifacts, "/trials/", lambda: world.answer(first, 0.1))
    assert world.record().best_trial == first.number
    assert world.results()[0].loss == 0.1
