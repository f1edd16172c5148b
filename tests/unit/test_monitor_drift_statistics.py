import numpy as np
import pytest
from evergreen.distribution import counts, number_profile
from evergreen.monitor.drift.discoveries import any_of, fleet_discoveries, q_values
from evergreen.monitor.drift.effects import jensen_shannon, kolmogorov_smirnov
from evergreen.monitor.drift.significance import chi_squared_test, kolmogorov_smirnov_test
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from scipy.spatial import distance


def count_pairs(least=0):
    rows = st.integers(least, 10**5).map(float)
    return st.integers(2, 30).flatmap(
        lambda k: st.tuples(*(arrays.arrays(np.float64, k, elements=rows) for _ in range(2)))
    )


@given(count_pairs())
def test_the_jensen_shannon_distance_is_scipys_and_symmetric(pair):
    before, now = pair
    assume(before.any() and now.any())
    found = jensen_shannon(before, now)
    assert found == pytest.approx(distance.jensenshannon(before, now, base=2), abs=1e-7)
    assert found == pytest.approx(jensen_shannon(now, before), abs=1e-7)
    assert jensen_shannon(before, before) == 0


@given(count_pairs(least=20))
def test_chi_squared_is_scipys_where_enough_rows_are_expected(pair):
    table = np.stack(pair)
    assume((stats.contingency.expected_freq(table) >= 5).all())
    expected = stats.chi2_contingency(table, correction=False)
    statistic, p_value = chi_squared_test(*pair)
    assert statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert p_value == pytest.approx(expected.pvalue, rel=1e-7, abs=1e-12)


@given(count_pairs())
def test_equal_counts_give_no_statistic_and_no_significance(pair):
    before, _ = pair
    assert kolmogorov_smirnov(before, before) == 0
    assert kolmogorov_smirnov_test(before, before) == 1
    assert chi_squared_test(before, before) == (pytest.approx(0, abs=1e-9), pytest.approx(1))


@given(count_pairs(), count_pairs())
def test_a_window_in_two_halves_is_the_window(first, second):
    size = min(len(first[0]), len(second[0]))
    before, now, later = first[0][:size], first[1][:size], second[1][:size]
    together = chi_squared_test(before, now + later)
    assert chi_squared_test(before, later + now) == together


def test_rare_bins_give_chi_squared_no_false_alarms():
    random = np.random.default_rng(0)
    shares = np.concatenate([[0.9], np.full(200, 0.1 / 200)])
    p_values = []
    for _ in range(1500):
        before, now = (random.multinomial(rows, shares).astype(float) for rows in (20_000, 500))
        p_values.append(chi_squared_test(before, now)[1])
    assert np.mean(np.array(p_values) < 0.01) <= 0.02


@given(st.integers(0, 2**32), st.floats(-1, 1), st.floats(0.3, 3))
def test_kolmogorov_and_smirnovs_is_scipys_on_binned_values_and_a_bound_on_the_values(
    seed, shift, scale
):
    random = np.random.default_rng(seed)
    before = random.normal(size=2000).astype(np.float32)
    now = (shift + scale * random.normal(size=900)).astype(np.float32)
    profile = number_profile(before)
    binned = [counts(profile, side)[:-1].astype(float) for side in (before, now)]
    found = kolmogorov_smirnov(*binned)
    places = [np.repeat(np.arange(len(side)), side.astype(int)) for side in binned]
    expected = stats.ks_2samp(*places, method="asymp")
    assert found == pytest.approx(expected.statistic, abs=1e-12)
    whole = stats.ks_2samp(before, now).statistic
    largest = max((side / side.sum()).max() for side in binned)
    assert found <= whole + 1e-9
    assert whole <= found + largest + 1e-9
    p_value = kolmogorov_smirnov_test(*binned)
    assert p_value == pytest.approx(expected.pvalue, rel=0.35, abs=2e-3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discoveries_are_controlled_as_scipy_does(p_values):
    found = q_values(p_values)
    assert found == pytest.approx(stats.false_discovery_control(p_values).tolist())
    ordered = sorted(p_values)
    simes = min(p * len(p_values) / (rank + 1) for rank, p in enumerate(ordered))
    assert any_of(p_values) == pytest.approx(min(1.0, simes))


def test_nothing_is_found_where_nothing_is_tested():
    assert (q_values([]), any_of([]), fleet_discoveries([], 0.01)) == ([], 1.0, 0.0)


def test_the_fewer_models_of_a_fleet_moved_the_surer_a_column_must_be():
    assert fleet_discoveries([1e-9, *[0.5] * 99], 0.01) == pytest.approx(0.01 / 100)
    assert fleet_discoveries([1e-9] * 100, 0.01) == pytest.approx(0.01)
    assert fleet_discoveries([0.5] * 100, 0.01) == 0


def test_of_a_fleets_discoveries_the_stated_share_is_false_at_most():
    random, false = np.random.default_rng(1), []
    for _ in range(300):
        p = random.random((50, 10))
        p[:5, :3] = stats.norm.sf(random.normal(4, 1, (5, 3)))
        families = [any_of(row.tolist()) for row in p]
        level = fleet_discoveries(families, 0.1)
        chosen = [i for i, q in enumerate(q_values(families)) if q <= 0.1]
        shares = []
        for i in chosen:
            found = np.array(q_values(p[i].tolist())) <= level
            true = (np.arange(10) < 3) & (i < 5)
            shares.append(np.sum(found & ~true) / max(1, found.sum()))
        false.append(np.mean(shares) if shares else 0.0)
    assert np.mean(false) <= 0.1
