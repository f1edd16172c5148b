"""Sections of the page that tell of rows: where they went, what cleaning did, when they are of."""

from collections.abc import Iterable, Sequence

from evergreen import page
from evergreen.contracts.quality_report import Bin, Finding, QualityReport
from evergreen.ingest.report.told import percent, plain, target_words


def rows(report: QualityReport) -> list[page.Html]:
    """From the sources' rows to the dataset's."""
    counted = [(f"{s.key} ({_size(s.bytes)})", f"{s.rows:,}") for s in report.sources]
    if report.labelled:
        until = f"predictions with their outcome, until {report.labelled.until}"
        counted.append((until, f"{report.labelled.rows:,}"))
    counted.extend((f"dropped: {reason}", f"-{n:,}") for reason, n in report.dropped.items())
    if not report.dropped:
        counted.append(("dropped", "0"))
    counted.append(("rows of the dataset", f"{report.rows:,}"))
    return [page.table(("", "rows"), counted), *_quarantine(report)]


def _quarantine(report: QualityReport) -> Iterable[page.Html]:
    if not report.quarantine:
        return
    yield page.paragraph(
        "Rows that could not be typed are in quarantine.parquet beside this page; the first of "
        "them:"
    )
    yield page.table(
        ("source", "row", "column", "text", "why"),
        (
            (q.source, f"{q.row:,}", q.column, q.text, page.text(q.reason))
            for q in report.quarantine
        ),
    )


def cleaning(report: QualityReport) -> list[page.Html]:
    """Findings with what was done about them, and personal columns."""
    parts = []
    if report.findings:
        parts.append(
            page.table(
                ("finding", "column", "rows", "such as", "what was done"),
                (
                    (f.kind, f.column, f"{f.rows:,}", ", ".join(f.examples), page.text(_done(f)))
                    for f in report.findings
                ),
            )
        )
    if report.personal:
        parts.append(page.paragraph("Columns about a person:"))
        parts.append(page.table(("column", "what was done"), report.personal.items()))
    return parts or [page.paragraph("Nothing that a rule knows.")]


def _done(finding: Finding) -> str:
    done, advice = finding.done, finding.advice
    return f"{done}. {advice}" if done and advice else done or advice or "nothing"


def target(report: QualityReport) -> list[page.Html]:
    """What is to be predicted."""
    if not report.target_column:
        return []
    if report.classes:
        counted = [
            (label, n / report.rows, None, f"{n:,} rows, {percent(n / report.rows)}")
            for label, n in report.classes.items()
        ]
        return [page.paragraph(f"Classes of {report.target_column}:"), page.histogram(counted)]
    column = next(c for c in report.columns if c.name == report.target_column)
    return [page.paragraph(f"{column.name}, a number:"), histogram(report, column.bins)]


def over_time(report: QualityReport) -> list[page.Html]:
    """Periods, rhythm and gaps."""
    covered = report.coverage
    if not covered:
        return []
    facts = [
        ("oldest row", plain(covered.oldest)),
        ("newest row", plain(covered.newest)),
        ("commonest step", _step(covered.step_seconds)),
        ("gaps", f"{covered.gaps_in_all:,}"),
        ("rows at a time that was there before", f"{covered.repeated_times:,}"),
    ]
    parts = [page.table(("", ""), facts)]
    if covered.gaps:
        named = any(gap.series for gap in covered.gaps)
        parts.append(
            page.fold(
                f"The longest of {covered.gaps_in_all:,} gaps",
                page.table(
                    ("after", "before", "steps without a row", *(["series"] if named else [])),
                    (
                        (
                            plain(g.after),
                            plain(g.before),
                            f"{g.steps:,}",
                            *([g.series] if named else []),
                        )
                        for g in covered.gaps
                    ),
                ),
                shown=True,
            )
        )
    return [*parts, histogram(report, covered.periods)]


def _step(step: float) -> str:
    if not step:
        return "none; the rows come without a rhythm"
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if step >= size:
            count = step / size
            return f"{count:g} {unit}{'' if count == 1 else 's'}"
    return f"{step:g} seconds"


def histogram(report: QualityReport, bins: Sequence[Bin]) -> page.Html:
    """Rows by bin, and the target in each."""
    whole = max(1, report.rows)
    return page.histogram([(b.label, b.rows / whole, b.target, _note(report, b)) for b in bins])


def _note(report: QualityReport, each: Bin) -> str:
    told = target_words(report, each.target)
    return f"{each.rows:,}" + (f" · {told}" if told else "")


def compared(report: QualityReport) -> list[page.Html]:
    """Changes against the previous version."""
    if not report.previous:
        return []
    whole = [page.paragraph(c.sentence) for c in report.changes if not c.column]
    of_columns = [c for c in report.changes if c.column and c.psi is not None]
    widest = max((c.psi or 0.0 for c in of_columns), default=0.0) or 1.0
    told = page.table(
        ("column", "PSI", "", "what changed"),
        (
            (
                c.column,
                f"{c.psi:.3f}",
                page.bar((c.psi or 0.0) / max(widest, 0.2), over=c.changed),
                page.text(c.sentence),
            )
            for c in of_columns
        ),
    )
    note = page.paragraph(
        f"The version before is {report.previous}. A population stability index from 0.1 on is "
        "worth a look if chance does not explain it."
    )
    return [note, *whole, told]


def _size(count: int) -> str:
    return f"{count / 1024:,.0f} KiB" if count < 1024**2 else f"{count / 1024**2:,.1f} MiB"
