"""Differences of two columns of one unit: what happened less what was planned."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from evergreen.ingest.report.values import Floats, Mask, Values, of_numbers, sample

_LOOKED_AT = 5_000
_COLUMNS_AT_MOST = 200
_PAIRS_AT_MOST = 300
"""The closest. A table where more are alike has columns that all measure one thing."""
_ALIKE = 0.8
"""Correlation from which two columns may measure the same thing."""
_DAY = 1440.0


def pairs(columns: Sequence[Values]) -> Iterator[tuple[Values, Values]]:
    """Pairs of numbers, of clock times or of times that may share their unit."""
    times = [c for c in columns if c.type == "time"]
    clocks = [c for c in columns if c.type == "number" and is_clock(c.numbers)]
    yield from combinations(times, 2)
    yield from combinations(clocks, 2)
    named = {c.name for c in clocks}
    numbers = [c for c in columns if c.type == "number" and c.name not in named]
    for first, second in close(numbers, _ALIKE):
        if _one_scale(first.numbers, second.numbers):
            yield first, second


def close(columns: Sequence[Values], least: float) -> Iterator[tuple[Values, Values]]:
    """Pairs of numbers whose ranks correlate by ``least`` or more (Spearman), either way; of very
    many the closest."""
    columns = [c for c in columns if _varies(c.numbers)][:_COLUMNS_AT_MOST]
    if len(columns) < 2:
        return
    rows = sample(len(columns[0]), _LOOKED_AT)
    ranks = np.array([_ranks(c.numbers[rows]) for c in columns])
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = np.abs(np.corrcoef(ranks))
    alike = np.argwhere(np.triu(matrix >= least, 1))
    closest = np.argsort(-matrix[alike[:, 0], alike[:, 1]], kind="stable")[:_PAIRS_AT_MOST]
    for i, j in alike[np.sort(closest)]:
        yield columns[i], columns[j]


def is_clock(numbers: Floats) -> bool:
    """Whether numbers are times of the day written as one: 5 for 0:05, 1545 for 15:45.

    They are whole, none above 2400, their last two digits below 60, over more than twelve hours
    and too many to be a code.
    """
    known = np.unique(numbers[~np.isnan(numbers)])
    if len(known) < 100 or known[0] < 0 or not 1300 <= known[-1] <= 2400:
        return False
    return bool(np.all(known % 1 == 0) and np.all(known % 100 < 60))


def difference(first: Values, second: Values) -> Values:
    """The first less the second; of clock times in minutes, the shorter way round the day."""
    a, b = first.numbers, second.numbers
    name = f"{first.name} - {second.name}"
    if first.type == "number" and is_clock(a) and is_clock(b):
        gap = (_minutes(a) - _minutes(b) + _DAY / 2) % _DAY - _DAY / 2
        return of_numbers(name, gap)
    return of_numbers(name, a - b)


def departs(first: Values, second: Values, gap: Values) -> Values:
    """Which of two columns carries the difference ``gap`` = first - second.

    What happened is what was planned and an error that the plan does not know; so the one that
    moves with the difference is what happened (the classical error model: with a = b + e and e
    apart from b, Cov(e, a) = Var(e) while Cov(e, b) = 0).
    """
    known = ~np.isnan(gap.numbers)
    e = gap.numbers[known] - gap.numbers[known].mean()
    plan = _minutes(second.numbers) if is_clock(second.numbers) else second.numbers
    with_second = float((e * (plan[known] - plan[known].mean())).sum())
    return first if with_second > -float((e * e).sum()) / 2 else second


def _one_scale(a: Floats, b: Floats) -> bool:
    known = ~np.isnan(a) & ~np.isnan(b)
    if known.sum() < 20:
        return False
    low_a, mid_a, high_a = np.quantile(a[known], (0.1, 0.5, 0.9))
    low_b, mid_b, high_b = np.quantile(b[known], (0.1, 0.5, 0.9))
    wide_a, wide_b = high_a - low_a, high_b - low_b
    if not wide_a or not wide_b:
        return False
    return bool(0.8 <= wide_a / wide_b <= 1.25 and abs(mid_a - mid_b) <= max(wide_a, wide_b) / 2)


def _minutes(clock: Floats) -> Floats:
    minutes: Floats = clock // 100 * 60 + clock % 100
    return minutes


def _varies(numbers: Floats) -> bool:
    known = numbers[~np.isnan(numbers)]
    return len(known) >= 20 and bool(np.ptp(known))


def _ranks(numbers: Floats) -> Floats:
    """Ranks, of equal values their mean; a missing value has the middle one."""
    known: Mask = ~np.isnan(numbers)
    ranks = np.full(len(numbers), known.sum() / 2)
    _, place, counts = np.unique(numbers[known], return_inverse=True, return_counts=True)
    ranks[known] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks
