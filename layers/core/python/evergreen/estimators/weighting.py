"""How rows that count less are learned from.

A row of weight 1 is a row, one of weight 0 is none. What takes ``sample_weight`` is given the
weights as they are, so that half a row is also half of what regularisation weighs against; weights
of classes multiply them. What does not (nearest neighbours, whose rows are in the graph, and a
team's own pipeline) is given each row with the probability of its weight. Medians, scales and
encodings of columns are those of the rows that are left, each counted once.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import has_fit_parameter

from evergreen.frame import Frame

Weights: TypeAlias = NDArray[np.float64]

_SEED = 0


def counted(model: Any, rows: Frame, weights: Weights | None) -> tuple[Frame, dict[str, Weights]]:
    """The rows to fit an unfitted model on, and what its ``fit`` is told of their weights.

    Args:
        weights: 0 to 1, shape (n,).
    """
    if weights is None:
        return rows, {}
    if not has_fit_parameter(model, "sample_weight"):
        drawn = np.random.default_rng(_SEED).random(len(rows)) < weights
        return rows.take(drawn), {}
    there = weights > 0
    kept = weights[there]
    left = rows if len(kept) == len(rows) else rows.take(there)
    return left, {} if np.all(kept == 1) else {"sample_weight": kept}
