"""Weights of a sample of rows, so that its columns are distributed as they should be.

Iterative proportional fitting (Deming and Stephan 1940): column after column, each row's weight is
multiplied by what its bin has too little of, until all columns fit. What columns do together is
left as much as it was as their margins allow.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SWEEPS = 8
_FACTOR_AT_MOST = 20.0


def raked(codes: NDArray[np.uint8], margins: Sequence[Floats | None]) -> Floats:
    """A weight of each row, by mean 1.

    Args:
        codes: bins of the rows, shape (rows, columns).
        margins: by column the share that each bin should have, or None to leave it.
    """
    weights = np.ones(len(codes))
    for _ in range(_SWEEPS):
        for place, margin in enumerate(margins):
            if margin is None:
                continue
            column = codes[:, place]
            has = np.bincount(column, weights=weights, minlength=len(margin)) / len(codes)
            there = np.divide(margin, has, out=np.ones(len(margin)), where=has > 0)
            weights = weights * np.minimum(there, _FACTOR_AT_MOST)[column]
            weights *= len(codes) / max(weights.sum(), 1e-12)
    return weights
