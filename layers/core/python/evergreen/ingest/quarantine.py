"""Rows that cannot be typed: set aside with their reasons, or, if they are too many, refused."""

import io
import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.quality_report import Quarantined
from evergreen.contracts.table import Table, Time
from evergreen.errors import InvalidTable
from evergreen.ingest.columns import Gathered
from evergreen.ingest.gather import Gathering
from evergreen.ingest.times import UNITS, UNREADABLE

NO_NUMBER = "no number"
NO_TIME = "no time"

Times = dict[str, NDArray[np.int64]]
"""By column, the stated times of each row."""


class Aside(Struct, frozen=True, eq=False):
    """All that is set aside. ``raw`` are the rows as JSON text; ``mask`` is of those that could
    be read at all, shape (rows,)."""

    rows: tuple[Quarantined, ...]
    raw: tuple[str, ...]
    mask: NDArray[np.bool_]


def set_aside(gathering: Gathering, table: Table, times: Times) -> Aside:
    """Find the rows that cannot be typed.

    Raises:
        InvalidTable: they are more than ``clean.quarantine_at_most``; says which rows have what.
    """
    wrong: dict[int, tuple[str, str, str]] = {}
    for name, moments in times.items():
        for row in np.flatnonzero(moments == UNREADABLE).tolist():
            wrong.setdefault(row, (name, _text(gathering.columns[name], row), NO_TIME))
    for name in table.columns:
        column = gathering.columns[name]
        for row, text in zip(
            column.wrong.rows.tolist(), column.wrong.texts.to_pylist(), strict=True
        ):
            wrong.setdefault(row, (name, text, NO_NUMBER))
    lines = [(key, line) for key, found in gathering.ragged.items() for line in found]
    read = gathering.rows + gathering.broken
    places = sorted(wrong)
    found = [Quarantined(*gathering.origin(row), *wrong[row]) for row in places]
    found += [Quarantined(key, line.row, "", line.text[:1000], line.reason) for key, line in lines]
    if len(found) > table.clean.quarantine_at_most * read:
        raise InvalidTable(_too_many(found, read, table))
    mask = np.zeros(gathering.rows, np.bool_)
    mask[places] = True
    raw = [_row(gathering, table, row) for row in places]
    raw += ["{}" if table.personal else json.dumps({"line": line.text}) for _, line in lines]
    return Aside(_without_personal(found, table), tuple(raw), mask)


def to_parquet(aside: Aside) -> bytes:
    """The quarantine's file: source, row, column, text, reason and the raw row."""
    fields = ("source", "column", "text", "reason")
    columns = {
        name: pa.array([getattr(r, name) for r in aside.rows], pa.string()) for name in fields
    }
    columns["row"] = pa.array([r.row for r in aside.rows], pa.int64())
    columns["raw"] = pa.array(aside.raw, pa.string())
    order = ("source", "row", "column", "text", "reason", "raw")
    buffer = io.BytesIO()
    pq.write_table(pa.table({name: columns[name] for name in order}), buffer, compression="zstd")
    return buffer.getvalue()


def _too_many(found: list[Quarantined], read: int, table: Table) -> str:
    """The sentence about what most of them are."""
    (key, column, reason), _ = Counter((f.source, f.column, f.reason) for f in found).most_common(
        1
    )[0]
    alike = [f for f in found if (f.source, f.column, f.reason) == (key, column, reason)]
    if reason == NO_NUMBER:
        shown = ", ".join(f"row {f.row:,} has '{short(f.text)}'" for f in alike[:3])
        more = f" and {len(alike) - 3:,} more rows are like it" if len(alike) > 3 else ""
        return (
            f"{key}: column '{column}' must hold numbers, but {shown}{more}; write numbers with a "
            "decimal point, leave unknown ones empty, state words for them in "
            f"clean.columns.{column}.missing, or make the column a category in the {table.kind} "
            "file."
        )
    if reason == NO_TIME:
        time = _time(table, column)
        shown = ", ".join(f"'{short(f.text)}'" for f in alike[:3])
        return (
            f"{key}: {len(alike):,} of {read:,} values of the time column '{column}' cannot be "
            f"read as {UNITS[time.unit]}, such as {shown}; change the values or the time's unit or "
            f"format in the {table.kind} file."
        )
    first = alike[0]
    more = f" (and {len(found) - 1:,} more are broken)" if len(found) > 1 else ""
    return (
        f"{key}: line {first.row + 1} has {reason}{more}; quote fields that hold the delimiter."
        if "fields" in reason
        else f"{key}: row {first.row} is {reason}{more}; give one JSON object a line."
    )


def _time(table: Table, column: str) -> Time:
    return next(t for t in (table.time, table.created) if t and t.column == column)


def short(text: str) -> str:
    """At most 40 characters of a text."""
    return text if len(text) <= 40 else text[:37] + "..."


def _text(column: Gathered, row: int) -> str:
    if isinstance(column.values, pa.DictionaryArray):
        return str(column.values[row].as_py())
    place = int(np.searchsorted(column.wrong.rows, row))
    if place < len(column.wrong.rows) and column.wrong.rows[place] == row:
        return str(column.wrong.texts[place].as_py())
    return category_text(float(column.values[row]))


def _row(gathering: Gathering, table: Table, row: int) -> str:
    found = {n: _text(c, row) for n, c in gathering.columns.items() if n not in table.personal}
    return json.dumps(found, ensure_ascii=False)


def _without_personal(found: list[Quarantined], table: Table) -> tuple[Quarantined, ...]:
    """Nothing about a person is kept: not a personal column's text, not a line as it stood."""
    if not table.personal:
        return tuple(found)
    hidden = {*table.personal, ""}
    return tuple(
        Quarantined(f.source, f.row, f.column, "" if f.column in hidden else f.text, f.reason)
        for f in found
    )
