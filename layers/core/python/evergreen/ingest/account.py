"""The report of a cleaned table in its plainest form."""

import msgspec
import pyarrow.compute as pc

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.quality_report import ColumnReport, QualityReport
from evergreen.ingest.cleaned import Cleaned


def report(
    cleaned: Cleaned, dataset: str, at: str, previous: QualityReport | None, goal: ModelFile | None
) -> QualityReport:
    """The quality report of what cleaning left."""
    return QualityReport(
        dataset=dataset,
        model=cleaned.table.name,
        created_at=at,
        sources=cleaned.sources,
        labelled=cleaned.labelled,
        rows_read=cleaned.rows_read,
        rows=cleaned.rows.num_rows,
        dropped=cleaned.dropped,
        quarantine=cleaned.quarantine[:10],
        target_column=cleaned.table.target,
        positive=str(goal.target.positive) if goal else "",
        target=None,
        classes={},
        columns=tuple(_column(cleaned, name) for name in cleaned.types),
        left_out={
            n: cleaned.table.exclude.get(n, f"not named in the {cleaned.table.kind} file")
            for n in cleaned.types
            if n not in cleaned.table.columns
        },
        personal=cleaned.personal,
        findings=cleaned.findings,
        expectations=(),
        suspicions=(),
        associations=(),
        coverage=None,
        previous=previous.dataset if previous else "",
        changes=(),
    )


def _column(cleaned: Cleaned, name: str) -> ColumnReport:
    column, kind = cleaned.rows.column(name), cleaned.types[name]
    missing = pc.sum(pc.equal(column, "")).as_py() if kind == "category" else column.null_count
    use = cleaned.table.uses.get(name, "")
    distinct = len(pc.unique(column))
    return ColumnReport(name=name, type=kind, use=use, missing=missing or 0, distinct=distinct)


def enforce(_report: QualityReport) -> None:
    """Nothing is expected yet."""


def summary(found: QualityReport) -> str:
    """One line."""
    added = f" ({found.labelled.rows:,} labelled predictions)" if found.labelled else ""
    return (
        f"{found.rows:,} rows{added}, {len(found.columns) - len(found.left_out)} columns, "
        f"{sum(found.dropped.values()):,} dropped"
    )


def quality_page(found: QualityReport) -> bytes:
    """The report as text."""
    return b"<!doctype html><pre>" + msgspec.json.encode(found) + b"</pre>"
