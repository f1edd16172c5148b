"""What a model file or a view file states about the table it is fed with.

Types, cleaning rules, expectations and personal columns mean the same in both; ``ingest`` knows
neither file, only a :class:`Table`.
"""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

FeatureType = Literal["number", "category"]
Severity = Literal["stop", "warn"]
Duration = Annotated[str, Meta(pattern=r"^[1-9][0-9]*(s|min|h|d)$")]
"""A span of time: ``90s``, ``30min``, ``6h``, ``28d``."""

_Share = Annotated[float, Meta(ge=0, le=1)]
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def seconds(duration: str) -> int:
    """The seconds of a :data:`Duration`."""
    number, unit = re.fullmatch(r"(\d+)(\D+)", duration).groups()  # type: ignore[union-attr]
    return int(number) * _SECONDS[unit]


class Time(Struct, frozen=True, forbid_unknown_fields=True):
    """A column of times.

    ``year`` reads 1999 as 1999-01-01; ``epoch`` counts seconds, milliseconds, microseconds or
    nanoseconds since 1970, whichever gives times between 1971 and 2200. The others parse ISO 8601,
    and what the whole column shows to be day.month.year, day/month/year or month/day/year.
    """

    column: str
    unit: Literal["year", "date", "timestamp", "epoch"] = "timestamp"
    format: str = ""
    """As ``strptime`` takes it, where a column's dates could be read in two ways."""
    zone: str = "UTC"
    """The zone (IANA) of times that name none."""


class ColumnRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How one column's values are cleaned, at ingest and, for a feature, of a request alike."""

    missing: tuple[str | int | float, ...] = ()
    """Values that mean there is none: ``"?"``, ``-999``."""
    at_least: float | None = None
    at_most: float | None = None
    """A number outside these is no measurement, and becomes missing."""
    case: Literal["keep", "lower", "upper"] = "keep"
    spellings: dict[str, str] = {}
    """Another spelling of a category, and the one to use; looked up after ``case``."""


class Clean(Struct, frozen=True, forbid_unknown_fields=True):
    """The rules that a table is cleaned by. The report counts what each of them did."""

    missing: tuple[str, ...] = ()
    """Text that means there is no value in any column, beside the usual words."""
    columns: dict[str, ColumnRule] = {}
    repeated_rows: Literal["auto", "drop", "keep"] = "auto"
    """Rows that repeat an earlier one as a whole; by default dropped, unless the columns have so
    few values that rows are equal by chance."""
    key: tuple[str, ...] = ()
    """Columns that together name a row."""
    repeated_keys: Literal["first", "last", "keep", "stop"] = "last"
    """Which row of an equal key stays; the created time orders them where there is one, else the
    sources' order."""
    quarantine_at_most: _Share = 0.05
    """Share of the rows that may go to the quarantine because they cannot be typed."""


class ColumnExpectation(Struct, frozen=True, forbid_unknown_fields=True):
    """What a cleaned column must look like."""

    at_least: float | None = None
    at_most: float | None = None
    allowed: tuple[str | int | float | bool, ...] = ()
    missing_at_most: _Share | None = None
    unique: bool = False
    on_breach: Severity = "stop"


class Expect(Struct, frozen=True, forbid_unknown_fields=True):
    """What a dataset version must look like before anything is learned from it."""

    columns: dict[str, ColumnExpectation] = {}
    rows_at_least: Annotated[int, Meta(ge=1)] | None = None
    rows_change_at_most: Annotated[float, Meta(ge=0)] | None = None
    """Change of the number of rows against the last version, as a share of that one's."""
    newest_within: Duration | None = None
    """How old the newest row may be when it is ingested."""
    schema_change: Severity | Literal["allow"] = "warn"
    """A column of the last version's sources that is gone, is new, or holds another type."""
    leakage: Severity | Literal["allow"] = "warn"
    """A feature that may know the outcome."""
    on_breach: Severity = "stop"
    """For ``rows_at_least``, ``rows_change_at_most`` and ``newest_within``."""


Privacy = Literal["drop", "hash"]
"""``drop`` forgets a personal column at ingest; ``hash`` keeps a keyed digest of each value."""


def stated_of_dropped(personal: dict[str, Privacy], clean: Clean, expect: Expect) -> str:
    """What is stated of a column that is dropped, which nothing will ever see; "" if nothing is."""
    said = (
        *(f"clean.columns.{name}" for name in clean.columns if personal.get(name) == "drop"),
        *(f"clean.key's {name}" for name in clean.key if personal.get(name) == "drop"),
        *(f"expect.columns.{name}" for name in expect.columns if personal.get(name) == "drop"),
    )
    return next(iter(said), "")


class Table(Struct, frozen=True, kw_only=True):
    """A source table as ``ingest`` sees it, whoever states it.

    ``columns`` must be there and are what ``data.parquet`` holds, in this order. ``target`` is
    one of them, or empty; a row without it is dropped.
    """

    kind: Literal["model", "view"]
    name: str
    columns: dict[str, FeatureType]
    uses: dict[str, str]
    """What each column is for, in words: ``feature``, ``target``, ``time, group``."""
    time: Time | None = None
    created: Time | None = None
    target: str = ""
    exclude: dict[str, str] = {}
    personal: dict[str, Privacy] = {}
    clean: Clean = Clean()
    expect: Expect = Expect()
