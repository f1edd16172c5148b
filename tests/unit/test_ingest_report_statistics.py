"""What the numbers of a report rely on, held against scipy, scikit-learn and plain counting."""

import numpy as np
import pandas as pd
import pytest
from evergreen.contracts.table import Clean, Time
from evergreen.distribution import coarse_counts, number_profile, training_counts
from evergreen.ingest.report import Goal, report
from evergreen.ingest.report.alone import strength
from evergreen.ingest.report.association import (
    correlation_ratio,
    cramers_v,
    rank_biserial,
    spearman,
    with_target,
)
from evergreen.ingest.report.columns import describe
from evergreen.ingest.report.outcome import Outcome, outcome
from evergreen.ingest.report.told import summary
from evergreen.ingest.report.values import Values, binned, of_numbers, sample
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import association as scipy_association
from sklearn.metrics import roc_auc_score

from tests.fakes.cleaned import cleaned

AT = "2026-01-01T00:00:00.000Z"
BINARY = Goal("binary", "yes")
numbers = st.lists(st.integers(-5, 5) | st.floats(-1e6, 1e6), min_size=3, max_size=60)
codes = st.lists(st.integers(0, 4), min_size=3, max_size=60)


def number(values) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def category(name: str, values) -> Values:
    found, labels = pd.factorize(np.array(values, dtype=object))
    return Values(name, "category", np.zeros(0), found.astype(np.int32), tuple(labels))


@settings(deadline=None)
@given(numbers, st.integers(0, 99))
def test_rank_correlation_is_scipys(values, seed):
    x = number(values)
    y = np.random.default_rng(seed).permutation(x) + x
    expected = stats.spearmanr(x, y).statistic if np.ptp(x) and np.ptp(y) else 0.0
    assert spearman(x, y) == pytest.approx(abs(expected), abs=1e-9)


@settings(deadline=None)
@given(numbers, st.integers(0, 99))
def test_rank_biserial_is_twice_scikit_learns_auc_less_one(values, seed):
    x = number(values)
    flags = np.random.default_rng(seed).integers(0, 2, len(x)).astype(np.float64)
    both = 0 < flags.sum() < len(flags)
    expected = abs(2 * roc_auc_score(flags, x) - 1) if both else 0.0
    assert rank_biserial(x, flags) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(codes, st.integers(0, 99))
def test_the_correlation_ratio_is_that_of_the_analysis_of_variance(groups, seed):
    place = np.array(groups)
    values = np.random.default_rng(seed).normal(size=len(place)) + place
    parts = [values[place == group] for group in np.unique(place)]
    n, k = len(values), len(parts)
    if k < 2 or n <= k:
        assert correlation_ratio(place, values) == 0.0
        return
    f = stats.f_oneway(*parts).statistic
    eta2 = f * (k - 1) / (f * (k - 1) + n - k)
    expected = max(0.0, 1 - (1 - eta2) * (n - 1) / (n - k)) ** 0.5
    assert correlation_ratio(place, values) == pytest.approx(expected, abs=1e-6)


@settings(deadline=None)
@given(codes, st.integers(0, 99))
def test_cramers_v_is_scipys_after_bergsmas_correction(groups, seed):
    first = np.array(groups)
    second = np.random.default_rng(seed).integers(0, 3, len(first))
    table = pd.crosstab(first, second).to_numpy()
    if min(table.shape) < 2:
        assert cramers_v(first, second) == 0.0
        return
    n, (r, k) = len(first), table.shape
    phi2 = scipy_association(table, method="cramer") ** 2 * (min(r, k) - 1)
    left = max(0.0, phi2 - (k - 1) * (r - 1) / (n - 1))
    least = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    expected = min(1.0, (left / least) ** 0.5) if least > 0 else 0.0
    assert cramers_v(first, second) == pytest.approx(expected, abs=1e-6)


def test_independent_categories_of_many_values_are_not_told_apart():
    random = np.random.default_rng(0)
    first, second = random.integers(0, 40, 500), random.integers(0, 40, 500)
    assert cramers_v(first, second) < 0.1


@pytest.mark.parametrize(
    ("goal", "target", "measure"),
    [
        (Goal("binary", "a"), category("y", ["a", "b"] * 50), "|2 AUC - 1|"),
        (Goal("multiclass"), category("y", ["a", "b", "c", "d"] * 25), "correlation ratio"),
        (Goal("regression"), of_numbers("y", np.arange(100.0)), "|Spearman's rho|"),
    ],
)
def test_the_measure_suits_the_problem_and_missing_values_do_not_count(goal, target, measure):
    values = np.arange(100.0)
    values[::7] = np.nan
    found = with_target(of_numbers("x", values), outcome(target, goal))
    assert found.measure == measure
    assert 0 <= found.value <= 1
    assert (found.value == pytest.approx(1)) == (goal.problem == "regression")


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000))
def test_noise_alone_tells_nothing_of_rows_not_seen(seed):
    random = np.random.default_rng(seed)
    flags = random.integers(0, 2, 2000)
    target = Outcome("binary", "y", flags[:, None].astype(float), flags, ("no", "yes"))
    names = category("x", [f"n{i}" for i in random.integers(0, 400, 2000)])
    assert strength(of_numbers("x", random.normal(size=2000)), target) < 0.15
    assert strength(names, target) < 0.15


def test_strength_alone_is_the_gini_of_the_true_chances():
    random = np.random.default_rng(0)
    x = random.uniform(size=40_000)
    flags = (random.uniform(size=len(x)) < x).astype(np.int64)
    target = Outcome("binary", "y", flags[:, None].astype(float), flags, ("no", "yes"))
    expected = 2 * roc_auc_score(flags, x) - 1
    assert strength(of_numbers("x", x), target) == pytest.approx(expected, abs=0.01)
    assert strength(of_numbers("x", np.abs(x - 0.5)), target) < 0.03


def test_a_sample_is_the_same_each_time_and_spread_over_the_rows():
    rows = sample(100_000, 5_000)
    assert np.array_equal(rows, sample(100_000, 5_000))
    assert len(np.unique(rows)) == 5_000
    for step in (2, 7, 24, 144):
        counts = np.bincount(rows % step, minlength=step)
        assert stats.chisquare(counts).pvalue > 1e-4


@settings(deadline=None)
@given(st.lists(st.floats(-100, 100) | st.just(float("nan")), min_size=1, max_size=80))
def test_every_row_is_in_one_bin_and_missing_in_the_last(values):
    place, bins = binned(of_numbers("x", number(values)), 8)
    assert place.min() >= 0
    assert place.max() < bins
    if not np.isnan(values).all():
        assert np.array_equal(place == bins - 1, np.isnan(values))


@given(st.lists(st.integers(-3, 3) | st.floats(-1e6, 1e6, width=32), max_size=60))
def test_a_columns_profile_has_the_bins_that_drift_is_measured_in(values):
    frame = pd.DataFrame({"x": number([*values, 1.0, np.nan]), "y": "a"})
    column = describe(of_numbers("x", frame["x"].to_numpy()), "feature", None)
    numbers = frame["x"].to_numpy().astype(np.float32)
    known = number_profile(numbers)
    assert column.profile.edges == tuple(known.edges[place] for place in known.coarse)
    coarse = coarse_counts(known, training_counts(known, len(numbers)))
    assert training_counts(column.profile, len(numbers)).tolist() == coarse.tolist()


def described(frame: pd.DataFrame, goal: Goal = BINARY, **more):
    return report(cleaned(frame, target="y", **more), "d1", AT, None, goal)


def table(rows: int = 1000) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": np.where(random.random(rows) < 0.1, np.nan, random.integers(16, 90, rows)),
            "pay": random.lognormal(8, 3, rows),
            "town": random.choice(["a", "b", ""], rows),
            "y": random.choice(["yes", "no"], rows),
        }
    )


def test_a_columns_summary_is_what_pandas_counts():
    frame = table()
    found = {column.name: column for column in described(frame).columns}
    age = frame["age"]
    assert (found["age"].missing, found["age"].distinct) == (age.isna().sum(), age.nunique())
    assert (found["age"].minimum, found["age"].maximum) == (age.min(), age.max())
    assert found["age"].mean == pytest.approx(age.mean())
    assert found["age"].deviation == pytest.approx(age.std(ddof=0))
    lower = age.quantile([0.25, 0.5, 0.75], interpolation="lower").tolist()
    assert found["age"].quartiles == tuple(lower)
    assert found["town"].missing == (frame["town"] == "").sum()


def test_bins_hold_every_row_and_the_targets_share_in_each():
    frame = table()
    found = described(frame)
    for column in found.columns:
        assert sum(each.rows for each in column.bins) == len(frame)
    town = next(column for column in found.columns if column.name == "town")
    for each in town.bins:
        rows = frame[frame["town"] == each.label.replace("missing", "")]
        assert each.target == pytest.approx((rows["y"] == "yes").mean())


def test_a_few_rows_far_out_do_not_hide_the_others():
    pay = next(column for column in described(table()).columns if column.name == "pay")
    assert max(each.rows for each in pay.bins) < 500


def test_one_value_of_most_rows_has_a_bin_and_the_others_are_spread():
    rain = np.zeros(2000)
    rain[:100] = np.random.default_rng(0).exponential(5, 100)
    rain[0] = 9831.0
    frame = table(2000).assign(age=rain)
    shown = next(column for column in described(frame).columns if column.name == "age").bins
    assert (shown[0].label, shown[0].rows) == ("0", 1900)
    assert {each.rows for each in shown[1:]} <= {10, 11, 12}


def test_the_rows_own_time_is_a_trend_and_not_a_name_of_each_row():
    frame = table()
    frame["at"] = pd.date_range("2024-01-01", periods=len(frame), freq="h")
    found = report(cleaned(frame, target="y", time="at", at=Time("at")), "d1", AT, None, BINARY)
    at = next(column for column in found.columns if column.name == "at")
    assert (at.type, at.target.measure) == ("time", "|2 AUC - 1|")
    assert at.target.value < 0.2


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression", "forecast"])
def test_every_problem_has_its_target_described(problem):
    frame = table()
    frame["n"] = np.arange(len(frame)) % 50
    names = {"binary": "y", "multiclass": "town", "regression": "n", "forecast": "n"}
    frame = (
        frame.rename(columns={names[problem]: "y", "y": "other"})
        if names[problem] != "y"
        else frame
    )
    found = described(frame[frame["y"] != ""], Goal(problem, "yes"))
    assert (found.target is None) == (problem == "multiclass")
    assert bool(found.classes) == (problem in ("binary", "multiclass"))
    assert sum(found.classes.values()) in (0, found.rows)


def test_all_classes_are_told_of_though_the_commonest_alone_are_counted():
    frame = table().assign(y=[f"k{n % 40}" for n in range(len(table()))])
    found = described(frame, Goal("multiclass"))
    assert len(found.classes) == 11
    assert "; y of 40 classes" in summary(found)


def series(**more):
    times = pd.date_range("2024-01-01", periods=300, freq="h").delete([50, 51, 52, 200])
    frame = pd.DataFrame({"when": times, "x": np.arange(296.0), "y": ["yes", "no"] * 148})
    twice = pd.concat([frame, frame.iloc[[10, 20]]], ignore_index=True)
    return described(twice, time="when", at=Time("when"), **more).coverage


def test_gaps_and_repeated_times_are_counted():
    found = series()
    assert (found.oldest, found.step_seconds, found.repeated_times) == ("2024-01-01", 3600.0, 2)
    assert found.gaps_in_all == 2
    first = found.gaps[0]
    assert (first.after, first.before) == ("2024-01-03T01:00:00", "2024-01-03T05:00:00")
    assert [gap.steps for gap in found.gaps] == [3, 1]


def test_each_series_has_its_own_gaps():
    times = pd.date_range("2024-01-01", periods=100, freq="h")
    frame = pd.concat(
        [
            pd.DataFrame({"when": times, "pump": "p1", "y": ["yes", "no"] * 50}),
            pd.DataFrame({"when": times.delete([40]), "pump": "p2", "y": "no"}),
        ]
    )
    key = Clean(key=("pump", "when"))
    found = described(frame, time="when", at=Time("when"), clean=key).coverage
    assert (found.repeated_times, found.gaps_in_all, found.gaps[0].series) == (0, 1, "p2")


def test_events_without_a_rhythm_have_no_gaps():
    random = np.random.default_rng(0)
    seconds = np.cumsum(random.exponential(1e4, 500)).astype(int)
    frame = pd.DataFrame({"when": pd.to_datetime(seconds, unit="s"), "y": ["yes", "no"] * 250})
    found = described(frame, time="when", at=Time("when")).coverage
    assert (found.step_seconds, found.gaps) == (0.0, ())


def test_months_of_unequal_length_are_no_gaps():
    times = pd.date_range("2019-01-01", periods=60, freq="MS").delete([30])
    frame = pd.DataFrame({"when": times, "y": (["yes", "no"] * 30)[:59]})
    assert described(frame, time="when", at=Time("when")).coverage.gaps_in_all == 1


def test_constant_and_nearly_empty_columns_are_found():
    frame = table().assign(same=1.0, hardly=np.nan)
    frame.loc[3, "hardly"] = 5.0
    found = {(each.kind, each.column) for each in described(frame).findings}
    assert found == {("constant", "same"), ("nearly empty", "hardly")}


def test_the_same_table_gives_the_same_report():
    assert described(table()) == described(table())
