"""Groups alike in their target, so that every split and every fold gets its share of each kind."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_DECILES = np.arange(1, 10) / 10


def strata(
    target: NDArray[Any], unit: NDArray[np.intp], sizes: NDArray[np.intp], classes: int
) -> NDArray[np.int64]:
    """A stratum for each of the u units.

    Of several classes it is the unit's commonest one; of a binary target and of a number, whose
    units are told apart by their mean, a tenth of the units (the least mean is a stratum of its
    own, so that rows of two classes are always told apart).

    Args:
        target: of the n rows, codes or numbers, shape (n,).
        unit: of each row, 0 to u - 1, shape (n,).
        sizes: rows of each unit, shape (u,).
        classes: how many the target has, 0 for a number.

    Returns:
        shape (u,).
    """
    if classes > 2:
        return _commonest(target, unit, len(sizes), classes)
    mean = np.bincount(unit, weights=target, minlength=len(sizes)) / sizes
    edges = np.unique(np.r_[mean.min(), np.quantile(mean, _DECILES, method="inverted_cdf")])
    return np.searchsorted(edges, mean, side="left").astype(np.int64)


def places(
    stratum: NDArray[np.int64], names: NDArray[np.uint64], sizes: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each of the u units lies in its stratum, whose units stand in the order of their names.

    Args:
        stratum: of each unit, shape (u,).
        names: of each unit, each once, shape (u,).
        sizes: rows of each unit, shape (u,).

    Returns:
        The rows of its stratum before each unit, and the rows of its whole stratum, each of shape
        (u,).
    """
    order = np.lexsort((names, stratum))
    begins = np.r_[True, np.diff(stratum[order]) != 0]
    starts, within = np.flatnonzero(begins), np.cumsum(begins) - 1
    rows = np.cumsum(sizes[order]) - sizes[order]
    before, lengths = np.empty((2, len(order)), dtype=np.int64)
    before[order] = rows - rows[starts][within]
    lengths[order] = np.add.reduceat(sizes[order], starts)[within]
    return before, lengths


def _commonest(
    target: NDArray[Any], unit: NDArray[np.intp], units: int, classes: int
) -> NDArray[np.int64]:
    pairs, rows = np.unique(unit * classes + target.astype(np.intp), return_counts=True)
    found = np.zeros(units, dtype=np.int64)
    least_first = np.lexsort((-(pairs % classes), rows))
    found[pairs[least_first] // classes] = pairs[least_first] % classes
    return found
