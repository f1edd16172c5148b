"""Has a distribution changed? The population stability index, and what chance alone would give.

With shares p of the n training rows and q of the m later rows in k bins,

    PSI = sum over bins of (p - q) ln(p / q)

(Siddiqi, "Credit Risk Scorecards", 2006, chapter 9: below 0.1 little change, from 0.25 a shift;
it is the symmetric form of the divergence of Kullback and Leibler, 1951). An empty bin would make
it infinite, so each bin counts half a row more (Krichevsky and Trofimov, 1981). A bin that is
empty on both sides says nothing and does not count.
"""

import math

import numpy as np
from numpy.typing import NDArray

_HALF_ROW = 0.5
_Z_999 = 3.090232306167813
"""The standard normal distribution's 99.9 % quantile."""


def psi(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """The population stability index of two rows of counts over the same k bins: >= 0, symmetric,
    and 0 for equal counts."""
    filled = before + now > 0
    before, now = before[filled], now[filled]
    if len(before) < 2:
        return 0.0
    p = (before + _HALF_ROW) / (before.sum() + _HALF_ROW * len(before))
    q = (now + _HALF_ROW) / (now.sum() + _HALF_ROW * len(now))
    return float(np.sum((p - q) * np.log(p / q)))


def psi_by_chance(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """What :func:`psi` exceeds once in 1,000 times where nothing has changed.

    Without a change PSI / (1/n + 1/m) follows chi-squared with k - 1 degrees of freedom (Yurdakul
    and Naranjo, "Statistical properties of the population stability index", 2020); its quantile
    is Wilson and Hilferty's (1931), at most 4 % off. Many bins and few rows pass any fixed
    threshold by chance.
    """
    rows, later = int(before.sum()), int(now.sum())
    free = int(np.count_nonzero(before + now)) - 1
    if free < 1 or not rows or not later:
        return 0.0
    spread = 2 / (9 * free)
    quantile = free * (1 - spread + _Z_999 * math.sqrt(spread)) ** 3
    return quantile * (1 / rows + 1 / later)
