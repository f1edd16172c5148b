"""Features of one view for rows of an entity and a time, each as known then."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import Partition
from evergreen.features.events import nanoseconds
from evergreen.features.months import begin, end
from evergreen.features.source import category_codes, encoded
from evergreen.point_in_time import Index, as_of
from evergreen.ports import ObjectStore


class Asked(Struct, frozen=True, eq=False):
    """n rows to join: their entity, a column of text for each of the view's; their times; and the
    times at which the features must have been known (nanoseconds)."""

    entity: tuple[Categories, ...]
    time: Index
    known: Index


class Answer(Struct, frozen=True, eq=False):
    """By feature, float64 with NaN or Categories with "" where nothing was known, or nothing fresh
    enough; and how many rows those are."""

    columns: dict[str, Values]
    rows_without: int


def join_view(
    store: ObjectStore,
    view: ViewFile,
    partitions: tuple[Partition, ...],
    features: tuple[str, ...],
    asked: Asked,
) -> Answer:
    """Join the newest feature row known at each asked row's time.

    Months are read from the newest back, each once and only while rows are open: what a month
    answers no earlier one can answer better, since a row's month is its event's. A row that is as
    old as ``online.stale_after`` answers as at serving; a refusal there is a missing value here.
    """
    entities = _Entities(asked.entity)
    made = {name: _Column(view.types[name], len(asked.time)) for name in features}
    fresh_after = _fresh_after(view, asked.time)
    answered, is_open = np.zeros(len(asked.time), np.bool_), entities.code >= 0
    for part in sorted(partitions, key=lambda each: each.month, reverse=True):
        is_open &= fresh_after < end(part.month) - 1
        rows = np.flatnonzero(is_open & (asked.known >= begin(part.month)))
        if not len(rows):
            continue
        table = _read(store, view, part, features)
        place, event = _found(view, table, entities, rows, asked.known[rows])
        is_open[rows[place >= 0]] = False
        fresh = (place >= 0) & (event > fresh_after[rows])
        answered[rows[fresh]] = True
        for name, column in made.items():
            column.fill(rows[fresh], table[name], place[fresh])
    without = len(answered) - int(answered.sum())
    return Answer({name: column.values for name, column in made.items()}, without)


def _fresh_after(view: ViewFile, time: Index) -> Index:
    """Events after this are not too old to answer."""
    if view.online.stale_after is None or view.online.stale == "answer":
        return np.full(len(time), np.iinfo(np.int64).min)
    return time - nanoseconds(view.online.stale_after)


def _read(
    store: ObjectStore, view: ViewFile, part: Partition, features: tuple[str, ...]
) -> pa.Table:
    texts = [name for name in features if view.types[name] == "category"]
    body = pa.BufferReader(store.read(part.key))
    file = pq.ParquetFile(body, read_dictionary=[*view.entity, *texts])
    return file.read(list(dict.fromkeys([*view.entity, TIME, CREATED, *features])))


def _found(
    view: ViewFile, table: pa.Table, entities: "_Entities", rows: Index, known: Index
) -> tuple[Index, Index]:
    """The table's row for each asked one, -1 without; and its event."""
    codes = entities.codes([table[name] for name in view.entity])
    mine = np.flatnonzero(codes >= 0)
    event, created = (table[name].to_numpy() for name in (TIME, CREATED))
    place = as_of(entities.code[rows], known, codes[mine], event[mine], created[mine])
    found = np.where(place >= 0, np.append(mine, -1)[place], -1)
    return found, np.append(event, 0)[found]


class _Entities:
    """Asked entities as one code each, -1 where a column is missing."""

    def __init__(self, columns: tuple[Categories, ...]) -> None:
        self._known: list[tuple[pa.Array, Index]] = []
        code, missing = np.zeros(len(columns[0]), np.int64), np.zeros(len(columns[0]), np.bool_)
        for column in columns:
            codes = column.codes.astype(np.int64)
            missing |= np.array([not text for text in column.values] or [True])[codes]
            known, code = np.unique(code * len(column.values) + codes, return_inverse=True)
            self._known.append((pa.array(column.values, pa.string()), known))
        self.code = np.where(missing, -1, code)

    def codes(self, columns: list[pa.ChunkedArray]) -> Index:
        """The codes of other rows' entities; -1 for one that nobody asked for."""
        code = np.zeros(len(columns[0]), np.int64)
        for column, (asked, known) in zip(columns, self._known, strict=True):
            texts = encoded(column)
            there = pc.index_in(texts.dictionary, value_set=asked).fill_null(-1)
            place = there.to_numpy(zero_copy_only=False).astype(np.int64)[texts.indices]
            both = np.where((place < 0) | (code < 0), -1, code * len(asked) + place)
            at = np.minimum(np.searchsorted(known, both), len(known) - 1)
            code = np.where(known[at] == both, at, -1)
        return code


class _Column:
    """A feature of n rows, filled month by month."""

    def __init__(self, kind: str, rows: int) -> None:
        self._texts: dict[str, int] | None = {"": 0} if kind == "category" else None
        self._values: NDArray[Any] = np.full(rows, np.nan)
        if self._texts is not None:
            self._values = np.zeros(rows, np.int32)

    def fill(self, rows: Index, column: pa.ChunkedArray, place: Index) -> None:
        """Set ``rows`` to what stands at ``place`` of a month's column."""
        if self._texts is None:
            self._values[rows] = column.to_numpy()[place]
            return
        codes, texts = category_codes(column)
        mine = [self._texts.setdefault(text, len(self._texts)) for text in texts]
        self._values[rows] = np.array([*mine, 0], np.int32)[codes[place]]

    @property
    def values(self) -> Values:
        """The column as it is filled."""
        return self._values if self._texts is None else Categories(self._values, tuple(self._texts))
