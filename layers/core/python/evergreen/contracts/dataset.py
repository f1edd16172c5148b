"""A dataset version: ``data.parquet`` and its quality report, ``report.json``.

``data.parquet`` holds the model file's columns in its order (float64 for numbers, canonical text
for categories, context and target, "" where missing) and :data:`TIME`.
"""

from msgspec import Struct

TIME = "evergreen:time"
"""int64, nanoseconds since 1970 in UTC of the row's time; 0 without a time column."""

CREATED = "evergreen:created"
"""int64 like :data:`TIME`: when the row became known; there where the table has a created time."""


class SourceReport(Struct, frozen=True):
    """One file that was read."""

    key: str
    bytes: int
    sha256: str
    rows: int


class LabelledReport(Struct, frozen=True):
    """Captured predictions that became rows because they have their outcome."""

    until: str
    predictions: int
    outcomes: int
    rows: int
    objects_left_out: int
    """Oldest capture and feedback objects that did not fit the limit."""
    broken_lines: int
    """Lines of those objects that were no capture or feedback."""
    redacted: int = 0
    """Predictions with an outcome that were captured without a feature, so not learned from."""


class Bin(Struct, frozen=True):
    """Rows of one value or range of a column, and how many of them are positive."""

    label: str
    rows: int
    positives: int


class ColumnReport(Struct, frozen=True, kw_only=True):
    """One column after cleaning. The number fields are None for a category."""

    name: str
    type: str
    use: str
    missing: int
    distinct: int
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    bins: tuple[Bin, ...] = ()


class QualityReport(Struct, frozen=True, kw_only=True):
    """What went in, what cleaning did, what came out.

    ``rows_read`` = ``rows`` + the sum of ``dropped`` (rows by reason).
    """

    dataset: str
    model: str
    sources: tuple[SourceReport, ...]
    labelled: LabelledReport | None
    rows_read: int
    rows: int
    dropped: dict[str, int]
    positive: str
    positives: int
    columns: tuple[ColumnReport, ...]
    left_out: dict[str, str]
    """Columns of the sources that the model does not use, each with the reason."""
    over_time: tuple[Bin, ...]
