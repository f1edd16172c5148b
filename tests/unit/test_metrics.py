import math
from functools import partial

import numpy as np
import pytest
from evergreen import metrics
from evergreen.contracts.model_file import QUANTILES, Metric
from evergreen.figures import metric_text
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

PEERS = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "log_loss": log_loss,
}
METRICS = pytest.mark.parametrize("metric", list(PEERS))

# Few distinct probabilities, so that most examples have ties.
row = st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(0, 3))
rows_of_both_classes = st.lists(row, min_size=2, max_size=60).filter(
    lambda rows: {0, 1} <= {target for target, _, weight in rows if weight}
)


def arrays(rows):
    target, eighths, weight = (np.array(values) for values in zip(*rows, strict=True))
    return target.astype(np.int8), eighths / 8, weight.astype(float)


@METRICS
@given(rows=rows_of_both_classes)
def test_each_metric_is_the_one_of_scikit_learn_with_ties_and_certainties(metric, rows):
    target, probability, _ = arrays(rows)
    expected = PEERS[metric](target, probability)
    assert metrics.measure(metric, target, probability) == pytest.approx(expected, abs=1e-9)


@METRICS
@given(rows=rows_of_both_classes)
def test_a_weight_counts_a_row_as_often_as_a_resample_drew_it(metric, rows):
    target, probability, weight = arrays(rows)
    drawn = np.repeat(np.arange(len(target)), weight.astype(int))
    expected = PEERS[metric](target[drawn], probability[drawn])
    weights = np.stack([np.ones_like(weight), weight])
    found = metrics.measure_weighted(metric, target, probability, weights)
    assert found[1] == pytest.approx(expected, abs=1e-9)


@METRICS
def test_rows_of_one_class_have_no_metric(metric: Metric):
    target = np.ones(3, dtype=np.int8)
    assert math.isnan(metrics.measure(metric, target, np.array([0.1, 0.2, 0.3])))


@given(rows=rows_of_both_classes)
def test_the_brier_score_is_the_one_of_scikit_learn(rows):
    target, probability, _ = arrays(rows)
    expected = brier_score_loss(target, probability)
    assert metrics.brier(target, probability) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "better", "worse"),
    [
        ("roc_auc", 0.9, 0.8),
        ("average_precision", 0.9, 0.8),
        ("log_loss", 0.1, 0.2),
        ("accuracy", 0.9, 0.8),
        ("macro_f1", 0.9, 0.8),
        ("rmse", 1.0, 20.0),
        ("mae", 1.0, 20.0),
        ("r2", 0.1, -3.0),
        ("pinball_90", 1.0, 20.0),
        ("poisson_deviance", 1.0, 20.0),
    ],
)
def test_a_search_minimises_a_loss_and_a_contest_knows_which_value_is_better(metric, better, worse):
    assert metrics.loss(metric, better) < metrics.loss(metric, worse)
    assert metrics.from_loss(metric, metrics.loss(metric, better)) == pytest.approx(better)
    assert metrics.ahead(metric, np.array([better]), np.array([worse]))[0] > 0


CLASSES = [0, 1, 2, 3]
CLASS_PEERS = {
    "log_loss": lambda target, found, weight: log_loss(
        target, found, labels=CLASSES, sample_weight=weight
    ),
    "accuracy": lambda target, found, weight: accuracy_score(
        target, found.argmax(axis=1), sample_weight=weight
    ),
    "macro_f1": lambda target, found, weight: f1_score(
        target, found.argmax(axis=1), average="macro", sample_weight=weight, zero_division=0
    ),
}
# Few distinct shares, so that classes tie and some probabilities are 0 or 1.
share = st.integers(0, 3)
class_row = st.tuples(
    st.integers(0, 3),
    st.tuples(share, share, share, share).filter(any),
    st.integers(0, 3),
)
class_rows = st.lists(class_row, min_size=1, max_size=40).filter(
    lambda rows: any(weight for *_, weight in rows)
)


def class_arrays(rows):
    target, shares, weight = (np.array(values, dtype=float) for values in zip(*rows, strict=True))
    return target.astype(np.int16), shares / shares.sum(axis=1, keepdims=True), weight


@pytest.mark.parametrize("metric", CLASS_PEERS)
@given(rows=class_rows)
def test_metrics_of_several_classes_are_those_of_scikit_learn_on_drawn_rows(metric, rows):
    target, found, weight = class_arrays(rows)
    drawn = np.repeat(np.arange(len(target)), weight.astype(int))
    values = metrics.measure_weighted(
        metric, target, found, np.stack([np.ones_like(weight), weight])
    )
    assert values[0] == pytest.approx(CLASS_PEERS[metric](target, found, None), abs=1e-9)
    expected = CLASS_PEERS[metric](target[drawn], found[drawn], None)
    assert values[1] == pytest.approx(expected, abs=1e-9)


NUMBER_PEERS = {
    "rmse": root_mean_squared_error,
    "mae": mean_absolute_error,
    "r2": r2_score,
    **{name: partial(mean_pinball_loss, alpha=alpha) for name, alpha in QUANTILES.items()},
}
number_rows = st.lists(
    st.tuples(st.integers(-5, 5), st.integers(-9, 9), st.integers(0, 3)), min_size=2, max_size=40
).filter(lambda rows: len({target for target, _, weight in rows if weight}) > 1)


@pytest.mark.parametrize("metric", NUMBER_PEERS)
@pytest.mark.parametrize(("unit", "zero"), [(1.0, 0.0), (1e-3, 1e6)])
@given(rows=number_rows)
def test_metrics_of_numbers_are_those_of_scikit_learn_on_drawn_rows(metric, unit, zero, rows):
    target, found, weight = (np.array(values, float) for values in zip(*rows, strict=True))
    target, found = zero + unit * target, zero + unit * found
    drawn = np.repeat(np.arange(len(target)), weight.astype(int))
    values = metrics.measure_weighted(
        metric, target, found, np.stack([np.ones_like(weight), weight])
    )
    peer = NUMBER_PEERS[metric]
    assert values[0] == pytest.approx(peer(target, found), rel=1e-6, abs=1e-9)
    assert values[1] == pytest.approx(peer(target[drawn], found[drawn]), rel=1e-6, abs=1e-9)


@given(rows=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), min_size=1, max_size=40))
def test_the_deviance_of_counts_is_the_one_of_scikit_learn(rows):
    target, quarters = (np.array(values, float) for values in zip(*rows, strict=True))
    found = metrics.measure("poisson_deviance", target, quarters / 4)
    assert found == pytest.approx(mean_poisson_deviance(target, quarters / 4), abs=1e-12)


def test_answers_of_no_count_at_all_have_a_large_deviance_and_negative_counts_have_none():
    target = np.array([0.0, 2.0])
    assert 10 < metrics.measure("poisson_deviance", target, np.zeros(2)) < 100
    assert math.isnan(metrics.measure("poisson_deviance", -target, np.ones(2)))


@given(
    target=st.lists(st.integers(0, 9), min_size=3, max_size=30),
    metric=st.sampled_from(list(QUANTILES)),
)
def test_no_constant_beats_the_targets_quantile_by_its_pinball_loss(target, metric):
    counts = np.array(target, float)
    best = np.quantile(counts, QUANTILES[metric], method="inverted_cdf")
    least = metrics.measure(metric, counts, np.full(len(counts), best))
    for other in range(10):
        assert least <= metrics.measure(metric, counts, np.full(len(counts), float(other))) + 1e-12


def test_a_number_that_does_not_change_has_no_r2():
    target = np.full(5, 0.1)
    assert math.isnan(metrics.measure("r2", target, np.arange(5.0)))
    assert metrics.measure("mae", target, target) == 0


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("roc_auc", 0.81234, "0.812"),
        ("r2", -0.5, "-0.500"),
        ("mae", 41.2734, "41.27"),
        ("rmse", 0.0123456, "0.01235"),
        ("rmse", 123456.7, "123,457"),
        ("rmse", 2.931e29, "2.931e+29"),
    ],
)
def test_a_metric_is_written_with_as_many_digits_as_tell_something(metric, value, text):
    assert metric_text(metric, value) == text
