"""How long a retraining waits after those that did not help."""

from datetime import timedelta

import pytest
from evergreen.contracts.decision import NOT_HELPFUL, UNDECIDED
from evergreen.contracts.policies import Retrain

from tests.fakes.situations import BORN, column, decided, point, run

MOVED = (column("speed", "large", 0.41), column("belt", "small", 0.1))
SURE = Retrain(on=("performance", "drift", "growth"), confirmations=1, growth=1.0)


@pytest.mark.parametrize(("refusals", "days"), [(0, 1), (1, 2), (2, 4), (4, 16), (9, 16)])
def test_the_cool_down_doubles_with_each_refusal_in_a_row_up_to_sixteen_times(refusals, days):
    runs = tuple(run(f"r{n}", 39 - n) for n in range(refusals)) or (run("r0", 39, "failed"),)
    many = (point(20, 2000, 2000),)
    for moment, action in ((days - 0.01, "hold"), (days, "retrain")):
        now = BORN + timedelta(days=39 + moment)
        found = decided(retrain=SURE, columns=MOVED, runs=runs, now=now, points=many)
        assert found.action == action


@pytest.mark.parametrize(("refusals", "asked"), [(0, 500), (1, 1000), (2, 2000), (5, 2000)])
def test_each_refusal_in_a_row_asks_for_twice_the_new_outcomes_up_to_four_times(refusals, asked):
    runs = tuple(run(f"r{n}", 10 - n) for n in range(refusals))
    for outcomes, action in ((asked - 1, "hold"), (asked, "retrain")):
        points = (point(20, 2000, outcomes),)
        found = decided(retrain=SURE, columns=MOVED, runs=runs, points=points)
        assert (found.action, f"of {asked:,} outcomes" in found.reason) == (
            action,
            action == "hold",
        )


def test_after_a_challenger_that_was_ahead_the_next_waits_no_longer_and_asks_for_no_more():
    undecided = f"{NOT_HELPFUL}: the challenger's mae 1.2 {UNDECIDED} champion v1's 1.3."
    runs = tuple(run(f"r{n}", 39 - n, reason=undecided) for n in range(3))
    points = (point(20, 2000, 500),)
    now = BORN + timedelta(days=40)
    found = decided(retrain=SURE, columns=MOVED, runs=runs, now=now, points=points)
    assert found.action == "retrain"


def test_a_retraining_that_fails_again_and_again_is_tried_less_often():
    for failures, days in ((1, 1), (2, 2), (3, 4), (9, 16)):
        runs = tuple(run(f"r{n}", 39 - n, "failed", reason="") for n in range(failures))
        for moment, action in ((days - 0.01, "hold"), (days, "retrain")):
            now = BORN + timedelta(days=39 + moment)
            found = decided(retrain=SURE, columns=MOVED, runs=runs, now=now)
            assert found.action == action


def test_a_version_that_was_deployed_ends_the_doubling():
    runs = (run("r3", 38), run("r2", 37, "deployed", reason=""), run("r1", 36), run("r0", 35))
    found = decided(retrain=SURE, columns=MOVED, runs=runs, now=BORN + timedelta(days=39))
    assert "next look not before 2026-02-10 00:00" in found.reason


def test_a_refusal_for_another_reason_does_not_double():
    runs = (run("r3", 38.9, reason="The graph disagrees."), run("r2", 37, reason="Too small."))
    assert decided(retrain=SURE, columns=MOVED, runs=runs).action == "retrain"
