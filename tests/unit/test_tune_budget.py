import math
from itertools import pairwise
from statistics import stdev
from typing import get_args

import pytest
from evergreen.contracts.search import Search
from evergreen.contracts.stages import Fidelity, Place, TrialResult
from evergreen.prices import Worker
from evergreen.tune.budget import Spent, affordable, orchestrated, patience, stale
from hypothesis import given
from hypothesis import strategies as st

from infra.constructs.container_flow import Containers
from infra.constructs.tune_flow import tune_states

LOW, FULL = Fidelity(0, 500, 1, False), Fidelity(1, 0, 2, True)
FUNCTION = Worker("lambda", 3.0)


def tried(number, loss, *, folds=(), fidelity=LOW, dollars=0.0, seconds=0.0, promotes=None):
    return TrialResult(
        number,
        {"family": "tree"},
        loss,
        seconds,
        "",
        fidelity=fidelity,
        promotes=promotes,
        fold_losses=folds,
        dollars=dollars,
    )


def fitting(wanted, results, spent, **limits):
    return affordable(wanted, results, Search(**limits), spent, full=FULL, rows=1000)


def test_without_an_improvement_the_configurations_since_the_best_are_counted():
    losses = [0.5, 0.4, 0.45, None, 0.6]
    assert stale([tried(n, loss) for n, loss in enumerate(losses, 1)]) == 3


def test_an_improvement_within_the_noise_of_the_folds_does_not_count():
    before = tried(1, 0.40, folds=(0.2, 0.4, 0.6))
    within = tried(2, 0.39, folds=(0.1, 0.55, 0.52))
    assert stale([before, within]) == 1
    beyond = tried(2, 0.38, folds=(0.18, 0.38, 0.58))
    assert stale([before, beyond]) == 0


def test_small_improvements_count_once_they_are_more_than_noise_together():
    steps = [(0.5 - n * 0.01, 0.5 + n * 0.002, 0.5 - n * 0.012) for n in range(5)]
    results = [tried(n, sum(f) / 3, folds=f) for n, f in enumerate(steps, 1)]
    assert stale(results) == 0


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=2, max_size=2))
def test_noise_is_the_standard_error_of_the_paired_difference(folds):
    one, other = folds
    difference = [a - b for a, b in zip(one, other, strict=True)]
    mean = sum(one) / 3 - sum(other) / 3
    results = [
        tried(1, sum(one) / 3, folds=tuple(one)),
        tried(2, sum(other) / 3, folds=tuple(other)),
    ]
    assert (stale(results) == 0) == (mean > stdev(difference) / math.sqrt(3))


def test_a_promotion_is_no_configuration_and_no_improvement():
    assert stale([tried(1, 0.5), tried(2, 0.1, fidelity=FULL, promotes=1)]) == 0
    assert stale([tried(1, 0.5), tried(2, 0.6), tried(3, 0.1, promotes=1)]) == 1


def test_patience_is_as_stated_or_grows_with_the_budget():
    assert patience(Search(trials=100, patience=3), warm=True) == 3
    assert [patience(Search(trials=n), warm=False) for n in (4, 20, 300)] == [10, 14, 200]


def test_a_search_that_begins_where_earlier_runs_ended_is_less_patient():
    assert [patience(Search(trials=n), warm=True) for n in (4, 20, 300)] == [5, 7, 100]


def test_without_limits_everything_is_affordable():
    assert fitting([LOW] * 1000, [], Spent(seconds=1e9, dollars=1e9)) == 1000


def test_a_round_is_cut_to_what_the_dollars_allow_by_the_mean_cost_of_such_trials():
    known = [tried(1, 0.5, dollars=0.01), tried(2, 0.5, fidelity=FULL, dollars=0.05)]
    assert fitting([LOW] * 10, known, Spent(dollars=0.06), dollars=0.101) == 4
    assert fitting([FULL] * 10, known, Spent(dollars=0.06), dollars=0.10) == 0


def test_what_orchestrating_a_trial_costs_is_counted_too():
    known = [tried(1, 0.5, fidelity=FULL, dollars=0.01)]
    assert fitting([FULL] * 9, known, Spent(dollars=0.01, each=0.01), dollars=0.051) == 2


def test_a_rung_that_nothing_was_tried_on_is_reckoned_by_its_rows_and_folds():
    known = [tried(1, 0.5, dollars=0.01)]  # 500 rows, one fold; full: 1,000 rows, two folds
    assert fitting([FULL], known, Spent(dollars=0.01), dollars=0.049) == 0
    assert fitting([FULL], known, Spent(dollars=0.01), dollars=0.051) == 1


def test_while_nothing_was_tried_in_full_the_money_for_one_such_trial_is_kept():
    known = [tried(1, 0.5, dollars=0.01)]
    assert fitting([LOW] * 9, known, Spent(dollars=0.01), dollars=0.071) == 2
    assert fitting([FULL, LOW, LOW, LOW], known, Spent(dollars=0.01), dollars=0.071) == 3


def test_a_trial_that_would_end_after_the_minutes_is_not_begun():
    known = [tried(1, 0.5, fidelity=FULL, seconds=30)]
    assert fitting([FULL] * 3, known, Spent(seconds=29), minutes=1) == 3
    assert fitting([FULL] * 3, known, Spent(seconds=31), minutes=1) == 0


def test_nothing_is_affordable_once_a_budget_is_spent_even_where_no_cost_is_known():
    assert fitting([LOW], [], Spent(seconds=60), minutes=1) == 0
    assert fitting([LOW], [], Spent(dollars=0.1), dollars=0.1) == 0


def test_state_transitions_are_counted_as_the_workflow_makes_them():
    assert orchestrated([("inline", 4), ("inline", 2)], FUNCTION) == 5 + 4 + 5 + 2
    assert orchestrated([("distributed", 100)], FUNCTION) == 5 + 2 * 100
    assert orchestrated([("inline", 4)], Worker("process")) == 0


@pytest.mark.parametrize("place", get_args(Place))
def test_a_rounds_transitions_are_those_of_the_state_machine(place):
    containers = Containers(
        cluster="c",
        tasks={"tune": "t", "train": "t"},
        container="c",
        subnets=(),
        security_group="",
        public_address=False,
        at_once=4,
    )
    states = tune_states("arn", bucket="b", trials_at_once=4, containers=containers)
    ways = {each["StringEquals"]: each["Next"] for each in states["tune: where"]["Choices"]}
    path = ["tune: suggest", "tune: where", ways.get(place, states["tune: where"]["Default"])]
    path += [states[path[-1]]["Next"], "tune: enough?"]
    assert [states[name].get("Next", following) for name, following in pairwise(path)] == path[1:]
    trial = states[path[2]]["ItemProcessor"]
    child = trial["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert trial["States"][trial["StartAt"]]["End"]
    assert orchestrated([(place, 7)], FUNCTION) == len(path) + 7 * (1 + child)
