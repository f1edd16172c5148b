"""What a fitted pipeline leaves behind to be explained with."""

import msgspec
import numpy as np
import pytest
from evergreen.contracts.explanation import Explanation, LinearExplanation, SampledExplanation
from evergreen.contracts.model_file import Problem
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.estimators.explanation import BACKGROUND_ROWS, explanation
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.explanation import background, terms
from evergreen.frame import Frame
from evergreen.graph import Graph

from tests.fakes import learned
from tests.fakes.explained import CONFIGURATIONS, fitted

TREES = ["gradient boosting", "extra trees"]


def test_a_linear_pipelines_terms_add_up_to_its_log_odds() -> None:
    rows = learned.frame(500, 1)
    pipeline = fit(learned.SIGNATURE, CONFIGURATIONS["logistic"], rows)
    found = explanation(pipeline, learned.SIGNATURE, rows)
    assert isinstance(found, LinearExplanation)

    fresh = encode(learned.SIGNATURE, learned.frame(300, 9).columns)
    added = found.intercept + terms(learned.SIGNATURE, found, fresh).sum(axis=1)

    np.testing.assert_allclose(added, pipeline.decision_function(fresh), atol=1e-5)


def test_a_columns_mean_is_what_it_adds_on_average_to_the_rows_learned_from() -> None:
    model = fitted("logistic", 8)
    assert isinstance(model.explanation, LinearExplanation)
    added = terms(model.signature, model.explanation, model.matrix)
    means = [term.mean for term in model.explanation.terms]
    np.testing.assert_allclose(means, added.mean(axis=0), atol=1e-12)


def test_a_column_that_was_never_known_adds_nothing() -> None:
    rows = learned.frame(500, 1)
    pipeline = fit(learned.SIGNATURE, CONFIGURATIONS["logistic"], rows)
    found = explanation(pipeline, learned.SIGNATURE, rows)
    assert isinstance(found, LinearExplanation)
    matrix = encode(learned.SIGNATURE, rows.columns)
    matrix[:, 3] = 7.0
    assert not terms(learned.SIGNATURE, found, matrix)[:, 3:].any()


def test_a_column_far_from_zero_is_explained_as_exactly_as_any_other() -> None:
    draw = np.random.default_rng(1)
    large = (1e8 + draw.normal(0, 20, 400)).astype(np.float32)
    target = (large > 1e8).astype(np.int8)
    signature = Signature((Column("x", "number"),), (), "y", ("0", "1"))
    rows = Frame({"x": large}, target, np.zeros(400, np.int64))
    pipeline = fit(signature, CONFIGURATIONS["logistic"], rows)
    found = explanation(pipeline, signature, rows)
    assert isinstance(found, LinearExplanation)
    matrix = large[:, None]
    log_odds = found.intercept + terms(signature, found, matrix)[:, 0]
    served = Graph(to_graph(pipeline, signature)).answers(matrix)[:, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-log_odds)), served, atol=1e-5)


def test_a_linear_pipeline_that_its_terms_cannot_tell_is_asked_and_not_recited() -> None:
    # A number that says nothing but by being missing: no fill of no slope adds anything.
    target = np.tile(np.array([0, 1], np.int8), 50)
    known = np.where(target == 1, np.nan, 7).astype(np.float32)
    signature = Signature((Column("x", "number", nullable=True),), (), "y", ("0", "1"))
    rows = Frame({"x": known}, target, np.zeros(100, np.int64))
    pipeline = fit(signature, CONFIGURATIONS["logistic"], rows)
    assert isinstance(explanation(pipeline, signature, rows), SampledExplanation)


@pytest.mark.parametrize("family", TREES)
def test_a_background_is_training_rows_that_answer_on_average_what_all_do(family: str) -> None:
    model = fitted(family, 8)
    assert isinstance(model.explanation, SampledExplanation)
    typical = background(model.explanation)
    assert typical.shape == (BACKGROUND_ROWS, 8)
    known = {row.tobytes() for row in model.matrix}
    assert all(row.tobytes() in known for row in typical)
    mean, spread = (f(model.graph.probabilities(model.matrix)) for f in (np.mean, np.std))
    # A random sample of 50 would err by a seventh of the spread.
    assert abs(model.graph.probabilities(typical).mean() - mean) < spread / 50


def test_fewer_rows_than_a_background_takes_are_all_of_it() -> None:
    rows = learned.frame(30, 4)
    pipeline = fit(learned.SIGNATURE, CONFIGURATIONS["extra trees"], rows)
    found = explanation(pipeline, learned.SIGNATURE, rows)
    assert isinstance(found, SampledExplanation)
    assert len(found.background) == 30


@pytest.mark.parametrize("family", CONFIGURATIONS)
def test_what_is_stored_reads_back_as_it_was_missing_numbers_included(family: str) -> None:
    model = fitted(family, 8)
    body = msgspec.json.encode(model.explanation)
    again = msgspec.json.decode(body, type=Explanation)
    assert again == model.explanation
    if isinstance(again, SampledExplanation):
        assert np.isnan(background(again)).any()
        np.testing.assert_array_equal(background(again), background(model.explanation))


@pytest.mark.parametrize("family", TREES)
def test_the_same_rows_leave_the_same_explanation(family: str) -> None:
    rows = learned.frame(300, 4)
    made = []
    for _ in range(2):
        pipeline = fit(learned.SIGNATURE, CONFIGURATIONS[family], rows)
        made.append(msgspec.json.encode(explanation(pipeline, learned.SIGNATURE, rows)))
    assert made[0] == made[1]


def test_a_linear_pipeline_of_numbers_explains_them_exactly_in_their_own_unit() -> None:
    signature, rows = learned.signature_of("regression"), learned.frame(500, 1, "regression")
    pipeline = fit(signature, {FAMILY: "ridge", "alpha": 1.0}, rows)
    found = explanation(pipeline, signature, rows)
    assert isinstance(found, LinearExplanation)
    later = learned.frame(300, 9, "regression")
    added = found.intercept + terms(signature, found, encode(signature, later.columns)).sum(axis=1)
    np.testing.assert_allclose(
        added, answers(pipeline, signature, later), atol=1e-4 * rows.target.std()
    )


@pytest.mark.parametrize("problem", ["multiclass", "regression"])
@pytest.mark.parametrize("family", TREES)
def test_a_background_answers_on_average_what_all_rows_do_whatever_the_problem(
    problem: Problem, family: str
) -> None:
    signature, rows = learned.signature_of(problem), learned.frame(800, 1, problem)
    pipeline = fit(signature, CONFIGURATIONS[family], rows)
    found = explanation(pipeline, signature, rows)
    assert isinstance(found, SampledExplanation)
    graph, matrix = Graph(to_graph(pipeline, signature)), encode(signature, rows.columns)
    every, typical = graph.answers(matrix), graph.answers(background(found))
    # A random sample of 50 would err by a seventh of the spread.
    assert (abs(typical.mean(axis=0) - every.mean(axis=0)) < every.std(axis=0) / 10).all()


def test_a_linear_pipeline_of_several_classes_is_asked_like_any_other() -> None:
    signature, rows = learned.signature_of("multiclass"), learned.frame(300, 1, "multiclass")
    pipeline = fit(signature, CONFIGURATIONS["logistic"], rows)
    assert isinstance(explanation(pipeline, signature, rows), SampledExplanation)
