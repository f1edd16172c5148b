import json
import math

import msgspec
import numpy as np
import pytest
from evergreen.contracts.search import Search
from evergreen.contracts.stages import Fidelity, TrialResult
from evergreen.estimators.facts import Facts
from evergreen.estimators.families import offered
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.space import FAMILY, Choice
from evergreen.tune.proposals.earlier import Earlier, Proposal
from evergreen.tune.proposals.observed import key_of, observations
from evergreen.tune.propose import propose
from hypothesis import given, settings
from hypothesis import strategies as st

SPACE = offered(
    Facts(problem="binary", metric="log_loss", rows=600, classes=2, numbers=5, values=11)
)
BOTH = pytest.mark.parametrize("proposals", ["joint", "hyperopt"])


def result(number, configuration, loss, rung=0):
    return TrialResult(number, configuration, loss, 0.1, "", fidelity=Fidelity(rung))


def ask(results, first, count, search):
    """The configurations of a round."""
    made = propose(results, range(first, first + count), search, SPACE)
    return [each.configuration for each in made]


def distinct(configurations):
    return {json.dumps(each, sort_keys=True) for each in configurations}


def run(loss, search, trials):
    """The results of a search whose losses a function says."""
    results = []
    for first in range(1, trials + 1, search.parallel):
        made = ask(results, first, search.parallel, search)
        results += [result(first + n, c, loss(c)) for n, c in enumerate(made)]
    return results


def far_from_ten(configuration):
    """A loss that only a logistic C near 10 makes small."""
    if configuration[FAMILY] != "logistic":
        return 1.0
    return min(abs(np.log10(configuration["C"]) - 1), 1) / 2


def ridge_of(configuration):
    """A loss that is small where a high rate goes with few leaves, or a low one with many."""
    if configuration[FAMILY] != "gradient boosting":
        return 5.0
    rate, leaves = np.log(configuration["learning_rate"]), np.log(configuration["max_leaf_nodes"])
    return abs(rate + leaves - math.log(1.5)) + 0.1 * abs(rate - math.log(0.05))


def test_a_search_begins_with_the_portfolio_in_its_order():
    made = propose([], range(1, 9), Search(trials=40), SPACE)
    assert [each.configuration for each in made] == defaults(SPACE)[:8]
    assert {each.origin for each in made} == {"default"}


def test_of_a_small_budget_the_portfolio_leaves_something_to_learn_with():
    made = propose([], range(1, 11), Search(trials=10), SPACE)
    assert [each.origin for each in made].count("default") == 6


@BOTH
@settings(max_examples=5, deadline=None)
@given(
    losses=st.lists(st.none() | st.floats(0, 1), min_size=10, max_size=16),
    seed=st.integers(-(2**40), 2**40),
    count=st.integers(1, 3),
)
def test_whatever_came_out_proposals_are_of_the_space_new_and_repeatable(
    proposals, losses, seed, count
):
    search = Search(trials=40, seed=seed, proposals=proposals)
    tried = ask([], 1, len(losses), search)
    results = [result(n, c, loss) for n, (c, loss) in enumerate(zip(tried, losses, strict=True), 1)]
    made = ask(results, len(losses) + 1, count, search)
    assert made == ask(results, len(losses) + 1, count, search)
    assert len(distinct(tried + made)) == len(losses) + count
    for each in made:
        family = SPACE[each[FAMILY]]
        assert set(each) == {FAMILY, *family.fixed, *(s.name for s in family.settings)}
        for s in family.settings:
            value = each[s.name]
            assert value in s.options if isinstance(s, Choice) else s.low <= value <= s.high


@BOTH
def test_a_search_learns_where_the_loss_is_least(proposals):
    results = run(far_from_ten, Search(trials=60, parallel=4, seed=5, proposals=proposals), 60)
    late = [r.configuration[FAMILY] for r in results[40:]]
    assert late.count("logistic") > 1.5 * len(late) / len(SPACE)
    assert min(r.loss for r in results) < 0.1


def test_proposals_see_which_values_go_together():
    """Setting by setting, a rate and a number of leaves that were each good would be mixed."""
    searches = [Search(trials=60, parallel=4, seed=seed) for seed in (1, 2, 3)]
    late = [r.loss for s in searches for r in run(ridge_of, s, 60)[40:] if r.loss < 5]
    drawn = [ridge_of(c) for c in ask([], 1, 200, Search(trials=1, seed=2))]
    assert np.median(late) < np.quantile([loss for loss in drawn if loss < 5], 0.2)


@pytest.mark.parametrize("count", [20, 40, 200])
def test_no_two_proposals_of_a_round_are_the_same_however_large_it_is(count):
    search = Search(trials=300, seed=1)
    results = run(far_from_ten, msgspec.structs.replace(search, parallel=6), 24)
    tried = [each.configuration for each in results]
    made = ask(results, 25, count, search)
    assert len(distinct(tried + made)) == 24 + count


def test_the_proposals_of_one_round_spread_out_instead_of_all_chasing_the_same_point():
    search = Search(trials=60, parallel=8, seed=1)
    results = run(far_from_ten, search, 40)
    together = ask(results, 41, 16, search)
    alone = [ask(results, 41 + n, 1, search)[0] for n in range(16)]

    def width(configurations):
        return np.std([np.log10(c["C"]) for c in configurations if c[FAMILY] == "logistic"])

    assert width(together) > 1.5 * width(alone)


def test_a_first_round_beyond_the_portfolio_covers_every_family_the_cheap_ones_more():
    made = propose([], range(1, 201), Search(trials=200, parallel=200, seed=3), SPACE)
    drawn = [each.configuration[FAMILY] for each in made if each.origin == "random"]
    counts = {name: drawn.count(name) for name in SPACE}
    assert min(counts.values()) > 10
    cheapest, dearest = (pick(SPACE, key=lambda f: SPACE[f].cost) for pick in (min, max))
    assert counts[cheapest] > 1.5 * counts[dearest]


def test_a_space_with_little_to_choose_from_is_tried_whole_and_then_repeated():
    small = {
        "logistic": msgspec.structs.replace(SPACE["logistic"], settings=(Choice("C", (1, 2), 1),))
    }
    made = propose([], range(1, 5), Search(trials=4), small)
    assert {each.configuration["C"] for each in made[:2]} == {1, 2}
    assert len(made) == 4


def test_a_search_goes_on_from_what_earlier_runs_found_and_skips_what_they_ruled_out():
    best = Proposal(SPACE["logistic"].configuration("logistic", {"C": 7.0}), "earlier run r1")
    tried = next(each for each in defaults(SPACE) if each[FAMILY] == "extra trees")
    earlier = Earlier((best,), frozenset({key_of(tried)}), frozenset({"neural network"}))
    made = propose([], range(1, 20), Search(trials=40), SPACE, earlier=earlier)
    assert made[0] == best
    begun = [each.configuration for each in made if each.origin == "default"]
    assert begun == [c for c in defaults(SPACE) if c != tried and c[FAMILY] != "neural network"]


def test_how_many_steps_a_fit_found_is_not_what_the_search_chose():
    search = Search(trials=40)
    chosen = ask([], 1, 6, search)
    results = [result(n, c | {"max_iter": 100 + n}, 0.1 * n) for n, c in enumerate(chosen, 1)]
    assert [each.configuration for each in observations(results, SPACE)] == chosen


def test_losses_of_a_lower_rung_are_compared_as_if_they_were_of_the_top_one():
    a, b, c = ask([], 1, 3, Search(trials=40))
    results = [
        result(1, a, 0.5, rung=0),
        result(2, b, 0.7, rung=0),
        result(3, c, 0.9, rung=0),
        result(4, a, 0.35, rung=1),
        result(5, b, 0.65, rung=1),
    ]
    losses = [each.loss for each in observations(results, SPACE)]
    assert losses == pytest.approx([0.35, 0.65, 0.9 - 0.1])


def test_rungs_that_were_skipped_are_bridged_by_what_was_seen_on_both_neighbours():
    a, b, c = ask([], 1, 3, Search(trials=40))
    results = [
        result(1, a, 0.5, rung=0),
        result(2, b, 0.6, rung=0),
        result(3, a, 0.4, rung=1),
        result(4, c, 0.8, rung=1),
        result(5, c, 0.5, rung=2),
    ]
    losses = [each.loss for each in observations(results, SPACE)]
    assert losses == pytest.approx([0.4 - 0.3, 0.6 - 0.1 - 0.3, 0.5])


def test_a_configuration_that_failed_on_any_rung_counts_like_the_worst():
    a, b, c = ask([], 1, 3, Search(trials=40))
    results = [result(1, a, 0.2), result(2, b, 0.4), result(3, c, None), result(4, a, None, rung=1)]
    assert [each.loss for each in observations(results, SPACE)] == [0.4, 0.4, 0.4]
