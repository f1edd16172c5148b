import numpy as np
import pytest
from evergreen.monitor.drift import find_drift
from evergreen.monitor.drift.auc import auc
from evergreen.monitor.drift.raking import raked
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from benchmarks.monitoring import in_memory
from tests.fakes.served import baseline_of, file_of, frame_of, served_from


def normals(seed, rows=2_000, columns=25, together=0.0, shift=0.0):
    """Columns that look the same one by one, whatever ``together`` makes of the first two."""
    values = np.random.default_rng(seed).normal(size=(rows, columns))
    values[:, 1] = together * values[:, 0] + np.sqrt(1 - together**2) * values[:, 1]
    values[:, 2] += shift
    return values


def told(before, now):
    table = [{f"x{i}": side[:, i] for i in range(side.shape[1])} for side in (before, now)]
    file = file_of(table[0], time=None)
    baseline = baseline_of(file, frame_of(table[0]))
    return find_drift(file, baseline, served_from(baseline, frame_of(table[1])))


def test_a_changed_correlation_is_found_where_no_column_moved():
    drifts = told(normals(0), normals(1, together=0.9))
    assert all(each.level == "none" for each in drifts.columns)
    assert drifts.domain
    assert drifts.domain.level == "large"
    assert set(drifts.domain.columns) == {"x0", "x1"}
    assert drifts.domain.low < drifts.domain.auc < drifts.domain.high


def test_rows_are_not_told_by_a_column_that_captures_left_out_of_some_of_them():
    table = [{f"x{i}": side[:, i] for i in range(3)} for side in (normals(0), normals(1))]
    file = file_of(table[0], time=None)
    baseline = baseline_of(file, frame_of(table[0]))
    served = served_from(baseline, frame_of(table[1]))
    codes = served.codes.copy()
    codes[: len(codes) // 2, 0] = codes[:, 0].max() + 1
    for rows, level in ((len(served), "large"), (len(served) // 2, "none")):
        there = served.column_rows | {"x0": rows}
        found = find_drift(file, baseline, replace(served, codes=codes, column_rows=there))
        assert found.domain
        assert found.domain.level == level


def test_many_small_shifts_together_are_found():
    drifts = told(normals(0), normals(1) + 0.15)
    assert drifts.domain
    assert drifts.domain.level == "small"


def test_of_a_wide_table_every_column_is_looked_at_and_the_rows_by_some():
    before, now = (normals(seed, rows=300, columns=310) for seed in (0, 1))
    drifts = told(before, now + 0.3)
    assert len(drifts.columns) == 310
    assert drifts.domain
    assert drifts.domain.level == "large"


def test_rows_of_one_distribution_are_told_apart_as_seldom_as_stated():
    found = [told(normals(2 * i, 600, 12), normals(2 * i + 1, 600, 12)).domain for i in range(40)]
    assert sum(each is not None and each.level != "none" for each in found) == 0
    assert np.mean([each.auc for each in found if each]) == pytest.approx(0.5, abs=0.008)
    assert np.mean([each.p_value < 0.1 for each in found if each]) <= 0.2


def test_values_that_are_about_as_frequent_do_not_tell_halves_of_a_table_apart():
    table = {
        "country": np.repeat([f"c{i:03}" for i in range(200)], 20),
        "year": np.tile(np.arange(20.0), 200),
    }
    file = in_memory.model_file(table)
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(4000)
        halves = [
            {name: values[part] for name, values in table.items()}
            for part in (order[:2000], order[2000:])
        ]
        baseline = in_memory.baseline(file, halves[0])
        found = find_drift(file, baseline, in_memory.served(baseline, halves[1])).domain
        assert found
        assert found.level == "none"
        assert found.p_value > 0.001


@pytest.mark.parametrize(("together", "shift"), [(0.6, 0.0), (0.0, 0.5), (0.6, 0.3)])
def test_rows_are_told_apart_as_well_as_by_a_forest(together, shift):
    before, now = normals(0), normals(1, together=together, shift=shift)
    side = np.repeat([0, 1], len(before))
    forest = RandomForestClassifier(30, min_samples_leaf=5, random_state=0)
    rows = np.concatenate([before, now])
    its = cross_val_predict(forest, rows, side, cv=2, method="predict_proba")[:, 1]
    ours = told(before, now).domain
    assert ours
    assert ours.auc >= roc_auc_score(side, its) - 0.01


def test_few_rows_are_not_judged():
    assert told(normals(0, 99), normals(1, 500)).domain is None


scores = st.lists(st.integers(0, 6), min_size=2, max_size=40)


@given(scores, scores)
def test_the_area_is_scikit_learns_and_mann_whitneys(before, now):
    old, new = np.array(before, float), np.array(now, float)
    found = auc(old, np.ones(len(old)), new)
    side = np.repeat([0, 1], [len(old), len(new)])
    assert found.value == pytest.approx(roc_auc_score(side, np.concatenate([old, new])))
    if found.by_chance > 0:
        z = (found.value - 0.5) / np.sqrt(found.by_chance)
        theirs = stats.mannwhitneyu(new, old, use_continuity=False, method="asymptotic")
        assert 2 * stats.norm.sf(abs(z)) == pytest.approx(theirs.pvalue, rel=1e-6)


@given(scores, scores, st.data())
def test_a_row_that_weighs_two_is_two_rows(before, now, data):
    times = data.draw(
        st.lists(st.integers(1, 3), min_size=len(before), max_size=len(before)).map(np.array)
    )
    old, new = np.array(before, float), np.array(now, float)
    weighted = auc(old, times.astype(float), new).value
    repeated = auc(np.repeat(old, times), np.ones(times.sum()), new).value
    assert weighted == pytest.approx(repeated)


def test_raked_rows_are_distributed_as_asked():
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (3000, 3)).astype(np.uint8)
    wanted = [np.array([0.4, 0.3, 0.2, 0.1]), None, np.array([0.1, 0.2, 0.3, 0.4])]
    weights = raked(codes, wanted)
    for place, margin in enumerate(wanted):
        if margin is not None:
            has = np.bincount(codes[:, place], weights=weights) / weights.sum()
            assert has == pytest.approx(margin, abs=1e-3)
