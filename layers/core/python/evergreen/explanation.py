"""A version's stored explanation as arrays, as ``train`` proves them and ``infer`` uses them."""

import math

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.explanation import LinearExplanation, SampledExplanation
from evergreen.contracts.signature import Signature


def terms(
    signature: Signature, explanation: LinearExplanation, matrix: NDArray[np.float32]
) -> NDArray[np.float64]:
    """What each column adds to the log-odds (or to the number) that the version answers each row.

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


def background(explanation: SampledExplanation) -> NDArray[np.float32]:
    """The background as the graph takes it: float32 of shape (rows, inputs), NaN for missing."""
    rows = [[math.nan if v is None else v for v in row] for row in explanation.background]
    return np.array(rows, dtype=np.float32)
