"""What a version answers for a table's rows, as columns of a part: by its problem."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen.contracts.batch import answer_columns
from evergreen.contracts.signature import Signature
from evergreen.score.columns import Checked
from evergreen.score.scorer import Scorer, finite

NO_ANSWER = (
    "The model has no answer: the row's numbers lie too far from those that it learned from."
)


def answered(scorer: Scorer, checked: Checked) -> tuple[Checked, NDArray[np.float64]]:
    """The check, less the rows that have no finite answer, and the answers of those that fit."""
    numbers = np.flatnonzero(checked.fits)
    scores = scorer.unchecked(checked.columns, len(numbers))
    there = finite(scores)
    if there.all():
        return checked, scores
    fits = checked.fits.copy()
    fits[numbers[~there]] = False
    problems = [(row, scorer.signature.target, NO_ANSWER) for row in numbers[~there].tolist()]
    return replace(checked, fits=fits, problems=sorted(checked.problems + problems)), scores[there]


def fields(signature: Signature) -> list[pa.Field]:
    """Names and types of the columns."""
    kinds = {"text": pa.string(), "number": pa.float64()}
    made = answer_columns(signature.problem, signature.classes)
    return [pa.field(name, kinds[kind]) for name, kind in made.items()]


def columns(signature: Signature, threshold: float, answers: NDArray[np.float64]) -> list[pa.Array]:
    """The columns' values, in the order of :func:`fields`.

    Args:
        threshold: probability from which on a binary model answers its positive label.
        answers: shape (n, k) for several classes, else (n,).
    """
    if signature.problem == "binary":
        negative, positive = signature.classes
        return [pa.array(answers), pc.if_else(pa.array(answers >= threshold), positive, negative)]
    if signature.problem == "multiclass":
        likeliest = pa.array(answers.argmax(axis=1))
        labels = pa.array(signature.classes, pa.string()).take(likeliest)
        return [labels, pa.array(answers.max(axis=1)), *map(pa.array, answers.T)]
    return [pa.array(answers)]
