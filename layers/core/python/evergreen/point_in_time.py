"""The join as of a time: an asked row gets the newest of its entity's rows that was known then."""

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]

_BITS = 62


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
    known, at = _shortened(row_known, time)
    entities = int(row_entity.max()) + 1
    if (entities * (int(known.max()) + 2)).bit_length() > _BITS:
        known, at = _ranked(row_known, time)
    width = int(known.max()) + 2
    order, keys, best = _newest_until(row_entity * width + known, row_entity, row_event)
    there = (entity >= 0) & (entity < entities) & (at >= 0)
    place = _places(keys, np.where(there, entity * width + np.clip(at, 0, width - 2), -1))
    found = order[best[place]]
    return np.where(there & (place >= 0) & (row_entity[found] == entity), found, -1)


def _shortened(known: Index, time: Index) -> tuple[Index, Index]:
    """Times counted from the first row's in the coarsest step that all rows lie on."""
    first = known.min()
    step = max(int(np.gcd.reduce(known - first)), 1)
    return (known - first) // step, (time - first) // step


def _ranked(known: Index, time: Index) -> tuple[Index, Index]:
    times, rank = np.unique(known, return_inverse=True)
    return rank.astype(np.int64), np.searchsorted(times, time, side="right") - 1


def _newest_until(key: Index, entity: Index, event: Index) -> tuple[Index, Index, Index]:
    """Rows in the order of (entity, known), their keys, and for each place the place of the row
    that has the greatest (event, known) of its entity's rows up to there."""
    order = np.arange(len(key)) if _ascending(key) else np.argsort(key, kind="stable")
    key, entity, event = key[order], entity[order], event[order]
    behind = (entity[1:] == entity[:-1]) & (event[1:] < event[:-1])
    best = np.arange(len(order))
    if behind.any():
        by_event = np.lexsort((best, event, entity))
        rank = np.empty_like(by_event)
        rank[by_event] = np.arange(len(by_event))
        best = by_event[np.maximum.accumulate(rank)]
    return order.astype(np.int64), key, best


def _ascending(key: Index) -> bool:
    return bool((key[1:] >= key[:-1]).all())


def _places(keys: Index, asked: Index) -> Index:
    """The last place whose key is at most the asked one; in the order of asking, since that is
    several times faster than at random."""
    order = np.argsort(asked)
    places = np.empty(len(asked), np.int64)
    places[order] = np.searchsorted(keys, asked[order], side="right") - 1
    return places
