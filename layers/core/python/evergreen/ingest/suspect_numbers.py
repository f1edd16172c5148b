"""Numbers that look like no measurement: codes for none, repeated values, a value far beyond all
others. Each is told with the rule that would mend it."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.quality_report import Finding
from evergreen.distribution import readable
from evergreen.ingest.findings import EXAMPLES, advice

Floats = NDArray[np.float64]

NUMBERS = (-99999.0, -9999.0, -999.0, -99.0, 999.0, 9999.0, 99999.0, 999999.0, -273.15)
"""Numbers that often stand for none; -273.15 °C is 0 K."""

CODES = frozenset(
    float(code)
    for digits in (1, 2, 3, 4)
    for code in (
        *(int(str(d) * digits) for d in (7, 8, 9)), *range(10**digits - 4, 10**digits)
    )
    if digits > 1 or code >= 7
)  # fmt: skip
"""Numbers by which surveys say that there is no answer: 7, 8, 9, 77, 88, 96 to 99, 777, ..."""

_CENTRE = (0.005, 0.995)
_DISTINCT_AT_LEAST = 10
_FEW = 30
_GLANCE, _LOOKED_AT = 2_000, 100_000
_STEPS_APART = 3
_OF_ONE_DIGIT = 0.01
"""Share of rows that a code of one digit must have, which may as well be a rare amount."""
_DEVIATIONS, _LOWEST = 3.5, 0.2
"""Zeros are no measurement where the others' middle is so many deviations off, and the least of
them not under this share of it."""
_RARER = 0.3
"""More zeros than this are rather what the column is about."""
_TAIL, _TAIL_AT_LEAST = 50, 20
_BY_CHANCE, _TIMES, _SPIKES = 1e-4, 3.0, 3


def of_numbers(name: str, values: Floats) -> Iterator[Finding]:
    """Codes for none and a value far beyond the others, of the values that are there."""
    if not len(values):
        return
    for number in _stand_for_none(values):
        rows = int(np.count_nonzero(values == number))
        yield _sentinel(name, number, rows)
        values = values[values != number]
    yield from _far_off(name, values)


def _stand_for_none(values: Floats) -> Iterator[float]:
    if _distinct(values) <= _FEW:
        yield from _codes_among_few(values)
        return
    found: set[float] = set()
    while len(values) and (number := _far_end(values)) is not None:
        found.add(number)
        values = values[values != number]
    if len(values):
        found |= {*_codes_above(values), *_alone_below(values), *_spikes(values)}
    yield from sorted(found)


def _distinct(values: Floats) -> int:
    """How many differ, as far as some of them tell; of few, all."""
    known = len(np.unique(values[:: max(1, len(values) // _GLANCE)]))
    return known if known > _FEW else len(np.unique(values[:: max(1, len(values) // _LOOKED_AT)]))


def _far_end(values: Floats) -> float | None:
    """The least or the largest, where it is a usual number for none and far from the others."""
    for number in (float(values.min()), float(values.max())):
        if number in NUMBERS or not number:
            rows = int(np.count_nonzero(values == number))
            if _is_far(number, values[values != number], rows):
                return number
    return None


def _codes_among_few(values: Floats) -> Iterator[float]:
    """Of few whole numbers the last, where they are codes and apart from the others."""
    known, counts = np.unique(values, return_counts=True)
    if np.any(known % 1):
        return
    for first in range(2, len(known)):
        rest, last = known[:first], known[first:]
        step = float(np.diff(rest).max())
        apart = last[0] - rest[-1] > _STEPS_APART * step
        codes = bool(CODES.issuperset(last.tolist()))
        rows = int(counts[first:].sum())
        least = max(5, _OF_ONE_DIGIT * len(values)) if last[0] < 10 else 2
        often = least <= rows <= len(values) / 2
        if apart and codes and often and np.median(np.diff(rest)) == 1:
            yield from last.tolist()
            return
    low = known[0]
    if low in NUMBERS and known[1:].min(initial=np.inf) >= 0:
        yield float(low)


def _codes_above(values: Floats) -> Iterator[float]:
    """Codes beyond all else, by more than the others span: 777, 888 and 999 among ages."""
    most = values.max()
    if most not in CODES:
        return
    ends = np.unique(values[values > most / 10])[-len(CODES) :]
    last = np.array([each for each in ends if each in CODES])
    rest = values[~np.isin(values, last)]
    rows = len(values) - len(rest)
    if 2 <= rows <= len(rest) and last[0] - rest.max() > _spread(rest) > 0:
        yield from last.tolist()


def _alone_below(values: Floats) -> Iterator[float]:
    """-1 as the only number below 0, and 0 where no measurement comes near it."""
    least = float(values.min())
    rows = int(np.count_nonzero(values == least))
    rest = values[values != least]
    if rows < 3 or rows > _RARER * len(values) or least not in (0.0, -1.0):
        return
    lowest = float(rest.min())
    if least == -1.0:
        if lowest >= 0 and _several(rest):
            yield least
        return
    middle = float(np.median(rest))
    deviation = 1.4826 * float(np.median(np.abs(rest - middle)))
    if lowest >= _LOWEST * middle and middle > _DEVIATIONS * deviation > 0 and _several(rest):
        yield least


def _spikes(values: Floats) -> Iterator[float]:
    for end in (np.min, np.max):
        number = float(end(values))
        rows = int(np.count_nonzero(values == number))
        often = max(3, len(values) // 10_000) <= rows <= len(values) // 2
        if often and _is_spike(number, values):
            yield number


def _is_far(number: float, rest: Floats, rows: int) -> bool:
    """Whether a number that often stands for none lies beyond all others, by more than they span.

    Zero has to be further off than twice what the others span, and on one side of all of them.
    """
    if len(rest) < _DISTINCT_AT_LEAST or rows > len(rest):
        return False
    low, high = float(rest.min()), float(rest.max())
    gap = max(low - number, number - high)
    if gap <= 0:
        return False
    span = high - low if number == 0.0 else _spread(rest)
    often = rows >= 2 or number < -99
    enough = gap > (2 * span if number == 0.0 else span)
    return span > 0 and often and enough and _several(rest)


def _is_spike(number: float, values: Floats) -> bool:
    rest = values[values != number]
    if len(rest) < _DISTINCT_AT_LEAST:
        return False
    gap = float(np.abs(rest - number).min())
    return gap > 2 * _spread(rest) > 0 and _several(rest)


def _several(values: Floats) -> bool:
    """Whether they are a measurement and not a few codes."""
    return len(np.unique(values[:_LOOKED_AT])) >= 2 * _DISTINCT_AT_LEAST


def _spread(values: Floats) -> float:
    """What all but the outermost of the values span."""
    if not len(values):
        return 0.0
    low, high = np.quantile(values, _CENTRE)
    return float(high - low)


def _sentinel(name: str, number: float, rows: int) -> Finding:
    shown = (f"{readable(number) if number.is_integer() else repr(number)} ({rows:,})",)
    written = int(number) if number.is_integer() else number
    return Finding("sentinel", name, rows, shown, advice=advice(name, f"{{missing: [{written}]}}"))


def _far_off(name: str, values: Floats) -> Iterator[Finding]:
    """One to three values beyond what the tail of all others allows.

    With distances y from the median in falling order, j (log y_j - log y_j+1) is exponential with
    the tail's index as its mean (Renyi 1953), which the next rows' logarithms estimate (Hill 1975).
    So a heavy tail is silent about its own, and what is told is beyond it by chance in no more than
    one of ten thousand columns, and at least three times as far off as the next.
    """
    if len(values) < 2 * _TAIL_AT_LEAST:
        return
    middle = float(np.median(values[:: max(1, len(values) // _LOOKED_AT)]))
    most = min(_TAIL + _SPIKES, len(values) - 1)
    parts = np.partition(values, (most - 1, -most))
    for sign, rule, outer in ((1, "at_most", parts[-most:]), (-1, "at_least", parts[:most])):
        found = _beyond(sign * (outer - middle))
        if found:
            count, bound = found
            far = np.sort(sign * outer)[::-1][:count] * sign
            limit = _rounded(middle + sign * bound)
            yield Finding(
                "range", name, count, tuple(map(readable, far.tolist()[:EXAMPLES])),
                advice=advice(name, f"{{{rule}: {limit}}}"),
            )  # fmt: skip


def _beyond(distances: Floats) -> tuple[int, float] | None:
    """How many of one tail's distances are too large, and a bound between them and the rest."""
    top = np.sort(distances[distances > 0])[::-1]
    for count in range(_SPIKES, 0, -1):
        tail = np.log(top[count:])
        if len(tail) < _TAIL_AT_LEAST or len(np.unique(tail)) < _DISTINCT_AT_LEAST:
            continue
        index = float((tail - tail[-1])[:-1].mean())
        gap = math.log(top[count - 1]) - float(tail[0])
        degrees = len(tail) - 1
        by_chance = (1 + count * gap / (degrees * index)) ** -degrees if index else 0.0
        if gap > math.log(_TIMES) and by_chance < _BY_CHANCE:
            return count, math.sqrt(float(top[count - 1]) * float(top[count]))
    return None


def _rounded(number: float) -> str:
    """Two digits, as YAML takes it."""
    short = float(f"{number:.1e}")
    return str(int(short)) if short.is_integer() else str(short)
