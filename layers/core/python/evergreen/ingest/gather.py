"""All of a run's sources as whole columns, read a batch at a time."""

import difflib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.cleaning import missing_words, rule_of
from evergreen.contracts.dataset import SourceReport
from evergreen.contracts.table import ColumnRule, Table
from evergreen.errors import Conflict, InvalidTable
from evergreen.ingest.batches import Ragged, Reading
from evergreen.ingest.columns import Column, Gathered
from evergreen.ingest.sources import File
from evergreen.ingest.stream import ahead
from evergreen.ports import ObjectStore

LABELLED = "captures"
"""The source of labelled predictions."""


class Gathering(Struct, frozen=True, eq=False):
    """What the sources held, in their order, labelled predictions last.

    ``ends`` is for each source (the captures too) the number of rows up to its end; ``ragged``
    are lines that became no row, by source; ``renamed`` header names that were mended.
    """

    columns: dict[str, Gathered]
    sources: tuple[SourceReport, ...]
    names: tuple[str, ...]
    ends: NDArray[np.int64]
    ragged: dict[str, tuple[Ragged, ...]]
    renamed: dict[str, str]

    @property
    def rows(self) -> int:
        """Rows of all columns."""
        return int(self.ends[-1]) if len(self.ends) else 0

    @property
    def broken(self) -> int:
        """Lines that became no row."""
        return sum(map(len, self.ragged.values()))

    @property
    def sourced(self) -> int:
        """Rows that came from files; the others are labelled predictions."""
        return sum(source.rows for source in self.sources) - self.broken

    def origin(self, row: int) -> tuple[str, int]:
        """Where a row stood: its source, and its number there from 1, ragged lines counted."""
        place = int(np.searchsorted(self.ends, row, side="right"))
        number = row - (int(self.ends[place - 1]) if place else 0) + 1
        for line in self.ragged.get(self.names[place], ()):
            number += line.row <= number
        return self.names[place], number


def gather(
    store: ObjectStore, files: Iterable[File], table: Table, labelled: pa.Table | None
) -> Gathering:
    """Read every file, and once more those columns whose type only their end showed.

    Raises:
        InvalidTable: a file is no table, or lacks a column.
        Conflict: a file was replaced meanwhile.
    """
    files = tuple(files)
    columns, readings = _read(store, files, table, None)
    again = frozenset(name for name, column in columns.items() if column.unsure)
    if again:
        second, later = _read(store, files, table, again)
        if [each.sha256 for each in later] != [each.sha256 for each in readings]:
            raise Conflict("A source was replaced while it was read; start the run again.")
        columns |= second
    ends = [reading.rows for reading in readings]
    if labelled is not None:
        for name, column in columns.items():
            _add(column, labelled, name)
        ends.append(labelled.num_rows)
    return Gathering(
        {name: column.gathered() for name, column in columns.items()},
        tuple(SourceReport(r.key, r.bytes, r.sha256, r.rows + len(r.ragged)) for r in readings),
        tuple(r.key for r in readings) + ((LABELLED,) if labelled is not None else ()),
        np.cumsum(ends, dtype=np.int64),
        {r.key: tuple(r.ragged) for r in readings},
        {name: used for r in readings for name, used in r.header.items()},
    )


def _add(column: Column, labelled: pa.Table, name: str) -> None:
    if name not in labelled.column_names:
        column.lack(labelled.num_rows)
        return
    for chunk in labelled.column(name).chunks:
        column.add(chunk)


def _read(
    store: ObjectStore, files: tuple[File, ...], table: Table, only: frozenset[str] | None
) -> tuple[dict[str, Column], list[Reading]]:
    """Columns of all files; of those in ``only`` alone, as categories, where that is given."""
    columns: dict[str, Column] = {}
    if not files:
        columns = {name: _column(table, name, only) for name in table.columns}
    readings = []
    before = 0
    for file in files:
        reading = Reading(store, file.key, file.bytes)
        names: dict[str, None] = {}
        for batch in ahead(reading.batches()):
            names |= dict.fromkeys(batch.schema.names)
            _take(columns, table, only, batch, before)
            before += batch.num_rows
        require_columns(file.key, list(names), table)
        readings.append(reading)
    return columns, readings


def _take(
    columns: dict[str, Column],
    table: Table,
    only: frozenset[str] | None,
    batch: pa.RecordBatch,
    before: int,
) -> None:
    for name, cells in zip(batch.schema.names, batch.columns, strict=True):
        if only is None or name in only:
            if name not in columns:
                columns[name] = _column(table, name, only)
                columns[name].lack(before)
            columns[name].add(cells)
    for column in columns.values():
        column.lack(before + batch.num_rows - column.rows)


def _column(table: Table, name: str, only: frozenset[str] | None) -> Column:
    rule = rule_of(table.clean, name) or ColumnRule()
    return Column("category" if only is not None else table.columns.get(name), missing_words(rule))


def require_columns(key: str, names: list[str], table: Table) -> None:
    """Check that a source has every column that the file states.

    Raises:
        InvalidTable: names what is lacking, and columns of the source that are spelt alike.
    """
    lacking = [name for name in table.columns if name not in names]
    if not lacking:
        return
    close = {n: difflib.get_close_matches(n, names, n=1) for n in lacking}
    hints = [f"'{found[0]}' is close to '{name}'" for name, found in close.items() if found]
    named = ", ".join(f"'{name}'" for name in lacking)
    has = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    raise InvalidTable(
        f"{key} lacks the column(s) {named} that the {table.kind} file needs; "
        f"{'; '.join(hints) or f'it has {has}'}."
    )
