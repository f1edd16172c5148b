"""Has a distribution changed? The population stability index, and what chance alone would give.

With shares p of the n training rows and q of the m later rows in k bins,

    PSI = sum over bins of (p - q) ln(p / q)

(Siddiqi, "Credit Risk Scorecards", 2006, chapter 9: below 0.1 little change, from 0.25 a shift;
it is the symmetric form of the divergence of Kullback and Leibler, 1951). An empty bin would make
it infinite, so each bin counts half a row more (Krichevsky and Trofimov, 1981). A bin that is
empty on both sides says nothing and does not count.

Plain Python, because ``deploy`` runs without numpy and there are but a few bins.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

_HALF_ROW = 0.5
_Z_999 = 3.090232306167813
"""The standard normal distribution's 99.9 % quantile."""


def psi(before: Iterable[float], now: Iterable[float]) -> float:
    """The population stability index of two rows of counts over the same k bins: >= 0, symmetric,
    and 0 for equal counts."""
    filled = _filled(before, now)
    if len(filled) < 2:
        return 0.0
    rows, later = (sum(side) + _HALF_ROW * len(filled) for side in zip(*filled, strict=True))
    shares = (((n + _HALF_ROW) / rows, (m + _HALF_ROW) / later) for n, m in filled)
    return math.fsum((p - q) * math.log(p / q) for p, q in shares)


def psi_by_chance(before: Iterable[float], now: Iterable[float]) -> float:
    """What :func:`psi` exceeds once in 1,000 times where nothing has changed.

    Without a change PSI / (1/n + 1/m) follows chi-squared with k - 1 degrees of freedom (Yurdakul
    and Naranjo, "Statistical properties of the population stability index", 2020); its quantile
    is Wilson and Hilferty's (1931), at most 4 % off. Many bins and few rows pass any fixed
    threshold by chance.
    """
    filled = _filled(before, now)
    rows, later = (sum(side) for side in zip(*filled, strict=True)) if filled else (0, 0)
    return chance(len(filled), rows, later)


def chance(bins: int, rows: float, later: float) -> float:
    """:func:`psi_by_chance` of ``rows`` and ``later`` independent rows in so many filled bins."""
    free = bins - 1
    if free < 1 or not rows or not later:
        return 0.0
    spread = 2 / (9 * free)
    quantile = free * (1 - spread + _Z_999 * math.sqrt(spread)) ** 3
    return quantile * (1 / rows + 1 / later)


def in_bins(
    before: Collection[float | str], now: Collection[float | str]
) -> tuple[list[int], list[int]]:
    """Counts of two samples of answers, neither of them empty: labels by label, numbers
    :func:`in_deciles`."""
    numbers = [[v for v in side if not isinstance(v, str)] for side in (before, now)]
    if len(numbers[0]) == len(before) and len(numbers[1]) == len(now):
        return in_deciles(*numbers)
    counted = [Counter(before), Counter(now)]
    values = sorted(counted[0] | counted[1], key=str)
    first, second = ([counts[value] for value in values] for counts in counted)
    return first, second


def in_deciles(before: Sequence[float], now: Sequence[float]) -> tuple[list[int], list[int]]:
    """Counts of two samples, neither of them empty, between the deciles of the first.

    Bin i holds edges[i-1] < value <= edges[i]. Where ties make the lowest decile the minimum, an
    edge below it keeps apart what falls under everything in the first sample.
    """
    ordered = sorted(before)
    edges = sorted({ordered[(len(ordered) * tenth - 1) // 10] for tenth in range(1, 10)})
    if edges[0] == ordered[0]:
        edges.insert(0, math.nextafter(edges[0], -math.inf))
    counted = [Counter(bisect_left(edges, value) for value in side) for side in (before, now)]
    first, second = ([counts[i] for i in range(len(edges) + 1)] for counts in counted)
    return first, second


def _filled(before: Iterable[float], now: Iterable[float]) -> list[tuple[float, float]]:
    pairs = zip(before, now, strict=True)
    return [(float(n), float(m)) for n, m in pairs if n + m > 0]
