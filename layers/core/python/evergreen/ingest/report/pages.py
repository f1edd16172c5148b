"""The quality report as one self-contained page: what wants attention first, then all of it."""

from collections.abc import Iterator

from evergreen import page
from evergreen.contracts.quality_report import QualityReport
from evergreen.ingest.report.page_of_columns import associations, distributions, overview
from evergreen.ingest.report.page_of_rows import cleaning, compared, over_time, rows, target
from evergreen.ingest.report.told import summary

_AT_MOST = 12


def quality_page(report: QualityReport) -> bytes:
    """Self-contained HTML without a script."""
    sections = {
        "Rows": rows(report),
        "Expectations": _expectations(report),
        "Suspicion of leakage": _suspicions(report),
        "What cleaning met": cleaning(report),
        "Target": target(report),
        "Over time": over_time(report),
        "Columns": overview(report),
        "Distributions": distributions(report),
        "Columns that go together": associations(report),
        "Beside the version before": compared(report),
        "Columns left out": _left_out(report),
    }
    there = {heading: parts for heading, parts in sections.items() if parts}
    return page.page(
        f"{report.model}: dataset {report.dataset}",
        f"{summary(report)}. Made {report.created_at[:16].replace('T', ' ')} UTC.",
        _attention(report),
        page.contents(there),
        *(page.section(heading, *parts) for heading, parts in there.items()),
    )


def _attention(report: QualityReport) -> page.Html:
    wanted = [*_wanted(report)]
    if not wanted:
        return page.lead("Nothing wants attention.")
    more = f" The first {_AT_MOST}:" if len(wanted) > _AT_MOST else ""
    count = "One thing wants" if len(wanted) == 1 else f"{len(wanted)} things want"
    return page.Html(page.lead(f"{count} attention.{more}") + page.items(wanted[:_AT_MOST]))


def _wanted(report: QualityReport) -> Iterator[tuple[str, str, str, str]]:
    broken = [each for each in report.expectations if not each.passed]
    for each in sorted(broken, key=lambda each: each.severity != "stop"):
        if each.expectation != "leakage":
            word = "stops the run" if each.severity == "stop" else "warning"
            yield "bad" if each.severity == "stop" else "warn", word, "", each.sentence
    told: set[str] = set()
    for suspicion in report.suspicions:
        if suspicion.used and suspicion.column not in told:
            told.add(suspicion.column)
            yield "bad", "may know the outcome", "", suspicion.sentence
    for finding in report.findings:
        if finding.advice and not finding.done:
            sentence = f"{finding.rows:,} rows: {', '.join(finding.examples)}. {finding.advice}"
            yield "warn", finding.kind, finding.column, sentence
    used = {column.name for column in report.columns if column.use}
    for change in report.changes:
        if change.changed and change.column in used:
            yield "warn", "changed", change.column, f"PSI {change.psi:.2f}. {change.sentence}"
    yield from _of_labelled(report)


def _of_labelled(report: QualityReport) -> Iterator[tuple[str, str, str, str]]:
    labelled = report.labelled
    if labelled and labelled.objects_left_out:
        sentence = (
            f"The oldest {labelled.objects_left_out:,} capture and feedback objects were left "
            "out; together they exceed what one run reads."
        )
        yield "warn", "left out", "", sentence
    if labelled and labelled.broken_lines:
        sentence = f"{labelled.broken_lines:,} lines were no capture and no feedback."
        yield "warn", "broken", "", sentence
    if labelled and labelled.redacted:
        sentence = (
            f"{labelled.redacted:,} predictions with their outcome were captured without a "
            "feature (capture.redact in the model file), so nothing was learned from them."
        )
        yield "warn", "redacted", "", sentence


def _expectations(report: QualityReport) -> list[page.Html]:
    if not report.expectations:
        return []
    ordered = sorted(report.expectations, key=lambda each: each.passed)
    kinds = {"stop": ("bad", "stops the run"), "warn": ("warn", "warning")}
    return [
        page.items(
            (*(("good", "met") if each.passed else kinds[each.severity]), "", each.sentence)
            for each in ordered
        )
    ]


def _suspicions(report: QualityReport) -> list[page.Html]:
    if report.problem is None:
        return []
    if not report.suspicions:
        return [page.paragraph("No column gives reason to think that it knows the outcome.")]
    return [
        page.paragraph(
            "Each is a reason to ask whether the column is known when the prediction is made, in "
            "training as in use. Columns that are not learned from do no harm."
        ),
        page.items(
            (
                "bad" if each.used else "",
                "learned from" if each.used else "not learned from",
                f"{each.column}: {each.evidence}.",
                each.sentence,
            )
            for each in report.suspicions
        ),
    ]


def _left_out(report: QualityReport) -> list[page.Html]:
    if not report.left_out:
        return []
    return [page.table(("column", "why"), report.left_out.items())]
