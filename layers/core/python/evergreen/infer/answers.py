"""What a version's graph says of rows, as callers read it and captures keep it: by its problem."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.capture import CapturedRow
from evergreen.contracts.signature import Signature
from evergreen.infer.explain import RowExplanation
from evergreen.infer.graphs import Served
from evergreen.infer.rows import RejectedRows, RowProblem

Score = Any
"""Of one row: a float, or of several classes a list of each one's probability."""


NO_ANSWER = (
    "The model has no answer: the row's numbers lie too far from those that it learned from."
)


class Prediction(Struct, frozen=True, omit_defaults=True):
    """A binary model's answer for one row: the positive class's probability, and the label that
    the version's threshold makes of it. ``id`` is what the outcome is reported under."""

    id: str
    probability: float
    label: str
    explanation: RowExplanation | None = None


class ClassPrediction(Struct, frozen=True, omit_defaults=True):
    """The likeliest of several classes, its probability, and those of all."""

    id: str
    label: str
    probability: float
    probabilities: dict[str, float]
    explanation: RowExplanation | None = None


class NumberPrediction(Struct, frozen=True, omit_defaults=True):
    """A regression's or a forecast's answer, in the target's unit."""

    id: str
    value: float
    explanation: RowExplanation | None = None


Answer = Prediction | ClassPrediction | NumberPrediction


def score(served: Served, matrix: NDArray[np.float32]) -> list[Score]:
    """What the graph says of each row.

    Args:
        matrix: float32 of shape (n, d), as the version's reader makes it.

    Raises:
        RejectedRows: names each row whose answer is no number.
    """
    problem = served.signature.problem
    if problem == "binary":
        probabilities: list[Score] = served.graph.probabilities(matrix).tolist()
        return probabilities
    answers = served.graph.answers(matrix)
    odd = np.flatnonzero(~np.isfinite(answers).all(axis=1)).tolist()
    if odd:
        target = served.signature.target
        raise RejectedRows([RowProblem(row, target, NO_ANSWER) for row in odd])
    each: list[Score] = (answers if problem == "multiclass" else answers[:, 0]).tolist()
    return each


def labels(signature: Signature, scores: list[Score], threshold: float) -> list[str]:
    """The label of each row, of equals the first; empty where the answer is a number.

    Args:
        threshold: probability from which on a binary model answers its positive label.
    """
    classes = signature.classes
    if signature.problem == "binary":
        return [classes[probability >= threshold] for probability in scores]
    if signature.problem == "multiclass":
        return [classes[of_all.index(max(of_all))] for of_all in scores]
    return [""] * len(scores)


def captured(
    signature: Signature,
    request: str,
    rows: Iterable[dict[str, Any]],
    scores: list[Score],
    named: list[str],
) -> list[CapturedRow]:
    """The rows of a capture; row n has the id ``<request>-<n>``."""
    if signature.problem == "binary":
        return [
            CapturedRow(f"{request}-{number}", row, probability)
            for number, (row, probability) in enumerate(zip(rows, scores, strict=True))
        ]
    if signature.problem == "multiclass":
        return [
            CapturedRow(f"{request}-{number}", row, probabilities=tuple(of_all), label=label)
            for number, (row, of_all, label) in enumerate(zip(rows, scores, named, strict=True))
        ]
    return [
        CapturedRow(f"{request}-{number}", row, value=value)
        for number, (row, value) in enumerate(zip(rows, scores, strict=True))
    ]


def answered(
    signature: Signature,
    rows: list[CapturedRow],
    scores: list[Score],
    named: list[str],
    explained: Sequence[RowExplanation | None],
) -> list[Answer]:
    """The same rows as the caller reads them."""
    each = zip(rows, scores, named, explained, strict=True)
    if signature.problem == "binary":
        return [Prediction(row.id, score, label, why) for row, score, label, why in each]
    if signature.problem == "multiclass":
        return [
            ClassPrediction(
                row.id, label, max(score), dict(zip(signature.classes, score, strict=True)), why
            )
            for row, score, label, why in each
        ]
    return [NumberPrediction(row.id, score, why) for row, score, _, why in each]
