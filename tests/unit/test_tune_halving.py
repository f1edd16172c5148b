import math

from evergreen.contracts.stages import Fidelity, TrialResult
from evergreen.estimators.results import best_of
from evergreen.tune.halving import ETA, finalists, finals, promotions
from hypothesis import given
from hypothesis import strategies as st

LADDER = (
    Fidelity(0, 1000, 1, False),
    Fidelity(1, 0, 2, False),
    Fidelity(2, 0, 5, True),
)


def tried(number, loss, rung=0, promotes=None, family="tree"):
    return TrialResult(
        number, {"family": family}, loss, 1.0, "", fidelity=LADDER[rung], promotes=promotes
    )


def numbers(found):
    return [(each.result.number, each.fidelity.rung) for each in found]


def test_the_best_third_of_a_rung_is_promoted_to_the_next_the_better_first():
    results = [tried(n, loss) for n, loss in enumerate([0.5, 0.1, 0.9, 0.14, 0.7, 0.8], 1)]
    assert numbers(promotions(results, set(), LADDER)) == [(2, 1), (4, 1)]


def test_nothing_is_promoted_twice():
    results = [tried(n, loss) for n, loss in enumerate([0.5, 0.1, 0.9, 0.14, 0.7, 0.8], 1)]
    assert numbers(promotions(results, {2}, LADDER)) == [(4, 1)]


def test_what_loses_half_as_much_again_as_the_best_is_not_promoted_for_want_of_better_ones():
    results = [tried(n, loss) for n, loss in enumerate([0.5, 0.1, 0.9, 0.16, 0.7, 0.8], 1)]
    assert numbers(promotions(results, set(), LADDER)) == [(2, 1)]


def test_higher_rungs_are_promoted_from_first():
    results = [tried(n, n / 10) for n in range(1, 4)] + [tried(n, n / 10, 1) for n in range(4, 7)]
    assert numbers(promotions(results, set(), LADDER)) == [(4, 2), (1, 1)]


def test_a_failed_trial_is_neither_promoted_nor_counted_among_the_finished():
    results = [tried(1, 0.3), tried(2, 0.4), tried(3, None)]
    assert promotions(results, set(), LADDER) == []


@given(st.lists(st.tuples(st.none() | st.floats(0, 1), st.integers(0, 2)), max_size=40))
def test_promotions_are_what_a_slow_reading_of_the_rule_gives(drawn):
    results = [tried(n, loss, rung) for n, (loss, rung) in enumerate(drawn, 1)]
    found = promotions(results, set(), LADDER)
    for rung in (0, 1):
        peers = [r for r in results if r.fidelity.rung == rung and r.loss is not None]
        climbing = {p.result.number for p in found if p.result.fidelity.rung == rung}
        for result in peers:
            better = sum((p.loss, p.number) < (result.loss, result.number) for p in peers)
            near = result.loss <= 1.5 * min(p.loss for p in peers)
            assert (result.number in climbing) == (near and better < len(peers) // ETA)
    assert all(p.fidelity.rung == p.result.fidelity.rung + 1 for p in found)


def test_at_the_end_the_best_measured_go_straight_to_the_last_rung():
    results = [tried(1, 0.1), tried(2, 0.2), tried(3, 0.5, 1), tried(4, 0.6, 2)]
    assert numbers(finals(results, set(), LADDER, 3)) == [(3, 2), (1, 2)]
    assert finals(results, set(), LADDER, 1) == []


def test_the_best_of_each_family_comes_before_the_second_best_of_another():
    results = [
        tried(1, 0.10),
        tried(2, 0.11),
        tried(3, 0.12, family="linear"),
        tried(4, 0.13, family="linear"),
        tried(5, 0.14, family="neighbours"),
        tried(6, 0.05, 2),
    ]
    assert numbers(finals(results, set(), LADDER, 2)) == [(3, 2)]
    assert numbers(finals(results, set(), LADDER, 4)) == [(3, 2), (5, 2), (1, 2)]


def test_what_loses_half_as_much_again_as_the_best_of_its_rung_is_no_finalist():
    results = [tried(1, 0.1), tried(2, 0.16, family="linear"), tried(3, 0.14, family="neighbours")]
    assert numbers(finals(results, set(), LADDER, 3)) == [(1, 2), (3, 2)]
    assert numbers(finals([*results, tried(4, 0.1, 2)], {1}, LADDER, 3)) == [(3, 2)]


def test_a_long_search_ends_with_as_many_finalists_as_an_ensemble_may_have_a_short_one_with_fewer():
    assert [finalists(n, 4) for n in (1, 3, 6, 9, 12, 300)] == [1, 1, 2, 3, 4, 4]


def test_the_best_is_the_least_loss_of_the_highest_rung_since_rungs_do_not_compare():
    results = [tried(1, 0.01), tried(2, 0.3, 2), tried(3, 0.2, 2), tried(4, None, 2)]
    assert best_of(results).number == 3
    assert best_of(results[:1]).number == 1
    assert best_of([tried(1, None)]) is None


def test_of_equal_losses_the_earlier_trial_leads():
    assert best_of([tried(2, 0.2), tried(1, 0.2), tried(3, math.inf)]).number == 1
