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
    of_row, at = _shortened(row_time, time)
    entities = int(row_entity.max()) + 1
    if (entities * (int(of_row.max()) + 2)).bit_length() > _BITS:
        of_row, at = _ranked(row_time, time)
    width = int(of_row.max()) + 2
    there = (entity >= 0) & (entity < entities) & (at >= 0)
    asked = np.where(there, entity * width + np.clip(at, 0, width - 2), -1)
    place = _places(row_entity * width + of_row, asked)
    return np.where(there & (place >= 0) & (row_entity[place] == entity), place, -1)


def _shortened(known: Index, time: Index) -> tuple[Index, Index]:
    """Times counted from the first row's in the coarsest step that all rows lie on."""
    first = known.min()
    step = max(int(np.gcd.reduce(known - first)), 1)
    return (known - first) // step, (time - first) // step


def _ranked(known: Index, time: Index) -> tuple[Index, Index]:
    times, rank = np.unique(known, return_inverse=True)
    return rank.astype(np.int64), np.searchsorted(times, time, side="right") - 1


def _places(keys: Index, asked: Index) -> Index:
    """The last place whose key is at most the asked one; in the order of asking, since that is
    several times faster than at random."""
    order = np.argsort(asked)
    places = np.empty(len(asked), np.int64)
    places[order] = np.searchsorted(keys, asked[order], side="right") - 1
    return places
