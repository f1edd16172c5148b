"""The join as of a time: an asked row gets the newest of its entity's rows that was known then."""

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

_BITS = 62
_STEPS = 8
"""Back from the last event, before the rows are sorted by when they were known."""


def as_of(
    entity: Index, time: Index, row_entity: Index, row_event: Index, row_known: Index
) -> Index:
    """The row of each asked (entity, time): known at or before the time, of those the greatest
    (event, known), of equal ones the last.

    Args:
        entity: codes of the asked entities, shape (n,); below 0 is no entity that has rows.
        time: nanoseconds since 1970, shape (n,).
        row_entity: codes from 0 on of the rows' entities, shape (m,), in any order.
        row_event: when each row's event was.
        row_known: when the row was known, which is never before its event.

    Returns:
        int64 row numbers of shape (n,); -1 where nothing was known.
    """
    if not len(row_entity) or not len(entity):
        return np.full(len(entity), -1, np.int64)
    order = _by_event(row_entity, row_event, row_known)
    rows = (row_entity[order], row_event[order], row_known[order])
    place = _last_until(entity, time, rows[0], rows[1])
    for _ in range(_STEPS):
        early = np.flatnonzero((place >= 0) & (rows[2][place] > time))
        if not len(early):
            break
        before = place[early] - 1
        place[early] = np.where((before >= 0) & (rows[0][before] == entity[early]), before, -1)
    early = np.flatnonzero((place >= 0) & (rows[2][place] > time))
    if len(early):
        place[early] = _newest_known(entity[early], time[early], rows[0], rows[2])
    return np.where(place < 0, -1, order[place])


def _by_event(entity: Index, event: Index, known: Index) -> Index:
    """The rows by entity, event and when known; they often are."""
    same, later = entity[1:] == entity[:-1], event[1:] > event[:-1]
    at_once = (event[1:] == event[:-1]) & (known[1:] >= known[:-1])
    if ((entity[1:] > entity[:-1]) | (same & (later | at_once))).all():
        return np.arange(len(entity))
    return np.lexsort((known, event, entity)).astype(np.int64)


def _newest_known(entity: Index, time: Index, row_entity: Index, row_known: Index) -> Index:
    """As :func:`as_of`, of rows by event, however long the last events were not known.

    By when they were known, the best row up to each is the greatest so far.
    """
    wanted = np.zeros(max(int(row_entity.max()), int(entity.max())) + 1, np.bool_)
    wanted[entity] = True
    rows = np.flatnonzero(wanted[row_entity])
    rows = rows[np.lexsort((row_known[rows], row_entity[rows]))]
    place = _last_until(entity, time, row_entity[rows], row_known[rows])
    best = np.maximum.accumulate(rows)
    return np.where(place < 0, -1, best[place])


def _last_until(entity: Index, time: Index, row_entity: Index, row_time: Index) -> Index:
    """The last of an entity's rows, which are in the order of (entity, time), that is not after
    each asked time; -1 without one."""
    entities = int(row_entity.max()) + 1
    line = Timeline(row_time, entities)
    there = (entity >= 0) & (entity < entities)
    asked = np.where(there, entity * line.width + line.last(time), -1)
    place = _places(row_entity * line.width + line.codes, asked)
    return np.where(there & (place >= 0) & (row_entity[place] == entity), place, -1)


class Timeline:
    """Times as whole numbers in their order, small enough that a time beside the code of one of
    ``entities`` is one int64, ``entity * width + code``.

    Attributes:
        codes: from 0 to ``width`` - 2, shape (n,).
    """

    def __init__(self, times: Index, entities: int) -> None:
        self._first = int(times.min(initial=np.iinfo(np.int64).max))
        self._step = max(int(np.gcd.reduce(times - self._first)), 1)
        self._times: Index | None = None
        self.codes: Index = (times - self._first) // self._step
        if (entities * (int(self.codes.max(initial=0)) + 2)).bit_length() > _BITS:
            self._times, ranks = np.unique(times, return_inverse=True)
            self.codes = ranks.astype(np.int64)
        self.width = int(self.codes.max(initial=0)) + 2

    def last(self, at: Index) -> Index:
        """The code of the last time that is not after each of ``at``, -1 before the first."""
        if self._times is not None:
            return np.searchsorted(self._times, at, side="right") - 1
        return np.clip((at - self._first) // self._step, -1, self.width - 2)


def _places(keys: Index, asked: Index) -> Index:
    """The last place whose key is at most the asked one; in the order of asking, since that is
    several times faster than at random."""
    order = np.argsort(asked)
    places = np.empty(len(asked), np.int64)
    places[order] = np.searchsorted(keys, asked[order], side="right") - 1
    return places
