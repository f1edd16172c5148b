"""What a version needs to explain its predictions: stored beside its graph, verified like it.

A linear model is its own explanation; any other is asked about rows in which some columns are the
person's and the others those of typical training rows, the background.
"""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.signature import Signature


class Term(Struct, frozen=True, forbid_unknown_fields=True):
    """What one column adds to the log-odds.

    A number x adds ``slope * x``, a missing one ``slope * fill``. A category adds the element of
    ``values`` at its code, an unseen one nothing. ``mean`` is the average of what the column adds
    over the rows that the version learned from.
    """

    slope: float = 0.0
    fill: float = 0.0
    values: tuple[float, ...] = ()
    mean: float = 0.0


class LinearExplanation(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="linear"
):
    """A linear model: log-odds = ``intercept`` + the sum of its terms, one per input in order."""

    intercept: float
    terms: tuple[Term, ...]


class SampledExplanation(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="sampled"
):
    """Any other model: ``background`` holds encoded training rows, None for a missing number."""

    background: tuple[tuple[float | None, ...], ...]

    def matrix(self) -> NDArray[np.float32]:
        """The background as the graph takes it: float32 of shape (rows, inputs)."""
        rows = [[math.nan if value is None else value for value in row] for row in self.background]
        return np.array(rows, dtype=np.float32)


Explanation = LinearExplanation | SampledExplanation


def linear_terms(
    signature: Signature, explanation: LinearExplanation, matrix: NDArray[np.float32]
) -> NDArray[np.float64]:
    """What each column adds to the log-odds of each row.

    Args:
        matrix: float32 of shape (n, d), made by :func:`evergreen.contracts.signature.encode`.

    Returns:
        float64 of shape (n, d).
    """
    added = np.empty(matrix.shape)
    for place, (column, term) in enumerate(zip(signature.inputs, explanation.terms, strict=True)):
        given = matrix[:, place]
        if column.type == "category":
            # The code of an unseen value, -1, finds the last element: nothing.
            added[:, place] = np.array([*term.values, 0.0])[given.astype(np.intp)]
        else:
            known = np.where(np.isnan(given), term.fill, given.astype(np.float64))
            added[:, place] = term.slope * known
    return added
