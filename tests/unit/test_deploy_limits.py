"""When a trial breaks a limit, and when it is only chance."""

import numpy as np
import pytest
from evergreen.contracts.policies import Deploy
from evergreen.deploy.evidence import Evidence, Side
from evergreen.deploy.limits import binomial_tail, broken
from evergreen.drift_statistics import in_deciles, psi
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

LIMITS = Deploy()


def side(
    probabilities: list[float], *, milliseconds: float = 1.0, errors: int = 0, rows: int = 1
) -> Side:
    """Requests of so many rows each."""
    requests = {str(n // rows): milliseconds for n in range(len(probabilities))}
    return Side(requests, {str(n): p for n, p in enumerate(probabilities)}, ["No."] * errors)


@given(
    trials=some.integers(1, 3000),
    successes=some.integers(0, 3000),
    probability=some.floats(1e-4, 0.999),
)
def test_the_tail_of_the_binomial_is_scipys(
    trials: int, successes: int, probability: float
) -> None:
    expected = stats.binom.sf(successes - 1, trials, probability)
    assert binomial_tail(successes, trials, probability) == pytest.approx(expected, abs=1e-9)


def test_of_nothing_allowed_one_failure_is_too_many() -> None:
    seen = Evidence(side([0.5]), side([0.5] * 999, errors=1))
    assert "failed 1 of 1000" in broken(seen, Deploy(errors_at_most=0.0), 0.0)[0]
    assert broken(Evidence(side([0.5]), side([0.5])), Deploy(errors_at_most=0.0), 0.0) == []


@pytest.mark.parametrize(
    ("answered", "failed", "is_broken"),
    [(0, 1, False), (0, 2, True), (19, 1, False), (950, 50, True), (990, 10, False)],
)
def test_failures_beyond_chance_break_the_limit_however_few_the_requests(
    answered: int, failed: int, is_broken: bool
) -> None:
    seen = Evidence(side([]), side([0.5] * answered, errors=failed))
    assert bool(broken(seen, LIMITS, 0.0)) == is_broken


@pytest.mark.parametrize(
    ("champion", "challenger", "is_broken"),
    [(10, 30, False), (10, 30.1, True), (0.1, 5, False), (0.1, 5.2, True)],
)
def test_time_is_judged_by_its_factor_and_only_where_somebody_would_notice(
    champion: float, challenger: float, is_broken: bool
) -> None:
    seen = Evidence(
        side([0.5] * 50, milliseconds=champion), side([0.5] * 50, milliseconds=challenger)
    )
    assert bool(broken(seen, LIMITS, 0.0)) == is_broken


def test_one_slow_request_is_not_a_slow_version() -> None:
    seen = Evidence(side([0.5] * 50), side([0.5] * 50))
    seen.challenger.milliseconds["0"] = 9000.0
    assert broken(seen, LIMITS, 0.0) == []


def test_two_samples_of_one_model_break_no_limit_in_any_of_many_trials() -> None:
    random = np.random.default_rng(5)
    for requests in (30, 100, 1000):
        for _ in range(200):
            champion = side(random.beta(1, 8, 9 * requests).tolist())
            challenger = side(random.beta(1, 8, requests).tolist())
            assert broken(Evidence(champion, challenger), LIMITS, 0.0) == []


def test_rows_of_a_request_that_are_alike_are_not_taken_for_many() -> None:
    random = np.random.default_rng(6)
    for _ in range(100):
        champion = side(random.beta(1, 8, 40).repeat(20).tolist(), rows=20)
        challenger = side(random.beta(1, 8, 40).repeat(20).tolist(), rows=20)
        assert broken(Evidence(champion, challenger), LIMITS, 0.0) == []


@pytest.mark.parametrize("requests", [30, 100, 1000])
def test_inverted_answers_are_noticed_in_thirty_requests(requests: int) -> None:
    answers = np.random.default_rng(7).beta(1, 8, requests)
    seen = Evidence(side(answers.tolist()), side((1 - answers).tolist()))
    (sentence,) = broken(seen, LIMITS, 0.0)
    assert "distributed otherwise" in sentence


def test_a_difference_that_the_hold_out_showed_half_of_is_no_reason() -> None:
    answers = np.random.default_rng(8).beta(1, 8, 1000)
    other = np.random.default_rng(9).beta(3, 8, 1000)
    seen = Evidence(side(answers.tolist()), side(other.tolist()))
    assert broken(seen, LIMITS, 0.0)
    assert broken(seen, LIMITS, psi(*in_deciles(answers.tolist(), other.tolist())) / 2) == []


def test_a_champion_that_always_says_the_same_is_told_from_what_says_less() -> None:
    same, less = [0.5] * 1000, [0.4] * 1000
    assert broken(Evidence(side(same), side(same)), LIMITS, 0.0) == []
    assert broken(Evidence(side(same), side(less)), LIMITS, 0.0)


@given(
    some.lists(some.floats(0, 1), min_size=1, max_size=300),
    some.lists(some.floats(0, 1), min_size=1, max_size=300),
)
def test_deciles_count_each_value_once_and_are_numpys(
    before: list[float], now: list[float]
) -> None:
    first, second = in_deciles(before, now)
    assert (sum(first), sum(second)) == (len(before), len(now))
    inner = np.unique(np.quantile(before, np.arange(1, 10) / 10, method="inverted_cdf"))
    if inner[0] == min(before):
        inner = np.concatenate([[np.nextafter(inner[0], -np.inf)], inner])
    bins = len(inner) + 1
    for side_, counted in ((before, first), (now, second)):
        expected = np.bincount(np.searchsorted(inner, side_, side="left"), minlength=bins)
        assert counted == expected.tolist()
