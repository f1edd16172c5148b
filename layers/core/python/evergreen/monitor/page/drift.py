"""The page of one check of one model: the decision first, then what it rests on."""

from evergreen import chart, page
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.model_file import ModelFile
from evergreen.monitor.page import told
from evergreen.monitor.page.columns import answers, columns, distributions
from evergreen.monitor.page.decisions import decisions
from evergreen.monitor.page.performance import performance
from evergreen.monitor.page.rest import domain, how_to_read, rests_on, segments, unchecked
from evergreen.monitor.page.timeline import timeline


def drift_page(file: ModelFile, report: DriftReport) -> bytes:
    """Self-contained HTML without a script."""
    sections = {
        "Over time": timeline(file, report),
        "Performance": performance(file, report),
        "Columns": columns(file, report),
        "What moved": distributions(report),
        "Answers and outcomes": answers(report),
        "All columns together": domain(report),
        "Segments": segments(report),
        "Decisions": decisions(report),
        "What it rests on": rests_on(file, report),
        "Not checked": unchecked(file, report),
        "How to read this": how_to_read(file),
    }
    there = {heading: parts for heading, parts in sections.items() if parts}
    return page.page(
        f"{report.model} version {report.version}: is it still right?",
        f"Checked {told.moment(report.checked_at)} UTC, on what it answered from "
        f"{told.moment(report.since)} to {told.moment(min(report.until, report.checked_at))}.",
        chart.style(),
        page.lead(told.lead(report.decision)),
        page.paragraph(told.done(report.decision)),
        told.causes(report.decision),
        page.contents(there),
        *(page.section(heading, *parts) for heading, parts in there.items()),
    )
