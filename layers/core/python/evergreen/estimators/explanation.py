"""What a fitted pipeline leaves behind so that its version can explain predictions."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from evergreen.contracts.explanation import (
    Explanation,
    LinearExplanation,
    SampledExplanation,
    Term,
)
from evergreen.contracts.signature import Signature, encode
from evergreen.explanation import terms
from evergreen.frame import Frame

BACKGROUND_ROWS = 50
"""Serving asks the graph about this many rows for each coalition of columns."""

_TOLERANCE = 1e-3
# In log-odds. The pipeline computes in 32 bits, which costs it some digits where a column's values
# are large beside their spread; where it costs more than this, the terms are not what it answers.


def explanation(pipeline: Pipeline, signature: Signature, rows: Frame) -> Explanation:
    """The terms of a linear pipeline, for any other a background; the same rows give the same.

    Args:
        rows: what the pipeline was fitted on.
    """
    matrix = encode(signature, rows.columns)
    with threadpool_limits(limits=1):
        positive: NDArray[np.float64] = pipeline.predict_proba(matrix)[:, 1]
        if isinstance(pipeline.named_steps["model"], LogisticRegression):
            linear = _linear(pipeline, signature, matrix)
            stated = linear.intercept + terms(signature, linear, matrix).sum(axis=1)
            answered = pipeline.decision_function(matrix)
            if np.allclose(stated, answered, rtol=0, atol=_TOLERANCE):
                return linear
    return SampledExplanation(_spread(matrix, positive))


def _linear(
    pipeline: Pipeline, signature: Signature, matrix: NDArray[np.float32]
) -> LinearExplanation:
    """The terms by column: scaling folded into slope and intercept, a weight per category."""
    model = pipeline.named_steps["model"]
    weights = iter(model.coef_[0].astype(np.float64).tolist())
    intercept = float(model.intercept_[0])
    found = [Term()] * len(signature.inputs)
    for name, step, places in pipeline.named_steps["columns"].transformers_:
        if name == "categories":
            for place in places:
                values = tuple(next(weights) for _ in signature.inputs[place].values)
                found[place] = Term(values=values)
        elif name == "numbers":
            fills, scaler = step[0].statistics_, step[1]
            for number, place in enumerate(places):
                slope = next(weights) / float(scaler.scale_[number])
                intercept -= slope * float(scaler.mean_[number])
                found[place] = Term(slope=slope, fill=float(fills[number]))
    bare = LinearExplanation(intercept, tuple(found))
    means = terms(signature, bare, matrix).mean(axis=0).tolist()
    return LinearExplanation(
        intercept, tuple(replace(t, mean=m) for t, m in zip(found, means, strict=True))
    )


def _spread(
    matrix: NDArray[np.float32], positive: NDArray[np.float64]
) -> tuple[tuple[float | None, ...], ...]:
    """Rows at even distances in the order of their probabilities.

    So few rows then answer on average what all of them do, the rare high ones included.
    """
    count = min(BACKGROUND_ROWS, len(matrix))
    ranks = ((np.arange(count) + 0.5) * len(matrix) / count).astype(np.intp)
    chosen = matrix[np.argsort(positive, kind="stable")[ranks]].tolist()
    return tuple(tuple(None if v != v else v for v in row) for row in chosen)
