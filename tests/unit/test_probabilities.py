import pytest
from evergreen.probabilities import (
    chi_squared_above,
    kolmogorov_above,
    normal_above,
    shares_apart,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats


@given(st.floats(0, 2000), st.integers(1, 300))
def test_the_tail_of_chi_squared_is_scipys(statistic, free):
    expected = stats.chi2.sf(statistic, free)
    assert chi_squared_above(statistic, free) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.floats(0, 30))
def test_the_tail_of_kolmogorovs_distribution_is_scipys(statistic):
    expected = special.kolmogorov(statistic)
    assert kolmogorov_above(statistic) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@given(st.floats(-30, 30))
def test_the_tail_of_the_normal_distribution_is_scipys(z):
    assert normal_above(z) == pytest.approx(stats.norm.sf(z), rel=1e-12)


@settings(deadline=None)
@given(st.data())
def test_rare_shares_are_compared_exactly(data):
    rows, later = data.draw(st.integers(1, 3000)), data.draw(st.integers(1, 3000))
    before = data.draw(st.integers(0, min(rows, 60)))
    now = data.draw(st.integers(0, min(later, 60)))
    drawn = stats.hypergeom(rows + later, before + now, later)
    tail = min(drawn.cdf(now), drawn.sf(now - 1))
    expected = min(1.0, 2 * tail)
    assert shares_apart(before, rows, now, later) == pytest.approx(expected, rel=1e-6)


@given(st.integers(1000, 9000), st.integers(1000, 9000))
def test_frequent_shares_are_compared_as_chi_squared_does(before, now):
    table = [[before, 10_000 - before], [now, 10_000 - now]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    found = shares_apart(before, 10_000, now, 10_000)
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-300)


@given(st.floats(0, 3000), st.floats(0, 3000), st.floats(0, 1), st.floats(0, 1))
def test_rows_that_are_worth_less_than_one_each_are_compared_too(rows, later, before, now):
    found = shares_apart(before * rows, rows, now * later, later)
    assert 0 <= found <= 1
    assert shares_apart(rows, rows, later, later) == 1
