"""Rows by coarse bin and values of fine ones, where rows are weighted, so not whole."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.profile import ColumnProfile, NumberProfile
from evergreen.distribution import to_coarse

Floats = NDArray[np.float64]


def coarsened(profile: ColumnProfile, fine: NDArray[np.number]) -> Floats:
    """Rows by coarse bin from those by fine bin."""
    return np.bincount(to_coarse(profile), weights=fine).astype(np.float64)


def centres(profile: NumberProfile) -> Floats:
    """A value of each fine bin but missing; of an open one its only edge. Shape (bins,)."""
    if not profile.edges:
        return np.zeros(1)
    edges = np.array(profile.edges, dtype=np.float64)
    return np.concatenate([edges[:1], (edges[1:] + edges[:-1]) / 2, edges[-1:]])
