"""What a fitted pipeline leaves behind so that its version can explain predictions."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from sklearn.linear_model import ElasticNet, LogisticRegression, QuantileRegressor, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from evergreen.contracts.explanation import (
    Explanation,
    LinearExplanation,
    SampledExplanation,
    Term,
)
from evergreen.contracts.signature import Signature, encode
from evergreen.estimators.columns import CODED
from evergreen.estimators.facts import ONE_HOT_AT_MOST
from evergreen.estimators.pipeline import Fitted, answers, pipeline_of, unit_of_answers
from evergreen.explanation import terms
from evergreen.frame import Frame

BACKGROUND_ROWS = 50
"""Serving asks the graph about this many rows for each coalition of columns."""

_LINEAR = (LogisticRegression, Ridge, ElasticNet, QuantileRegressor)
_TOLERANCE = 1e-3
# In log-odds, or in standard deviations of a number. The pipeline computes in 32 bits, which costs
# it some digits where a column's values are large beside their spread; where it costs more than
# this, the terms are not what it answers.


def explanation(fitted: Fitted, signature: Signature, rows: Frame) -> Explanation:
    """The terms of a linear pipeline of one answer, for any other a background; the same rows give
    the same.

    Args:
        rows: what the pipeline was fitted on.
    """
    if _is_linear(fitted, signature):
        linear = _linear_as_answered(fitted, signature, rows)
        if linear is not None:
            return linear
    return sampled(signature, rows, answers(fitted, signature, rows))


def sampled(signature: Signature, rows: Frame, answered: NDArray[np.float64]) -> SampledExplanation:
    """The background of any model, chosen by what it answers to the rows."""
    return SampledExplanation(_spread(encode(signature, rows.columns), _rank(answered)))


def _is_linear(fitted: Fitted, signature: Signature) -> bool:
    """Whether one answer is a sum over the columns as they are given."""
    parts = pipeline_of(fitted).named_steps
    curved = not signature.classes and unit_of_answers(fitted).log
    if signature.problem == "multiclass" or curved or "columns" not in parts:
        return False
    if not isinstance(parts["model"], _LINEAR):
        return False
    columns = parts["columns"].named_transformers_
    straight = "numbers" not in columns or isinstance(columns["numbers"][-1], StandardScaler)
    return straight and "ranks" not in columns


def _linear_as_answered(
    fitted: Fitted, signature: Signature, rows: Frame
) -> LinearExplanation | None:
    """The terms, or None where they are not what the pipeline answers."""
    matrix = encode(signature, rows.columns)
    linear = _linear(fitted, signature, matrix)
    stated = linear.intercept + terms(signature, linear, matrix).sum(axis=1)
    if signature.classes:
        tolerance, answered = _TOLERANCE, fitted.decision_function(matrix)
    else:
        tolerance, answered = (
            _TOLERANCE * unit_of_answers(fitted).scale,
            answers(fitted, signature, rows),
        )
    return linear if np.allclose(stated, answered, rtol=0, atol=tolerance) else None


def _linear(fitted: Fitted, signature: Signature, matrix: NDArray[np.float32]) -> LinearExplanation:
    """The terms by column: scaling folded into slope and intercept, a weight per category."""
    pipeline = pipeline_of(fitted)
    model = pipeline.named_steps["model"]
    unit = None if signature.classes else unit_of_answers(fitted)
    offset, scale = (unit.offset, unit.scale) if unit else (0.0, 1.0)
    weights = iter((np.ravel(model.coef_).astype(np.float64) * scale).tolist())
    intercept = offset + scale * float(np.ravel(model.intercept_)[0])
    found = [Term()] * len(signature.inputs)
    for name, step, places in pipeline.named_steps["columns"].transformers_:
        if name == "categories":
            for place in places:
                known = len(signature.inputs[place].values)
                values = tuple(next(weights) for _ in range(min(known, ONE_HOT_AT_MOST)))
                values += (0.0,) * (known - len(values))
                found[place] = Term(values=values)
        elif name == CODED:
            for number, place in enumerate(places):
                unseen, *each = _of_codes(step, number, next(weights))
                intercept += unseen
                found[place] = Term(values=tuple(value - unseen for value in each))
        elif name == "numbers":
            fills, scaler = step[0].statistics_, step[1]
            for number, place in enumerate(places):
                slope = next(weights) / float(scaler.scale_[number])
                intercept -= slope * float(scaler.mean_[number])
                found[place] = Term(slope=slope, fill=float(fills[number]))
        elif name == "missing":
            for place in places:
                found[place] = _where_missing(found[place], next(weights))
    bare = LinearExplanation(intercept, tuple(found))
    means = terms(signature, bare, matrix).mean(axis=0).tolist()
    return LinearExplanation(
        intercept, tuple(replace(t, mean=m) for t, m in zip(found, means, strict=True))
    )


def _of_codes(step: Pipeline, number: int, weight: float) -> list[float]:
    """What a category's value adds by way of the target's mean: of an unseen one, then of each."""
    encoder, scaler = step[0], step[1]
    scaled = (encoder.encodings_[number] - scaler.mean_[number]) / scaler.scale_[number]
    added: list[float] = (weight * scaled).tolist()
    return added


def _where_missing(term: Term, weight: float) -> Term:
    """The term whose fill adds what the column of missing ones does, too."""
    return replace(term, fill=term.fill + weight / term.slope) if term.slope else term


def _rank(answered: NDArray[np.float64]) -> NDArray[np.float64]:
    """What orders the rows: the answer; of several classes the likeliest and how likely it is."""
    if answered.ndim == 1:
        return answered
    rank: NDArray[np.float64] = answered.argmax(axis=1) + answered.max(axis=1) / 2
    return rank


def _spread(
    matrix: NDArray[np.float32], rank: NDArray[np.float64]
) -> tuple[tuple[float | None, ...], ...]:
    """Rows at even distances in the order of their answers.

    So few rows then answer on average what all of them do, the rare high ones included.
    """
    count = min(BACKGROUND_ROWS, len(matrix))
    ranks = ((np.arange(count) + 0.5) * len(matrix) / count).astype(np.intp)
    chosen = matrix[np.argsort(rank, kind="stable")[ranks]].tolist()
    return tuple(tuple(None if v != v else v for v in row) for row in chosen)
