"""The quality report as a page."""

from collections.abc import Sequence

from evergreen import page
from evergreen.contracts.dataset import Bin, ColumnReport, QualityReport
from evergreen.distribution import readable
from evergreen.ingest.quality import summary


def quality_page(report: QualityReport) -> bytes:
    """Self-contained HTML: what cleaning did, the target over time, every column."""
    return page.page(
        f"{report.model}: dataset {report.dataset}",
        f"{summary(report)}.",
        _rows(report),
        _over_time(report),
        page.section(
            "Columns",
            page.table(
                ("column", "type", "use", "missing", "distinct", "least", "mean", "most"),
                (_column_row(report, column) for column in report.columns),
            ),
        ),
        _distributions(report),
        _left_out(report),
    )


def _rows(report: QualityReport) -> page.Html:
    counted = [(f"{s.key} ({_size(s.bytes)})", f"{s.rows:,}") for s in report.sources]
    if report.labelled:
        until = f"predictions with their outcome, until {report.labelled.until}"
        counted.append((until, f"{report.labelled.rows:,}"))
    counted.extend((f"dropped: {reason}", f"-{n:,}") for reason, n in report.dropped.items())
    if not report.dropped:
        counted.append(("dropped", "0"))
    counted.append(("rows of the dataset", f"{report.rows:,}"))
    parts = [page.table(("", "rows"), counted)]
    labelled = report.labelled
    if labelled and labelled.objects_left_out:
        parts.append(
            page.warning(
                f"The oldest {labelled.objects_left_out:,} capture and feedback objects were left "
                "out; together they exceed what one run reads."
            )
        )
    if labelled and labelled.broken_lines:
        parts.append(
            page.warning(f"{labelled.broken_lines:,} lines were no capture and no feedback.")
        )
    if labelled and labelled.redacted:
        parts.append(
            page.warning(
                f"{labelled.redacted:,} predictions with their outcome were captured without a "
                "feature (capture.redact in the model file), so nothing was learned from them."
            )
        )
    return page.section("Rows", *parts)


def _over_time(report: QualityReport) -> page.Html:
    if not report.over_time:
        return page.Html("")
    heading = f"Share of {report.positive} over time"
    rows = [
        (
            period.label,
            (period.positives / period.rows,),
            f"{_percent(period.positives, period.rows)} of {period.rows:,}",
        )
        for period in report.over_time
    ]
    return page.section(heading, page.bars(rows))


def _column_row(report: QualityReport, column: ColumnReport) -> Sequence[object]:
    limits = (column.minimum, column.mean, column.maximum)
    return (
        column.name,
        column.type,
        column.use,
        f"{column.missing:,} ({_percent(column.missing, report.rows)})" if column.missing else "0",
        f"{column.distinct:,}",
        *("" if limit is None else readable(limit) for limit in limits),
    )


def _distributions(report: QualityReport) -> page.Html:
    # A target, a time or a group alone is told above, or has a value a row.
    shown = [c for c in report.columns if c.use not in ("target", "time", "group")]
    return page.section(
        "Distributions",
        page.paragraph(
            f"Each bar is a share of the rows; beside it, how many rows, and how many of them are "
            f"{report.positive}."
        ),
        page.cards(
            page.card(column.name, _note(column), _column_bars(report, column.bins))
            for column in shown
        ),
    )


def _note(column: ColumnReport) -> str:
    distinct = f"{column.distinct:,} distinct value" + ("" if column.distinct == 1 else "s")
    return f"{column.use}, {column.type}, {distinct}"


def _column_bars(report: QualityReport, bins: Sequence[Bin]) -> page.Html:
    return page.bars(
        [
            (
                each.label,
                (each.rows / report.rows,),
                f"{each.rows:,} rows, {_percent(each.positives, each.rows)}",
            )
            for each in bins
        ]
    )


def _left_out(report: QualityReport) -> page.Html:
    if not report.left_out:
        return page.Html("")
    return page.section(
        "Columns left out", page.table(("column", "why"), sorted(report.left_out.items()))
    )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else ""


def _size(count: int) -> str:
    return f"{count / 1024:,.0f} KiB" if count < 1024**2 else f"{count / 1024**2:,.1f} MiB"
