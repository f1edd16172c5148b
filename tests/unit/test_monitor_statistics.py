import numpy as np
import pytest
from evergreen.contracts.profile import CategoryProfile, NumberProfile
from evergreen.distribution import (
    category_profile,
    coarse_counts,
    coarse_labels,
    counts,
    labels,
    number_profile,
    places,
    sample_code,
    training_counts,
)
from evergreen.drift_statistics import psi, psi_by_chance
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats


def count_pairs():
    sizes = st.integers(2, 30)
    rows = st.integers(0, 10**6)
    return sizes.flatmap(
        lambda k: st.tuples(*(arrays.arrays(np.int64, k, elements=rows) for _ in range(2)))
    )


@given(count_pairs())
def test_psi_is_the_sum_of_both_relative_entropies(pair):
    before, now = pair
    assume((before + now > 0).any())
    p, q = before[before + now > 0] + 0.5, now[before + now > 0] + 0.5
    assert psi(before, now) == pytest.approx(stats.entropy(p, q) + stats.entropy(q, p), abs=1e-9)


@given(count_pairs())
def test_psi_is_never_negative_symmetric_and_nothing_without_a_change(pair):
    before, now = pair
    assert psi(before, now) >= 0
    assert psi(before, now) == pytest.approx(psi(now, before))
    assert psi(before, before) == 0


@given(st.integers(2, 300), st.integers(1, 10**6), st.integers(1, 10**6))
def test_what_chance_gives_is_the_quantile_of_chi_squared(bins, rows, later):
    before, now = np.ones(bins, np.int64) * rows, np.ones(bins, np.int64) * later
    expected = stats.chi2.ppf(0.999, bins - 1) * (1 / before.sum() + 1 / now.sum())
    assert psi_by_chance(before, now) == pytest.approx(expected, rel=0.04)


def test_samples_of_one_distribution_seldom_exceed_chance_however_many_bins():
    random = np.random.default_rng(0)
    for bins in (3, 11, 60):
        shares = random.dirichlet(np.ones(bins) * 5)
        pairs = [
            (random.multinomial(20_000, shares), random.multinomial(2_000, shares))
            for _ in range(1000)
        ]
        assert sum(psi(*pair) > psi_by_chance(*pair) for pair in pairs) <= 8


def test_a_column_that_is_always_missing_has_no_drift():
    nothing = number_profile(np.full(5, np.nan, np.float32))
    assert labels(nothing) == ["any", "missing"]
    before = training_counts(nothing, 5)
    assert psi(before, counts(nothing, np.full(5, np.nan, np.float32))) == 0


numbers = st.lists(
    st.floats(width=32, allow_nan=True, allow_infinity=False) | st.sampled_from([0.0, 1.0, 2.0]),
    min_size=1,
    max_size=200,
)


@given(numbers)
def test_a_number_profile_counts_its_own_rows_as_a_check_counts_them(values):
    column = np.array(values, dtype=np.float32)
    profile = number_profile(column)
    found = counts(profile, column)
    assert found.sum() == len(column)
    assert found.tolist() == training_counts(profile, len(column)).tolist()
    assert len(labels(profile)) == len(found)
    assert list(profile.edges) == sorted(set(profile.edges))


def test_fine_bins_hold_a_hundredth_of_the_rows_each_and_coarse_ones_a_tenth():
    profile = number_profile(np.random.default_rng(0).normal(size=10_000).astype(np.float32))
    assert profile.counts == pytest.approx([100] * 100, abs=1)
    coarse = coarse_counts(profile, training_counts(profile, 10_000))
    assert coarse.tolist() == pytest.approx([*[1000] * 10, 0], abs=1)


@given(numbers, numbers)
def test_coarse_counts_are_those_of_a_profile_of_the_coarse_edges_alone(learned, later):
    profile = number_profile(np.array(learned, dtype=np.float32))
    column = np.array(later, dtype=np.float32)
    edges = tuple(profile.edges[place] for place in profile.coarse)
    old = NumberProfile(edges, (0,) * (len(edges) + 1), 0)
    found = coarse_counts(profile, counts(profile, column))
    assert found.tolist() == counts(old, column).tolist()
    assert coarse_labels(profile) == labels(old)
    several = np.stack([counts(profile, column)] * 2)
    assert coarse_counts(profile, several).tolist() == [found.tolist()] * 2


@given(st.lists(st.integers(0, 30), min_size=1, max_size=300))
def test_whole_numbers_that_are_frequent_have_bins_of_their_own(values):
    column = np.array(values, dtype=np.float32)
    profile = number_profile(column)
    place, often = places(profile, column), len(column) / 50
    for value in np.unique(column):
        share = place[column == value]
        if len(share) > often:
            assert set(column[place == share[0]]) == {value}


def test_what_falls_under_everything_seen_is_told_apart_from_a_frequent_minimum():
    profile = number_profile(np.array([0] * 50 + list(range(50)), dtype=np.float32))
    assert coarse_labels(profile)[:2] == labels(profile)[:2] == ["under 0", "0"]
    assert counts(profile, np.array([-3, -1, 0], dtype=np.float32))[:2].tolist() == [2, 1]


def test_a_sample_has_room_for_every_bin_of_a_column():
    many = CategoryProfile({str(n): 1 for n in range(255)}, 0)
    assert sample_code(many)[[0, 252, 253, 254, 255, 256]].tolist() == [0, 252, 253, 253, 254, 255]
    number = number_profile(np.arange(1000, dtype=np.float32))
    assert sample_code(number)[[0, -2, -1]].tolist() == [0, 9, 10]


texts = st.lists(st.sampled_from(["", "a", "b", "c", "d"]), min_size=1, max_size=60)


@given(texts, texts)
def test_category_counts_keep_unseen_and_missing_apart(learned, later):
    profile = category_profile(np.array(learned, dtype=np.str_), ("a", "b"))
    found = counts(profile, np.array(later, dtype=np.str_))
    assert found[:2].tolist() == [later.count("a"), later.count("b")]
    assert found[-2] == later.count("c") + later.count("d")
    assert found[-1] == later.count("")
    own = counts(profile, np.array(learned, dtype=np.str_))
    assert own.tolist() == training_counts(profile, len(learned)).tolist()


def test_values_that_training_saw_but_did_not_keep_are_no_drift_by_themselves():
    profile = CategoryProfile({"a": 900}, 0)
    same = counts(profile, np.array(["a"] * 90 + ["rare"] * 10))
    assert psi(training_counts(profile, 1000), same) < 1e-3
