import math

import numpy as np
import pytest
from evergreen import metrics
from evergreen.contracts.model_file import Metric
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
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
    [("roc_auc", 0.9, 0.8), ("average_precision", 0.9, 0.8), ("log_loss", 0.1, 0.2)],
)
def test_a_search_minimises_a_loss_and_a_contest_knows_which_value_is_better(metric, better, worse):
    assert metrics.loss(metric, better) < metrics.loss(metric, worse)
    assert metrics.from_loss(metric, metrics.loss(metric, better)) == pytest.approx(better)
    assert metrics.ahead(metric, np.array([better]), np.array([worse]))[0] > 0
