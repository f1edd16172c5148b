"""The rules of a table, applied to its gathered columns. What each of them did is counted."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.cleaning import clean_numbers, rule_of, text_cleaner
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.quality_report import Finding
from evergreen.contracts.table import ColumnRule, Table, Time
from evergreen.errors import InvalidTable
from evergreen.ingest import findings, guesses
from evergreen.ingest.cleaned import ColumnType
from evergreen.ingest.columns import Gathered
from evergreen.ingest.gather import Gathering
from evergreen.ingest.personal import as_text
from evergreen.ingest.quarantine import Aside
from evergreen.ingest.repeats import by_chance, repeated_rows
from evergreen.ingest.times import UNREADABLE, moments
from evergreen.ingest.values import recoded

CHARACTERS_AT_MOST = 128
"""Longest category that a file states. Longer ones are prose, and fixed-width text arrays would
grow with them."""

SET_ASIDE = "set aside in the quarantine, as it cannot be typed"
REPEATED = "the whole row repeats an earlier one"
REPEATED_KEY = "another row has the same key"

_PLACES_AT_MOST = 2**31
"""From here on places are numbered anew, so that they never leave 64 bits."""

Mask = NDArray[np.bool_]


class Clean(Struct, frozen=True, eq=False):
    """Typed columns after their rules, all rows still there, and the rows that a rule drops."""

    rows: pa.Table
    types: dict[str, ColumnType]
    guessed: dict[str, Time]
    drops: dict[str, Mask]
    findings: tuple[Finding, ...]


class Times(Struct, frozen=True, eq=False):
    """The table's time and created time, by column: int64 nanoseconds of each row."""

    values: dict[str, NDArray[np.int64]]
    findings: tuple[Finding, ...]


def stated_times(gathering: Gathering, table: Table) -> Times:
    """Read the times that the file states; a row that has none is ``UNREADABLE``."""
    found: dict[str, NDArray[np.int64]] = {}
    told: list[Finding] = []
    for time in (table.time, table.created):
        if time and time.column not in found:
            codes = as_text(gathering.columns[time.column])
            rows = codes.indices.to_numpy()
            read = moments(codes.dictionary, time)
            found[time.column] = read.values[rows]
            told += findings.of_times(time.column, codes, read.twice, read.never)
    return Times(found, tuple(told))


def clean(
    gathering: Gathering,
    table: Table,
    times: Times,
    aside: Aside,
    sourced: int,
) -> Clean:
    """Apply the rules; the gathered columns are given up one by one.

    Args:
        sourced: how many of the rows came from sources, so may repeat as a whole.

    Raises:
        InvalidTable: a category is far too long, a column of the key is not there, or its rows
            repeat and the file says to stop.
    """
    drops = {SET_ASIDE: aside.mask}
    told = [*times.findings, *findings.of_header(gathering.renamed)]
    if table.clean.repeated_rows != "keep":
        repeated = repeated_rows(gathering, sourced)
        stated = table.clean.repeated_rows == "drop"
        kept = not stated and by_chance(gathering, repeated)
        told += findings.of_repeated_rows(repeated, kept=kept)
        drops |= {} if kept else {REPEATED: repeated}
    types: dict[str, ColumnType] = {}
    made: dict[str, pa.Array] = {}
    guessed: dict[str, Time] = {}
    for name in (*table.columns, *(n for n in gathering.columns if n not in table.columns)):
        column = gathering.columns.pop(name)
        told += findings.of_words(name, column, name in table.columns)
        if name not in table.columns and (found := _guessed(name, column, told)):
            guessed[name] = found.time
            types[name] = "time"
            made[name] = pa.array(found.values, mask=found.values == UNREADABLE)
        else:
            rule = rule_of(table.clean, name)
            types[name], made[name] = _values(name, column, rule, table, told)
    made[TIME] = pa.array(_moments(times.values, table.time, gathering.rows))
    if table.created:
        made[CREATED] = pa.array(_moments(times.values, table.created, gathering.rows))
    rows = pa.table(made)
    if table.clean.key:
        lost = _repeated_keys(rows, table, aside.mask | drops.get(REPEATED, False))
        told += findings.of_keys(rows, table.clean, lost)
        if table.clean.repeated_keys != "keep":
            drops[REPEATED_KEY] = lost
    return Clean(rows, types, guessed, drops, tuple(told))


def _guessed(name: str, column: Gathered, told: list[Finding]) -> guesses.Guess | None:
    """The moments of each row of a column of times, None of any other column."""
    if isinstance(column.values, np.ndarray):
        return None if len(column.wrong.rows) else guesses.of_numbers(name, column.values)
    codes = column.values
    if not (found := guesses.of_texts(name, codes.dictionary)):
        return None
    unread = (found.values == UNREADABLE) & pc.not_equal(codes.dictionary, "").to_numpy(False)
    told += findings.of_words_among_times(name, codes, unread)
    return guesses.Guess(found.values[codes.indices.to_numpy()], found.time)


def _values(
    name: str, column: Gathered, rule: ColumnRule | None, table: Table, told: list[Finding]
) -> tuple[ColumnType, pa.Array]:
    if isinstance(column.values, np.ndarray):
        values = column.values
        if rule:
            values = clean_numbers(rule, values)
            told += findings.of_number_rule(name, rule, column.values, values)
        return "number", pa.array(values, mask=np.isnan(values))
    codes = column.values
    if rule:
        after = list(map(text_cleaner(rule), codes.dictionary.to_pylist()))
        told += findings.of_text_rule(name, codes, after)
        codes = recoded(codes, pa.array(after, pa.string()))
    if name in table.columns:
        _require_short(name, codes.dictionary.to_pylist())
    return "category", codes


def _require_short(name: str, texts: list[str]) -> None:
    longest = max(map(len, texts), default=0)
    if longest > CHARACTERS_AT_MOST:
        raise InvalidTable(
            f"The column '{name}' holds a text of {longest:,} characters, but a category has up to "
            f"{CHARACTERS_AT_MOST}; exclude the column or shorten its values."
        )


def _moments(
    times: dict[str, NDArray[np.int64]], time: Time | None, rows: int
) -> NDArray[np.int64]:
    return times[time.column] if time else np.zeros(rows, np.int64)


def _repeated_keys(rows: pa.Table, table: Table, gone: Mask) -> Mask:
    """Rows that lose against another of their key; a row that lacks a part of it has none."""
    lacking = [name for name in table.clean.key if name not in rows.column_names]
    if lacking:
        raise InvalidTable(
            f"clean.key names '{lacking[0]}', which is no column of the sources; name columns that "
            "they have."
        )
    place, lacks = _key_places([rows.column(name) for name in table.clean.key])
    named = np.flatnonzero(~(gone | lacks))
    if table.created:
        named = named[np.argsort(rows.column(CREATED).to_numpy()[named], kind="stable")]
    keep = "first" if table.clean.repeated_keys == "first" else "last"
    found = np.zeros(rows.num_rows, np.bool_)
    found[named[pd.Series(place[named]).duplicated(keep).to_numpy()]] = True
    if found.any() and table.clean.repeated_keys == "stop":
        shown = findings.key_of(rows, table.clean, int(np.flatnonzero(found)[0]))
        raise InvalidTable(
            f"{int(found.sum()):,} rows repeat the key of another, such as {shown}; mend the "
            "table, or let clean.repeated_keys keep the first or the last."
        )
    return found


def _key_places(columns: list[pa.ChunkedArray]) -> tuple[NDArray[np.int64], Mask]:
    """A number for each distinct key, and the rows that lack a part of theirs."""
    place = np.zeros(len(columns[0]), np.int64)
    lacks = np.zeros(len(place), np.bool_)
    for column in columns:
        part = _key_part(column)
        lacks |= part < 0
        place = place * (int(part.max(initial=0)) + 1) + np.maximum(part, 0)
        if place.max(initial=0) > _PLACES_AT_MOST:
            place = pd.factorize(place)[0].astype(np.int64)
    return place, lacks


def _key_part(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """A code for each distinct value, -1 for a missing one."""
    values = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        codes: NDArray[np.int64] = pd.factorize(values.to_numpy(zero_copy_only=False))[0]
        return codes
    known = np.arange(len(values.dictionary))
    known[np.array(values.dictionary.to_pylist(), dtype=object) == ""] = -1
    found: NDArray[np.int64] = known[values.indices.to_numpy()]
    return found
