"""Events of a view, and how far back each of them looks."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.table import seconds
from evergreen.contracts.view_file import ViewFile
from evergreen.features.source import Source
from evergreen.features.windows import Index, extreme
from evergreen.point_in_time import Timeline

Mask = NDArray[np.bool_]


class Events(Struct, frozen=True, eq=False):
    """The m distinct events of the entities, in the source's order.

    Event i is rows ``start[i]`` up to, not with, ``stop[i]`` of the source. ``known`` is when its
    first row was; ``first`` the number of its entity's first event.
    """

    entity: Index
    time: Index
    known: Index
    start: Index
    stop: Index
    first: Index


def events(rows: Source) -> Events:
    """The events of source rows."""
    new = (rows.entity[1:] != rows.entity[:-1]) | (rows.event[1:] != rows.event[:-1])
    start = np.flatnonzero(np.append(np.ones(min(len(rows.event), 1), np.bool_), new))
    entity = rows.entity[start]
    first = np.searchsorted(entity, entity)
    stop = np.append(start[1:], len(rows.event))[: len(start)]
    return Events(entity, rows.event[start], rows.created[start], start, stop, first)


def nanoseconds(duration: str | None) -> int:
    """Of a window; 0 of none."""
    return seconds(duration) * 10**9 if duration else 0


def longest_window(view: ViewFile) -> int:
    """Nanoseconds of the view's longest window, 0 without any."""
    return max(nanoseconds(feature.over) for feature in view.features.values())


def longest_lag(view: ViewFile) -> int:
    """How many events back the view looks at most."""
    lags = (f.back for f in view.features.values() if f.of and f.take == "lag")
    return max(lags, default=0)


class Windows:
    """Where the windows of events begin."""

    def __init__(self, rows: Source, every: Events) -> None:
        self._line = Timeline(rows.event, len(every.entity))
        self._keys = rows.entity * self._line.width + self._line.codes
        self._every = every

    def begin(self, at: Index, length: int) -> Index:
        """The first row in the window of ``length`` nanoseconds that ends with each event."""
        before = self._line.last(self._every.time[at] - length)
        keys = self._every.entity[at] * self._line.width + before
        found: Index = np.searchsorted(self._keys, keys, side="right")
        return found


def late(view: ViewFile, rows: Source, every: Events, windows: Windows, at: Index) -> Mask:
    """Which of the events ``at`` saw less, when they were first known, than is known now.

    Returns:
        A mask over ``at``: some row in one of the event's windows, among the events that its lags
        reach, or of the event itself was created after the event was first known.
    """
    reach = windows.begin(at, longest_window(view)) if longest_window(view) else every.start[at]
    lagged = every.start[np.maximum(at - longest_lag(view), every.first[at])]
    newest = extreme(rows.created, np.minimum(reach, lagged), every.stop[at], np.maximum)
    found: Mask = newest > every.known[at]
    return found
