import numpy as np
import pytest
from evergreen.bootstrap import (
    RESAMPLES,
    bootstrap,
    clusters_in_time,
    clusters_of,
    confidence,
    interval,
    stretches,
)
from evergreen.contracts.columns import categories
from evergreen.frame import Frame
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.holdout import guess, hold_out


def test_the_interval_covers_the_metric_of_the_population_about_nine_times_in_ten():
    # Two unit normals, 1 apart: the area is that of a normal at 1 / sqrt(2), 0.760.
    covered = 0
    for seed in range(60):
        rows = hold_out(400, seed)
        probability = guess(rows, 1, seed + 1000)
        values = bootstrap("roc_auc", rows.target, [probability], np.arange(400), seed)
        low, high = interval(values[0])
        covered += low <= 0.7602 <= high
    assert 48 <= covered <= 60


def test_rows_of_one_cluster_are_drawn_together_so_copies_add_no_certainty():
    rows = hold_out(300)
    probability = guess(rows, 1)
    once = bootstrap("roc_auc", rows.target, [probability], np.arange(300), 1)[0]
    copies = np.tile(np.arange(300), 4)
    target, four = rows.target[copies], probability[copies]
    together = bootstrap("roc_auc", target, [four], copies, 1)[0]
    apart = bootstrap("roc_auc", target, [four], np.arange(1200), 1)[0]
    np.testing.assert_allclose(together, once)
    assert np.std(apart) < 0.7 * np.std(once)


@given(seed=st.integers(0, 50), skill=st.floats(0, 2))
def test_the_confidence_of_both_sides_adds_up_to_one(seed, skill):
    rows = hold_out(60, seed)
    if rows.target.sum() == 0:
        return
    scores = [guess(rows, skill, 1), np.round(guess(rows, 1, 2), 1)]
    one, other = bootstrap("roc_auc", rows.target, scores, np.arange(60), seed)
    both = confidence("roc_auc", one, other) + confidence("roc_auc", other, one)
    assert both == pytest.approx(1)


def test_resamples_without_a_positive_row_are_left_out_and_not_counted_as_lost():
    target = np.zeros(30, dtype=np.int8)
    target[0] = 1
    good, bad = target.astype(float), 1.0 - target
    values = bootstrap("roc_auc", target, [good, bad], np.arange(30), 1)
    assert values.shape == (2, RESAMPLES)
    assert np.isnan(values).any()
    assert confidence("roc_auc", *values) == 1.0
    assert interval(values[0]) == (1.0, 1.0)


@pytest.mark.parametrize("values", [["a", "", "b", "", "a"], [1.0, np.nan, 2.0, np.nan, 1.0]])
def test_rows_of_one_group_are_a_cluster_and_one_without_a_group_is_its_own(values):
    column = categories(values) if isinstance(values[0], str) else np.array(values)
    rows = Frame({"car": column}, np.zeros(5), np.zeros(5, np.int64))
    found = clusters_of(rows, "car")
    assert sorted(set(found)) == [0, 1, 2, 3]
    assert found[0] == found[4]
    assert clusters_of(rows, None).tolist() == [0, 1, 2, 3, 4]


def test_one_group_alone_leaves_no_certainty_but_is_drawn_by_its_rows():
    rows = Frame({"car": np.zeros(5)}, np.zeros(5), np.zeros(5, np.int64))
    assert clusters_of(rows, "car").tolist() == [0, 1, 2, 3, 4]
    hours = np.arange(2000)
    assert len(np.unique(clusters_in_time(in_time(hours, hours * 0), "unit"))) == 30


def in_time(times, group=None):
    columns = {} if group is None else {"unit": np.asarray(group, dtype=np.float64)}
    return Frame(columns, np.zeros(len(times)), np.asarray(times, dtype=np.int64) * HOUR)


HOUR = 3600 * 10**9


@given(
    st.lists(st.integers(0, 5000), min_size=1, max_size=200),
    st.sampled_from([10, 20, 30]),
)
def test_stretches_are_runs_of_neighbouring_times_and_equal_times_share_one(times, at_most):
    found = stretches(np.array(times, dtype=np.int64) * HOUR, at_most)
    if found is None:
        return
    numbers = np.unique(found)
    assert numbers.tolist() == list(range(len(numbers)))
    assert 10 <= len(numbers) <= max(at_most, 20) + 1
    order = np.argsort(times, kind="stable")
    assert np.all(np.diff(found[order]) >= 0)
    assert len(set(zip(times, found.tolist(), strict=True))) == len(set(times))


def test_a_table_of_few_times_is_drawn_by_its_groups_as_before():
    rows = in_time(np.repeat([0, 8760, 17520], 40), np.arange(120) // 2)
    assert stretches(rows.time) is None
    assert clusters_in_time(rows, "unit").tolist() == clusters_of(rows, "unit").tolist()


def test_the_coarser_of_groups_and_stretches_of_time_is_drawn():
    hours = np.arange(2000)
    assert len(np.unique(clusters_in_time(in_time(hours, hours % 4), "unit"))) == 4
    assert len(np.unique(clusters_in_time(in_time(hours, hours), "unit"))) == 30


def test_of_two_models_whose_errors_are_equal_but_last_none_is_surely_better_for_long():
    # Errors remember ten hours. Nominally 20 % of tables have a side with 90 %.
    sure = {"by rows": 0, "by stretches": 0}
    times = np.arange(1500) * HOUR
    for seed in range(40):
        draw = np.random.default_rng(seed).normal(size=1500)
        for place in range(1, 1500):
            draw[place] = 0.9 * draw[place - 1] + 0.436 * draw[place]
        answers = [2 + np.maximum(draw, -1.9) / 2, np.full(1500, 2.0)]
        for name, drawn in (("by rows", np.arange(1500)), ("by stretches", stretches(times))):
            one, other = bootstrap("mae", np.zeros(1500), answers, drawn, seed, 200)
            won = confidence("mae", one, other)
            sure[name] += max(won, 1 - won) >= 0.9
    assert sure["by stretches"] <= 16
    assert sure["by rows"] >= 28
