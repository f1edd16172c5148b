"""Rows drawn again with replacement (Efron 1979), whole clusters at a time.

Rows of one cluster (``group`` in the model file) are drawn together, because they are not
independent; drawn one by one they would make every metric look surer than it is.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories
from evergreen.contracts.model_file import ModelFile
from evergreen.frame import Frame

_CELLS_AT_ONCE = 4_000_000
"""Weights held in memory at a time: 32 MB."""


def clusters(file: ModelFile, rows: Frame) -> NDArray[np.intp]:
    """The number of each row's cluster, 0 to k - 1, shape (n,); its own without a group."""
    if file.group is None:
        return np.arange(len(rows))
    values = rows.columns[file.group]
    codes = values.codes if isinstance(values, Categories) else values
    return np.unique(codes, return_inverse=True)[1]


def weights(
    cluster: NDArray[np.intp], resamples: int, generator: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """How often each row was drawn, in parts of shape (b, n) that make ``resamples`` together."""
    count = int(cluster.max()) + 1
    at_once = max(1, _CELLS_AT_ONCE // len(cluster))
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = generator.integers(0, count, size=(rows, count))
        counts = np.stack([np.bincount(row, minlength=count) for row in drawn])
        yield counts[:, cluster].astype(np.float64)
