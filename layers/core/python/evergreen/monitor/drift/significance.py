"""What chance gives: tests of whether two samples' counts over the same bins are of one
distribution. The baseline is a sample as well, so both sides' rows count."""

import numpy as np
from numpy.typing import NDArray

from evergreen.monitor.drift.effects import kolmogorov_smirnov
from evergreen.probabilities import chi_squared_above, kolmogorov_above

Floats = NDArray[np.float64]

_EXPECTED_AT_LEAST = 5.0


def kolmogorov_smirnov_test(before: Floats, now: Floats) -> float:
    """Its p-value by the limit for many rows, which ties (so, bins) only make larger."""
    rows, later = before.sum(), now.sum()
    if not rows or not later:
        return 1.0
    root = np.sqrt(rows * later / (rows + later))
    return kolmogorov_above(float(root * kolmogorov_smirnov(before, now)))


def chi_squared_test(before: Floats, now: Floats) -> tuple[float, float]:
    """Pearson's statistic of homogeneity and its p-value; (0, 1) where there is nothing to compare.

    Bins where fewer than 5 rows of either side are expected are counted as one (Cochran 1954): a
    few rows in a rare bin are not as chi-squared says.
    """
    table = _pooled(np.stack([before, now]))
    margins = table.sum(axis=1, keepdims=True)
    if table.shape[1] < 2 or not margins.all():
        return 0.0, 1.0
    expected = margins * table.sum(axis=0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return statistic, chi_squared_above(statistic, table.shape[1] - 1)


def _pooled(table: Floats) -> Floats:
    table = table[:, table.sum(axis=0) > 0]
    smaller = table.sum(axis=1).min() / max(table.sum(), 1.0)
    rare = table.sum(axis=0) * smaller < _EXPECTED_AT_LEAST
    if not rare.any():
        return table
    kept, rest = table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)
    return np.concatenate([kept, rest], axis=1)
