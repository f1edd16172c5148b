"""What cleaning hands to the report: the rows that stay, and an account of the others."""

from typing import Literal

import pyarrow as pa
from msgspec import Struct

from evergreen.contracts.dataset import LabelledReport, SourceReport
from evergreen.contracts.quality_report import Finding, Quarantined
from evergreen.contracts.table import FeatureType, Table, Time

ColumnType = FeatureType | Literal["time"]


class Cleaned(Struct, frozen=True, eq=False, kw_only=True):
    """The sources after their rules.

    Attributes:
        rows: every column of the sources, also those that nothing uses (personal ones dropped or
            hashed): float64 for numbers, null where missing; dictionary of int32 to text for
            categories, "" where missing; int64 nanoseconds for times that no rule needs, null
            where missing. Beside them TIME and, where the table has a created time, CREATED.
        without_target: the same columns of the rows that were dropped because they lack the
            target; what is missing there and nowhere else is known only with the outcome.
        types: of each source column, as the table states it or as its values show.
        guessed: of each column that holds times and is not stated, how it would be.
        quarantine: all rows that could not be typed.
    """

    table: Table
    rows: pa.Table
    without_target: pa.Table
    types: dict[str, ColumnType]
    guessed: dict[str, Time]
    sources: tuple[SourceReport, ...]
    labelled: LabelledReport | None
    rows_read: int
    dropped: dict[str, int]
    findings: tuple[Finding, ...]
    quarantine: tuple[Quarantined, ...]
    personal: dict[str, str]
