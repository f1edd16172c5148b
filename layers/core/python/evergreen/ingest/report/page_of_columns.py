"""Sections of the page that tell of columns: one row for each, then what each holds."""

from collections.abc import Sequence

import numpy as np

from evergreen import page
from evergreen.contracts.quality_report import ColumnReport, QualityReport
from evergreen.distribution import readable
from evergreen.ingest.report.page_of_rows import histogram
from evergreen.ingest.report.told import percent, plain

_OPEN_AT_MOST = 40
"""Columns from which on each one's distribution is folded."""
_MEASURES = (
    "With the target: numbers by |Spearman's rho| (a number) or |2 AUC - 1| (two classes), "
    "categories by Cramér's V corrected for chance (Bergsma 2013), a number and several classes by "
    "the correlation ratio corrected for chance (Kelley 1935); each 0 to 1."
)


def overview(report: QualityReport) -> list[page.Html]:
    """The schema, missing values, and the association with the target."""
    told = any(column.target for column in report.columns)
    headings = ["column", "type", "use", "missing", "distinct", "least", "median", "mean", "most"]
    return [
        *([page.paragraph(_MEASURES)] if told else []),
        page.table(
            (*headings, *(["with the target", ""] if told else [])),
            (_row(report, column, told) for column in report.columns),
        ),
    ]


def _row(report: QualityReport, column: ColumnReport, told: bool) -> Sequence[object]:
    missing = f"{column.missing:,}"
    if column.missing:
        missing += f" ({percent(column.missing / report.rows)})"
    middle = column.quartiles[1] if column.quartiles else None
    levels = (column.minimum, middle, column.mean, column.maximum)
    target = column.name == report.target_column
    shown = (
        column.name if target else page.link(column.name, f"card {column.name}"),
        column.type,
        column.use or "none",
        missing,
        f"{column.distinct:,}",
        *(_level(column, level) for level in levels),
    )
    if not told:
        return shown
    value = column.target.value if column.target else None
    return (*shown, *(("", "") if value is None else (page.bar(value), f"{value:.2f}")))


def _level(column: ColumnReport, level: float | None) -> str:
    if level is None:
        return ""
    if column.type != "time":
        return readable(level)
    return plain(str(np.int64(level).astype("M8[s]")))


def distributions(report: QualityReport) -> list[page.Html]:
    """What each column holds, and the target in each part of it."""
    shown = [c for c in report.columns if c.name != report.target_column]
    if not shown:
        return []
    note = "The wide bar is the rows" + (
        f"; the thin one the {_target(report)} among them." if _has_target(report) else "."
    )
    if len(shown) <= _OPEN_AT_MOST:
        return [page.paragraph(note), page.cards(_card(report, c) for c in shown)]
    folded = [page.fold(f"{c.name}: {_note(c)}", _card(report, c)) for c in shown]
    return [page.paragraph(note), *folded]


def _has_target(report: QualityReport) -> bool:
    return report.target is not None


def _target(report: QualityReport) -> str:
    if report.problem == "binary":
        return f"share of {report.target_column} '{report.positive}'"
    return f"mean {report.target_column}"


def _card(report: QualityReport, column: ColumnReport) -> page.Html:
    return page.card(column.name, _note(column), histogram(report, column.bins))


def _note(column: ColumnReport) -> str:
    distinct = f"{column.distinct:,} distinct value" + ("" if column.distinct == 1 else "s")
    told = [column.use or "not learned from", column.type, distinct]
    if column.target:
        told.append(f"{column.target.measure} {column.target.value:.2f}")
    return ", ".join(told)


def associations(report: QualityReport) -> list[page.Html]:
    """The strongest associations between columns."""
    if not report.associations:
        return []
    return [
        page.table(
            ("column", "column", "measure", "", ""),
            (
                (a.column, a.other, a.measure, page.bar(a.value), f"{a.value:.2f}")
                for a in report.associations
            ),
        )
    ]
