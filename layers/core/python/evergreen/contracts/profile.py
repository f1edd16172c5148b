"""The baseline that a drift check compares with: small, and stored beside the model version.

A window of served rows is counted in the baseline's own bins, so that windows are merged by adding
their counts: hours to days, days to weeks, exactly.
"""

from msgspec import Struct

FORMAT = 2
"""Of what ``features`` writes. Profiles of an earlier format have deciles only."""


class NumberProfile(Struct, frozen=True, tag="number"):
    """``edges`` are the inner bin edges (quantiles of the rows, float32); ``counts`` has one more.

    Bin i holds edges[i-1] < value <= edges[i]. ``coarse`` are the places in ``edges`` of the
    deciles, whose bins the stability index and people look at; without it all of them are.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int
    coarse: tuple[int, ...] = ()
    mean: float = 0.0
    """Of the values that are there."""
    deviation: float = 0.0
    """Their standard deviation."""


class CategoryProfile(Struct, frozen=True, tag="category"):
    """Rows by known value; ``missing`` ones apart."""

    counts: dict[str, int]
    missing: int


ColumnProfile = NumberProfile | CategoryProfile


class Season(Struct, frozen=True):
    """How the columns differ by a part of the time: rows of each cell, and of each column the
    coarse counts of each cell, shape (cells, bins), missing last."""

    rows: tuple[int, ...]
    columns: dict[str, tuple[tuple[int, ...], ...]]


class Segment(Struct, frozen=True):
    """The rows that share a value of a column: coarse counts of each column, missing last, and
    counts of the target in its own profile's coarse bins."""

    rows: int
    columns: dict[str, tuple[int, ...]]
    target: tuple[int, ...]


class Sample(Struct, frozen=True):
    """Some of the rows, for what no column shows alone: coarse bins of each, as zlib-compressed
    uint8 of shape (rows, columns), in the order of the profile's columns; see
    :func:`evergreen.distribution.sample_code`."""

    rows: int
    codes: bytes


class Stretches(Struct, frozen=True):
    """How alike rows of the same stretch of time are: by column the intraclass correlation, 0 where
    rows come as if one by one, 1 where a stretch has but one value. ``in_season`` is beyond what
    the seasons explain, empty where that cannot be told."""

    days: int
    number: int
    """Of stretches that have rows."""
    alike: dict[str, float]
    in_season: dict[str, float] = {}
    outside: dict[str, float] = {}
    """Of being missing, or of a value that is not among the known ones: the larger of both."""


class Profile(Struct, frozen=True):
    """Distributions of what a version was fitted on; ``target`` of its classes, or of a number."""

    rows: int
    target: ColumnProfile
    columns: dict[str, ColumnProfile]
    newest: str
    """ISO 8601 time of the newest row, empty without a time column."""
    format: int = 1
    oldest: str = ""
    seasons: dict[str, Season] = {}
    """By ``hour``, ``weekday`` and ``month`` (each where history has enough of its cells; months
    only from a year on, all of them), of the row's time in UTC."""
    segments: dict[str, dict[str, Segment]] = {}
    """By column and its value."""
    sample: Sample | None = None
    stretches: tuple[Stretches, ...] = ()
    """Of days, weeks and four weeks, as far as history tells; none without a time column."""
