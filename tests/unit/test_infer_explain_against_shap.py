"""The shares of columns are those that the shap package gives, on the models that serve."""

import numpy as np
import pytest
from evergreen.contracts.explanation import LinearExplanation, SampledExplanation
from evergreen.explanation import background, terms
from evergreen.infer.shapley import shapley

from tests.fakes.explained import fitted

shap = pytest.importorskip("shap", reason="its compiler has no release for Intel Macs")

TREES = ["gradient boosting", "extra trees"]


def exactly(score, typical, row):
    """All coalitions, asked by shap."""
    masker = shap.maskers.Independent(typical, max_samples=len(typical))
    return shap.explainers.Exact(score, masker)(row[np.newaxis]).values[0]


def wide(model, matrix):
    """What the linear pipeline's last step is given, computed in 64 bits."""
    return model.pipeline[:-1].transform(matrix.astype(np.float64)).astype(np.float64)


def log_odds(model, matrix):
    last = model.pipeline.named_steps["model"]
    return wide(model, matrix) @ last.coef_[0].astype(np.float64) + float(last.intercept_[0])


def shares(model, matrix):
    """Shares as they are served: each term's difference from its mean."""
    assert isinstance(model.explanation, LinearExplanation)
    means = [term.mean for term in model.explanation.terms]
    return terms(model.signature, model.explanation, matrix) - means


def test_a_linear_models_shares_are_those_of_shaps_linear_explainer():
    model = fitted("logistic", 8)
    last = model.pipeline.named_steps["model"]
    rows = wide(model, model.matrix)
    explainer = shap.LinearExplainer(
        (last.coef_[0].astype(np.float64), float(last.intercept_[0])),
        shap.maskers.Independent(rows, max_samples=len(rows)),
    )
    by_weight = explainer(rows[:20]).values

    ours = shares(model, model.matrix[:20])

    categories = [n for n, column in enumerate(model.signature.inputs) if column.type == "category"]
    numbers = [n for n, column in enumerate(model.signature.inputs) if column.type == "number"]
    split = 3 * len(categories)  # of three known values each
    in_categories = by_weight[:, :split].reshape(20, len(categories), 3).sum(axis=2)
    np.testing.assert_allclose(ours[:, categories], in_categories, atol=1e-6)
    in_numbers = by_weight[:, split : split + len(numbers)]
    # After the numbers, whether each was missing, where one was: a column's share is both.
    missing = np.flatnonzero(np.isnan(model.matrix[:, numbers]).any(axis=0))
    in_numbers[:, missing] += by_weight[:, split + len(numbers) :]
    np.testing.assert_allclose(ours[:, numbers], in_numbers, atol=1e-6)


def test_a_linear_models_shares_are_those_of_all_its_coalitions():
    model = fitted("logistic", 6)
    for row in model.matrix[:3]:
        expected = exactly(lambda m: log_odds(model, np.asarray(m)), model.matrix, row)
        np.testing.assert_allclose(shares(model, row[np.newaxis])[0], expected, atol=1e-6)


@pytest.mark.parametrize("family", TREES)
@pytest.mark.parametrize("columns", [4, 8])
def test_few_columns_of_trees_share_exactly_as_shap_says(family, columns):
    model, typical, score = trees(family, columns)
    for row in model.matrix[:5]:
        ours = shapley(score, row, typical, b"seed")
        assert ours.exact
        np.testing.assert_allclose(ours.columns, exactly(score, typical, row), atol=1e-9)


@pytest.mark.parametrize("family", TREES)
def test_many_columns_of_trees_share_as_shap_says_within_the_error_of_drawing(family):
    model, typical, score = trees(family, 11)
    for row in model.matrix[:3]:
        drawn = [shapley(score, row, typical, bytes([seed])) for seed in range(8)]
        assert not drawn[0].exact
        columns = np.array([each.columns for each in drawn])
        expected = exactly(score, typical, row)
        # One draw is close, and eight together are closer than their own spread explains.
        assert np.abs(columns[0] - expected).max() < 0.05 * np.abs(expected).max()
        error = columns.std(axis=0, ddof=1) / np.sqrt(len(drawn))
        assert (np.abs(columns.mean(axis=0) - expected) <= 6 * error + 1e-9).all()


def trees(family, columns):
    model = fitted(family, columns)
    assert isinstance(model.explanation, SampledExplanation)

    def score(matrix):
        return model.graph.probabilities(np.asarray(matrix, dtype=np.float32))

    return model, background(model.explanation), score
