"""Categories of thousands of values: what is learned of them, and that it is served exactly."""

import numpy as np
import pytest
from evergreen.contracts.columns import categories
from evergreen.contracts.explanation import LinearExplanation
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.estimators.explanation import explanation
from evergreen.estimators.facts import ONE_HOT_AT_MOST, Facts
from evergreen.estimators.families import offered
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.explanation import terms
from evergreen.frame import Frame
from evergreen.graph import Graph
from sklearn.metrics import roc_auc_score

USERS = tuple(f"u{number}" for number in range(3_000))
GIVEN = Signature((Column("user", "category", values=USERS),), (), "y", ("no", "yes"))
LIKELY = np.random.default_rng(0).normal(0, 2, len(USERS))


def frame(rows: int, seed: int) -> Frame:
    """Users with a habit each, a few of them new."""
    draw = np.random.default_rng(seed)
    who = draw.integers(0, len(USERS), rows)
    target = (draw.logistic(size=rows) < LIKELY[who]).astype(np.int8)
    texts = np.where(draw.random(rows) < 0.02, "new", np.array(USERS)[who])
    return Frame({"user": categories(texts)}, target, np.zeros(rows, np.int64))


def space(problem="binary", **figures):
    values = {"one_hot": ONE_HOT_AT_MOST, "values": len(USERS)} | figures
    given = Facts(problem=problem, metric="log_loss", rows=9_000, classes=2, numbers=0, **values)
    return offered(given)


@pytest.mark.parametrize("family", ["logistic", "gradient boosting"])
def test_by_default_a_model_knows_thousands_of_values_and_its_graph_answers_alike(family):
    configuration = space()[family].configuration(family, {})
    assert configuration["categories"] == "target"
    fitted = fit(GIVEN, configuration, frame(9_000, 1))
    later = frame(2_000, 2)
    found = answers(fitted, GIVEN, later)
    served = Graph(to_graph(fitted, GIVEN)).answers(encode(GIVEN, later.columns))[:, -1]
    np.testing.assert_allclose(served, found, atol=1e-5)
    assert roc_auc_score(later.target, found) > 0.7


def test_one_hot_gives_the_most_frequent_values_a_column_each_and_the_others_none():
    configuration = {FAMILY: "logistic", "C": 1.0, "penalty": "l2", "categories": "one-hot"}
    rows, later = frame(9_000, 1), frame(500, 2)
    fitted = fit(GIVEN, configuration, rows)
    matrix = encode(GIVEN, later.columns)
    found = answers(fitted, GIVEN, later)
    assert fitted[-1].coef_.shape == (1, ONE_HOT_AT_MOST)
    served = Graph(to_graph(fitted, GIVEN)).answers(matrix)[:, -1]
    np.testing.assert_allclose(served, found, atol=1e-6)
    told = explanation(fitted, GIVEN, rows)
    assert isinstance(told, LinearExplanation)
    added = told.intercept + terms(GIVEN, told, matrix).sum(axis=1)
    np.testing.assert_allclose(added, fitted.decision_function(matrix), atol=1e-5)


def test_where_a_column_for_each_value_is_too_many_none_are_made():
    family = space(one_hot=100_000)["logistic"]
    assert "categories" not in {setting.name for setting in family.settings}
    assert family.configuration("logistic", {})["categories"] == "target"


def test_of_several_classes_the_most_frequent_values_are_known_to_linear_models():
    found = space("multiclass")
    assert "categories" not in found["logistic"].configuration("logistic", {})
    trees = found["gradient boosting"].configuration("gradient boosting", {})
    assert trees["categories"] == "ordinal"
