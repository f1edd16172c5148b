"""What was known at some events: all rows where none was late, else row by row.

Both ways give the same bits for the same rows, because sums are exact.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.view_file import Feature, ViewFile
from evergreen.features.events import Events, Windows, longest_lag, longest_window, nanoseconds
from evergreen.features.source import NEVER, Source
from evergreen.features.windows import (
    Floats,
    Index,
    Total,
    distinct,
    exact_sum,
    extreme,
    prefix_total,
)

PAIRS_AT_ONCE = 2_000_000
"""Rows of windows that are looked at one by one at a time; 100 bytes each."""

_PICK = {"min": np.fmin, "max": np.fmax}


class Known(ABC):
    """Events, each as of a time: event numbers and nanoseconds, shape (m,)."""

    def __init__(
        self, rows: Source, every: Events, windows: Windows, event: Index, known: Index
    ) -> None:
        self.event, self.known = event, known
        self._rows, self._every, self._windows = rows, every, windows
        self._begins: dict[int, Index] = {}

    def take(self, feature: Feature) -> NDArray[np.generic]:
        """The values of a feature that is made of a column: float64, or a category's codes."""
        values = self._rows.columns[feature.of]
        if feature.take in ("last", "lag"):
            return _at(values, self._last(feature.back if feature.take == "lag" else 0))
        length = nanoseconds(feature.over)
        if length not in self._begins:
            self._begins[length] = self._windows.begin(self.event, length)
        return self._aggregate(feature, values, self._begins[length], self._every.stop[self.event])

    @abstractmethod
    def _last(self, back: int) -> Index:
        """The row that stands for the event so many events before; -1 for none."""

    @abstractmethod
    def _aggregate(
        self, feature: Feature, values: NDArray[np.generic], begin: Index, stop: Index
    ) -> Floats:
        """The aggregate over each window."""


class _AllOfThem(Known):
    """Every row up to the event is known, and those that were replaced are out."""

    def _last(self, back: int) -> Index:
        event = self.event - back
        first = self._every.first[self.event]
        return np.where(event < first, -1, self._every.stop[np.maximum(event, first)] - 1)

    def _aggregate(
        self, feature: Feature, values: NDArray[np.generic], begin: Index, stop: Index
    ) -> Floats:
        stays = self._rows.until == NEVER
        if not stays.all():
            place = np.append(0, np.cumsum(stays))
            values, begin, stop = values[stays], place[begin], place[stop]
        if feature.take == "distinct":
            return distinct(_codes(values), begin, stop).astype(np.float64)
        if feature.take in _PICK:
            return extreme(values, begin, stop, _PICK[feature.take])
        return _summed(feature, values, prefix_total(begin, stop))


class _OneByOne(Known):
    """Some rows were not known yet, or not replaced yet: each window's rows are looked at."""

    def _last(self, back: int) -> Index:
        event = _back(self._every, self.event, self.known, back)
        row = np.where(event >= 0, self._every.stop[event] - 1, -1)
        while (early := (row >= 0) & (self._rows.created[row] > self.known)).any():
            row -= early
        return row

    def _aggregate(
        self, feature: Feature, values: NDArray[np.generic], begin: Index, stop: Index
    ) -> Floats:
        row, owner, starts = _pairs(begin, stop)
        at = self.known[owner]
        counts = (self._rows.created[row] <= at) & (at < self._rows.until[row])
        if feature.take == "distinct":
            codes = _codes(values)
            there, width = counts & (codes[row] >= 0), codes.max(initial=0) + 1
            pairs = np.unique(owner[there] * width + codes[row[there]])
            return np.bincount(pairs // width, minlength=len(begin)).astype(np.float64)
        there = np.where(counts, values[row], -1 if values.dtype.kind == "i" else np.nan)
        if feature.take in _PICK:
            return _PICK[feature.take].reduceat(there, starts)

        def total(whole: Index) -> Index:
            return np.add.reduceat(whole, starts)

        return _summed(feature, there, total)


def known_since_the_first(rows: Source, every: Events, windows: Windows, event: Index) -> Known:
    """Events of which nothing came late, as of when they were first known."""
    return _AllOfThem(rows, every, windows, event, every.known[event])


def versions(
    view: ViewFile, rows: Source, every: Events, windows: Windows, event: Index
) -> Iterator[Known]:
    """Events that late rows reach, as of each time at which a row in their reach was created."""
    reach = _reach(view, every, windows, event)
    for some in _portions(every.stop[event] - reach):
        numbers, known = _candidates(rows, every, event[some], reach[some])
        begin = windows.begin(numbers, longest_window(view))
        for part in _portions(every.stop[numbers] - begin):
            yield _OneByOne(rows, every, windows, numbers[part], known[part])


def _reach(view: ViewFile, every: Events, windows: Windows, event: Index) -> Index:
    """The first row that can change an event's values: where its longest window begins, or the
    event that its longest lag reached when it was first known. What comes to be known later only
    shortens that."""
    lagged = _back(every, event, every.known[event], longest_lag(view))
    lagged = np.where(lagged < 0, every.first[event], lagged)
    return np.minimum(windows.begin(event, longest_window(view)), every.start[lagged])


def _candidates(rows: Source, every: Events, event: Index, reach: Index) -> tuple[Index, Index]:
    """Each event with the distinct times from its first on at which a row in reach was created."""
    row, owner, _ = _pairs(reach, every.stop[event])
    number, created = event[owner], rows.created[row]
    after = created >= every.known[number]
    number, created = number[after], created[after]
    order = np.lexsort((created, number))
    number, created = number[order], created[order]
    new = np.ones(len(number), np.bool_)
    new[1:] = (number[1:] != number[:-1]) | (created[1:] != created[:-1])
    return number[new], created[new]


def _back(every: Events, event: Index, known: Index, steps: int) -> Index:
    """The event so many known ones before each event; -1 where there are not as many."""
    event, first = event.copy(), every.first[event]
    left = np.full(len(event), steps)
    while len(going := np.flatnonzero((left > 0) & (event >= 0))):
        event[going] = np.where(event[going] == first[going], -1, event[going] - 1)
        there = going[event[going] >= 0]
        left[there] -= every.known[event[there]] <= known[there]
    return event


def _pairs(begin: Index, stop: Index) -> tuple[Index, Index, Index]:
    """Each window's rows, the number of their window, and where each window starts among them."""
    lengths = stop - begin
    starts = np.cumsum(lengths) - lengths
    row = np.arange(lengths.sum()) - np.repeat(starts - begin, lengths)
    return row, np.repeat(np.arange(len(begin)), lengths), starts


def _portions(lengths: Index) -> Iterator[slice]:
    """Neighbours that have at most :data:`PAIRS_AT_ONCE` rows together, or are alone."""
    total, start = np.cumsum(lengths), 0
    while start < len(lengths):
        before = total[start] - lengths[start]
        stop = max(start + 1, int(np.searchsorted(total, before + PAIRS_AT_ONCE, side="right")))
        yield slice(start, stop)
        start = stop


def _summed(feature: Feature, values: NDArray[np.generic], total: Total) -> Floats:
    """Count, sum or mean of the values that are there."""
    there = _codes(values) >= 0 if values.dtype.kind == "i" else ~np.isnan(_floats(values))
    count = total(there.astype(np.int64)).astype(np.float64)
    if feature.take == "count":
        return count
    known = exact_sum(np.where(there, _floats(values), 0.0), total)
    count = np.where(count == 0, np.nan, count)
    return known / count if feature.take == "mean" else np.where(np.isnan(count), np.nan, known)


def _at(values: NDArray[np.generic], row: Index) -> NDArray[np.generic]:
    """The values of rows; missing for row -1."""
    missing = -1 if values.dtype.kind == "i" else np.nan
    return np.where(row < 0, np.asarray(missing, values.dtype), values[row])


def _floats(values: NDArray[np.generic]) -> Floats:
    return values.astype(np.float64, copy=False)


def _codes(values: NDArray[np.generic]) -> Index:
    """Codes of a category, or of numbers (equal ones alike); -1 where missing."""
    if values.dtype.kind == "i":
        return values.astype(np.int64, copy=False)
    found = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return np.where(np.isnan(_floats(values)), -1, found)
