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
