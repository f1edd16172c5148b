"""Rows that count less: every family learns from weights, or from fewer rows."""

import numpy as np
import pytest
from evergreen.estimators.models import estimator
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.space import FAMILY
from evergreen.estimators.weighting import counted
from evergreen.frame import Frame
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.hostile import space
from tests.fakes.learned import frame, signature_of

THINNED = "nearest neighbours"
METRICS = {"binary": "roc_auc", "multiclass": "macro_f1", "regression": "rmse"}
EACH = [
    (problem, family.configuration(name, {}))
    for problem, metric in METRICS.items()
    for name, family in space(problem, metric).items()
] + [
    ("regression", space("regression", "pinball_90")[n].configuration(n, {}))
    for n in ("linear quantile", "gradient boosting")
]
EACH_FAMILY = pytest.mark.parametrize(
    ("problem", "configuration"), EACH, ids=lambda c: c if isinstance(c, str) else c[FAMILY]
)


def prepared(problem, configuration, rows=160):
    made = frame(rows, 1, problem)
    if configuration.get("loss") in ("poisson", "squared_log_error"):
        made = Frame(made.columns, np.exp((made.target - 1e6) / 500).round() + 1, made.time)
    return made


@EACH_FAMILY
def test_a_row_that_counts_nothing_might_as_well_not_be_there(problem, configuration):
    signature, rows = signature_of(problem), prepared(problem, configuration)
    weights = (np.arange(len(rows)) % 4 > 0).astype(float)
    left = fit(signature, configuration, rows.take(weights > 0))
    same = fit(signature, configuration, rows, weights)
    asked = frame(50, 2, problem)
    np.testing.assert_array_equal(answers(same, signature, asked), answers(left, signature, asked))


@EACH_FAMILY
def test_rows_that_count_half_move_what_is_learned(problem, configuration):
    signature, rows = signature_of(problem), prepared(problem, configuration)
    weights = np.where(np.arange(len(rows)) < 80, 0.1, 1.0)
    asked = frame(50, 2, problem)
    plain = answers(fit(signature, configuration, rows), signature, asked)
    moved = answers(fit(signature, configuration, rows, weights), signature, asked)
    assert np.all(np.isfinite(moved))
    assert np.max(np.abs(moved - plain)) > 1e-6 * np.std(plain)


@pytest.mark.parametrize(
    ("problem", "configuration"),
    [
        ("binary", {FAMILY: "logistic", "C": 1.0}),
        ("binary", {FAMILY: "logistic", "C": 1.0, "class_weight": "balanced"}),
        ("regression", {FAMILY: "ridge", "alpha": 1.0, "loss": "squared_error"}),
    ],
)
def test_half_a_row_is_half_a_row(problem, configuration):
    # All rows twice at half their weight are all rows, regularised as much.
    signature, rows = signature_of(problem), frame(160, 1, problem)
    once = fit(signature, configuration, rows)
    halves = fit(signature, configuration, rows.then(rows), np.full(320, 0.5))
    asked = frame(50, 2, problem)
    found, expected = answers(halves, signature, asked), answers(once, signature, asked)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.std(expected))


def test_a_kept_row_of_a_family_without_weights_is_drawn_by_its_weight():
    signature, rows = signature_of("binary"), frame(4000, 1)
    model = estimator(signature, {FAMILY: THINNED})
    weights = np.linspace(0, 1, len(rows))
    left, told = counted(model, rows, weights)
    assert told == {}
    assert len(left) == pytest.approx(2000, rel=0.05)
    late = left.time > np.median(rows.time)
    assert late.mean() == pytest.approx(0.75, abs=0.04)
    assert counted(model, rows, weights)[0].time.tolist() == left.time.tolist()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=20, max_size=20))
def test_what_a_fit_is_told_are_the_weights_of_the_rows_it_gets(values):
    weights = np.array(values)
    rows = frame(20, 1)
    model = estimator(signature_of("binary"), {FAMILY: "logistic"})
    left, told = counted(model, rows, weights)
    there = weights > 0
    assert left.time.tolist() == rows.time[there].tolist()
    if np.all(weights[there] == 1):
        assert told == {}
    else:
        assert told["sample_weight"].tolist() == weights[there].tolist()
