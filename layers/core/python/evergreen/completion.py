"""A row that leaves out what serving knows: features of views, parts of its time, its past.

A column that the row has wins as it is. What it lacks is looked up by the row's entity, all rows
and views in one batch read, or derived from the row's time.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from msgspec import Struct

from evergreen.calendar_parts import calendar_part
from evergreen.canonical import category_text
from evergreen.cleaning import clean_text
from evergreen.contracts.model_file import Forecast
from evergreen.contracts.signature import Lookup, Signature
from evergreen.contracts.table import seconds
from evergreen.contracts.views import OnlineRow, entity_key, past_of
from evergreen.moment import nanoseconds
from evergreen.past import names, past
from evergreen.series import steps_of

Rows = list[dict[str, Any]]
Key = tuple[str, str]
Read = Callable[[list[Key]], dict[Key, OnlineRow]]

_SECOND = 10**9


class Gap(Struct, frozen=True):
    """What could not be completed, in a sentence. ``row`` counts from 0."""

    row: int
    column: str
    detail: str


class Found(Struct, frozen=True):
    """How many rows were completed from the online store or their time, how many of them from a
    stale entity or series, and how many name one that is unknown."""

    completed: int
    stale: int
    missing: int


class Completed(Struct, frozen=True, eq=False):
    """``looked_up`` names for each row the columns that the online store was asked for."""

    rows: Rows
    looked_up: list[tuple[str, ...]]
    found: Found
    gaps: list[Gap]


class Completion:
    """Completes the rows of one version."""

    def __init__(self, model: str, signature: Signature) -> None:
        self._signature = signature
        self._series = past_of(model)
        self._columns = {column.name: column for column in signature.inputs}
        time = signature.time.column if signature.time else ""
        self._time = time
        parts = {f"{time}.{part}": part for part in signature.calendar}
        self._calendar = {name: part for name, part in parts.items() if name in self._columns}
        self._past = [c.name for c in signature.inputs if c.origin == "past"]

    @property
    def needed(self) -> bool:
        """Whether the version has anything that a row may leave out."""
        return bool(self._signature.lookups or self._calendar or self._past)

    def complete(self, rows: Rows, read: Read, now: int) -> Completed:
        """The rows with what they left out; those given stay as they are.

        Args:
            read: an online store's.
            now: nanoseconds since 1970, for the age of an entity where a row has no time.
        """
        work = _Work(rows)
        asked = [(n, lookup, self._entity(lookup, n, work)) for n, lookup in self._open(work)]
        series = list(self._asked_series(work))
        wanted = dict.fromkeys([key for _, _, key in asked if key] + [key for _, key in series])
        known = read(list(wanted)) if wanted else {}
        for n, lookup, key in asked:
            if key:
                self._fill(work, n, lookup, known.get(key), now)
        self._fill_calendar(work)
        self._fill_past(work, [(n, known.get(key)) for n, key in series])
        return work.completed()

    def _open(self, work: "_Work") -> Iterator[tuple[int, Lookup]]:
        for lookup in self._signature.lookups:
            for n in work.lacking(list(lookup.inputs)):
                yield n, lookup

    def _entity(self, lookup: Lookup, n: int, work: "_Work") -> Key | None:
        row = work.rows[n]
        if lacking := [name for name in lookup.keys if name not in row]:
            column = next(name for name in lookup.inputs if name not in row)
            those = ", ".join(f"'{name}'" for name in lacking)
            work.gap(n, column, f"send it, or {those} to look it up in the view '{lookup.view}'.")
            return None
        return lookup.view, entity_key(self._text(name, row[name]) for name in lookup.keys)

    def _asked_series(self, work: "_Work") -> Iterator[tuple[int, Key]]:
        forecast = self._signature.forecast
        series = forecast.series if forecast else ()
        for n in work.lacking(self._past):
            row = work.rows[n]
            if lacking := [name for name in series if name not in row]:
                first = next(name for name in self._past if name not in row)
                those = ", ".join(f"'{name}'" for name in lacking)
                work.gap(n, first, f"send it, or {those} to look it up in the past of its series.")
                continue
            yield n, (self._series, entity_key(self._text(name, row[name]) for name in series))

    def _text(self, name: str, value: object) -> str:
        column = self._columns.get(name)
        text = category_text(value)
        return clean_text(column.rule, text) if column and column.rule else text

    def _fill(
        self, work: "_Work", n: int, lookup: Lookup, known: OnlineRow | None, now: int
    ) -> None:
        online = lookup.online
        stale = known is not None and self._is_stale(work.rows[n], lookup, known, now)
        work.note(n, missing=known is None, stale=stale)
        said = online.missing if known is None else online.stale if stale else "answer"
        if said == "refuse":
            which = "has a row of this entity that is too old" if known else "knows no such entity"
            for name in lookup.keys:
                work.gaps.append(Gap(n, name, f"The view '{lookup.view}' {which}."))
            return
        values = known.values if known and said == "answer" else {}
        for name, feature in lookup.inputs.items():
            self._give(work, n, name, values.get(feature))

    def _is_stale(self, row: dict[str, Any], lookup: Lookup, known: OnlineRow, now: int) -> bool:
        if lookup.online.stale_after is None:
            return False
        time = self._signature.time
        at = nanoseconds(row.get(time.column), time) if time else None
        age = (now if at is None else at) - known.event
        return age >= seconds(lookup.online.stale_after) * _SECOND

    def _give(self, work: "_Work", n: int, name: str, value: Any) -> None:
        """A value from the online store, unless the row has one of its own."""
        if name in work.rows[n]:
            return
        missing = value is None or value != value
        work.added[n][name] = None if missing else value
        work.looked_up[n].append(name)
        if missing and not self._columns[name].nullable:
            work.gaps.append(Gap(n, name, _NO_VALUE))

    def _fill_calendar(self, work: "_Work") -> None:
        columns = list(self._calendar)
        times = self._times(work, work.lacking(columns), columns)
        at = np.array(list(times.values()), dtype=np.int64)
        for name, part in self._calendar.items():
            for n, value in zip(times, calendar_part(at, part).tolist(), strict=True):
                if name not in work.rows[n]:
                    work.added[n][name] = value

    def _fill_past(self, work: "_Work", series: list[tuple[int, OnlineRow | None]]) -> None:
        forecast = self._signature.forecast
        if forecast is None:
            return
        step = seconds(forecast.step)
        times = self._times(work, [n for n, _ in series], self._past)
        groups: dict[str, tuple[OnlineRow, list[int]]] = {}
        for n, known in series:
            if n not in times:
                continue
            if known is None or known.values.get("step") != step:
                work.note(n, missing=True)
                for name in self._past:
                    self._give(work, n, name, None)
                continue
            if (times[n] - known.event) % (step * _SECOND):
                work.gaps.append(Gap(n, self._time, _OFF_GRID.format(step=forecast.step)))
                continue
            groups.setdefault(known.entity, (known, []))[1].append(n)
            work.note(n, stale=times[n] > known.event + forecast.horizon * step * _SECOND)
        for known, numbers in groups.values():
            self._fill_series(work, forecast, known, {n: times[n] for n in numbers})

    def _fill_series(
        self, work: "_Work", forecast: Forecast, known: OnlineRow, times: dict[int, int]
    ) -> None:
        at = np.array(list(times.values()), dtype=np.int64)
        columns = past(forecast, *steps_of(known), at)
        for name, column in zip(names(forecast, self._signature.target), columns, strict=True):
            for n, value in zip(times, column.tolist(), strict=True):
                self._give(work, n, name, value)

    def _times(self, work: "_Work", numbers: list[int], columns: list[str]) -> dict[int, int]:
        """The time of each of these rows, by row; what has none becomes a gap."""
        time, found = self._signature.time, {}
        if time is None:
            return {}
        for n in numbers:
            row = work.rows[n]
            if time.column not in row:
                first = next(name for name in columns if name not in row)
                work.gap(n, first, f"send it, or '{time.column}' to derive it from.")
                continue
            at = nanoseconds(row[time.column], time)
            if at is None:
                work.gaps.append(Gap(n, time.column, _UNREADABLE[time.unit]))
                continue
            found[n] = at
        return found


_NO_VALUE = "The online store has no value of it, and the model needs one; send the column."

_OFF_GRID = "The time is no whole number of steps of {step} from the past of its series."

_UNREADABLE = {
    "year": "The value is no year, such as 2026.",
    "date": "The value is no date of the model's format, such as 2026-01-31.",
    "timestamp": "The value is no time of the model's format, such as 2026-01-31T12:00:00Z.",
    "epoch": "The value counts no seconds since 1970, nor thousandths of them.",
}


class _Work:
    """What is done to the rows of one batch."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.added: Rows = [{} for _ in rows]
        self.looked_up: list[list[str]] = [[] for _ in rows]
        self.gaps: list[Gap] = []
        self._missing: set[int] = set()
        self._stale: set[int] = set()

    def lacking(self, columns: list[str]) -> list[int]:
        """Numbers of the rows that leave out any of the columns."""
        if not columns:
            return []
        wanted = set(columns)
        return [n for n, row in enumerate(self.rows) if not wanted <= row.keys()]

    def gap(self, n: int, column: str, instead: str) -> None:
        """The row has neither the column nor what it is made of."""
        self.gaps.append(Gap(n, column, f"The column is missing; {instead}"))

    def note(self, n: int, *, missing: bool = False, stale: bool = False) -> None:
        """Count the row among those of an unknown or stale entity."""
        if missing:
            self._missing.add(n)
        if stale:
            self._stale.add(n)

    def completed(self) -> Completed:
        """The rows with what was added to them."""
        both = zip(self.rows, self.added, strict=True)
        rows = [row | more if more else row for row, more in both]
        changed = sum(map(bool, self.added))
        found = Found(changed, len(self._stale), len(self._missing))
        looked_up = [tuple(names) for names in self.looked_up]
        return Completed(rows, looked_up, found, self.gaps)
