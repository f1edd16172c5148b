"""How much two columns tell of each other, 0 (nothing) to 1 (all), by what they are.

- two numbers: the rank correlation without its sign, |rho| (Spearman 1904);
- a number and two classes: |2 AUC - 1|, the rank-biserial correlation (Cureton 1956), with AUC
  the probability of Mann and Whitney (1947), ties counting half;
- a number and several categories: the correlation ratio (Pearson 1905) less what chance gives,
  epsilon = sqrt(max(0, 1 - (1 - eta2) (n - 1) / (n - k))) (Kelley 1935);
- two categories: Cramer's V less what chance gives (Bergsma 2013), with phi2 = chi2 / n,
  V = sqrt(max(0, phi2 - (k - 1)(r - 1) / (n - 1)) / (min(k', r') - 1)),
  k' = k - (k - 1)^2 / (n - 1), and r' alike.

Only rows that have both values count.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from evergreen.contracts.quality_report import Association
from evergreen.ingest.report.outcome import Outcome
from evergreen.ingest.report.values import Floats, Values, Whole, sample

SPEARMAN = "|Spearman's rho|"
AUC = "|2 AUC - 1|"
RATIO = "correlation ratio"
CRAMER = "Cramér's V"

_ROWS = 5_000
_ROWS_WITH_TARGET = 20_000
_COLUMNS_AT_MOST = 60
_LABELS_AT_MOST = 200
"""A category of more names its rows and has no association worth the name."""


def ranks(numbers: Floats) -> Floats:
    """Ranks from 1, equal values having their mean rank, shape (n,)."""
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    middle: Floats = np.cumsum(counts) - (counts - 1) / 2
    return middle[place]


def spearman(x: Floats, y: Floats) -> float:
    """|rho| of two arrays without missing values."""
    if len(x) < 2:
        return 0.0
    a, b = ranks(x), ranks(y)
    a, b = a - a.mean(), b - b.mean()
    spread = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return abs(float((a * b).sum())) / spread if spread else 0.0


def rank_biserial(numbers: Floats, positive: Floats) -> float:
    """|2 AUC - 1| of numbers for flags of 0 and 1."""
    good = float(positive.sum())
    bad = len(positive) - good
    if not good or not bad:
        return 0.0
    above = float((ranks(numbers) * positive).sum()) - good * (good + 1) / 2
    return abs(2 * above / (good * bad) - 1)


def correlation_ratio(codes: Whole, numbers: Floats) -> float:
    """Kelley's epsilon of numbers in categories, which are named 0, 1, ..."""
    rows = np.bincount(codes)
    sums = np.bincount(codes, numbers - numbers.mean())
    n, k = len(numbers), int((rows > 0).sum())
    total = float(((numbers - numbers.mean()) ** 2).sum())
    if k < 2 or n <= k or not total:
        return 0.0
    between = float((sums**2 / np.maximum(rows, 1)).sum())
    return math.sqrt(min(1.0, max(0.0, 1 - (1 - between / total) * (n - 1) / (n - k))))


def cramers_v(first: Whole, second: Whole) -> float:
    """Bergsma's corrected V of two categories, each named 0, 1, ..."""
    n = len(first)
    wide = int(second.max()) + 1 if n else 0
    table = np.bincount(first * wide + second).astype(np.float64)
    table = np.pad(table, (0, -len(table) % wide)).reshape(-1, wide) if n else table
    table = table[table.sum(1) > 0][:, table.sum(0) > 0] if n else table
    if n < 2 or min(table.shape) < 2:
        return 0.0
    expected = np.outer(table.sum(1), table.sum(0)) / n
    phi2 = float(((table - expected) ** 2 / expected).sum()) / n
    r, k = table.shape
    left = max(0.0, phi2 - (k - 1) * (r - 1) / (n - 1))
    least = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return min(1.0, math.sqrt(left / least)) if least > 0 else 0.0


def with_target(column: Values, target: Outcome) -> Association:
    """A column's association with the target, on a sample where there are many rows."""
    rows = sample(len(column), _ROWS_WITH_TARGET)
    if len(rows) < len(column):
        column, target = column.take(rows), target.take(rows)
    known = ~column.missing
    if target.kind == "number":
        known &= ~np.isnan(target.values[:, 0])
    measure, value = _with_target(column.take(known), target.take(np.flatnonzero(known)))
    return Association(target.column, column.name, measure, value)


def _with_target(column: Values, target: Outcome) -> tuple[str, float]:
    single = target.single
    if column.type == "category":
        if single is not None and target.kind == "number":
            return RATIO, correlation_ratio(column.codes, single)
        return CRAMER, cramers_v(column.codes, target.classes)
    if single is None:
        return RATIO, correlation_ratio(target.classes, ranks(column.numbers))
    if target.kind == "binary":
        return AUC, rank_biserial(column.numbers, single)
    return SPEARMAN, spearman(column.numbers, single)


def strongest(columns: Sequence[Values], most: int) -> tuple[Association, ...]:
    """The strongest associations between the first columns, on a sample of their rows."""
    told = [c for c in columns if c.type != "category" or 1 < len(c.labels) <= _LABELS_AT_MOST]
    told = told[:_COLUMNS_AT_MOST]
    if not told:
        return ()
    rows = sample(len(told[0]), _ROWS)
    found = _between([c.take(rows) for c in told])
    ordered = sorted(found, key=lambda each: (-each.value, each.column, each.other))
    return tuple(each for each in ordered[:most] if each.value > 0)


def _between(columns: Sequence[Values]) -> Iterator[Association]:
    for first, second in combinations(columns, 2):
        known = ~(first.missing | second.missing)
        if known.sum() < 20:
            continue
        measure, value = _pair(first.take(known), second.take(known))
        yield Association(first.name, second.name, measure, value)


def _pair(first: Values, second: Values) -> tuple[str, float]:
    if first.type == "category" and second.type == "category":
        return CRAMER, cramers_v(first.codes, second.codes)
    if first.type == "category":
        return RATIO, correlation_ratio(first.codes, second.numbers)
    if second.type == "category":
        return RATIO, correlation_ratio(second.codes, first.numbers)
    return SPEARMAN, spearman(first.numbers, second.numbers)
