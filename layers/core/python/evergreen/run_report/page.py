"""The page of a run: the outcome first, then how the search found it and what it rests on."""

from evergreen import chart, page
from evergreen.contracts.run_report import RunReport
from evergreen.run_report import told
from evergreen.run_report.page_of_candidate import (
    calibration,
    columns,
    confusion,
    curve,
    errors,
    gates,
    members,
    window,
)
from evergreen.run_report.page_of_search import (
    budget,
    failed,
    leaderboard,
    over_time,
    settings,
)


def run_page(report: RunReport) -> bytes:
    """Self-contained HTML without a script."""
    sections = {
        "Gates and baselines": gates(report),
        "Trials over time": over_time(report),
        "Leaderboard": leaderboard(report),
        "What the candidate is made of": members(report),
        "Which rows it learned from": window(report),
        "Which settings matter": settings(report),
        "Learning curve": curve(report),
        "Confusion": confusion(report),
        "Errors": errors(report),
        "Calibration": calibration(report),
        "What the candidate owes to each column": columns(report),
        "Budget": budget(report),
        "Tried and failed": failed(report),
    }
    there = {heading: parts for heading, parts in sections.items() if parts}
    started = report.search.started_at[:16].replace("T", " ")
    return page.page(
        f"{report.model}: run {report.run_id}",
        f"{report.problem.capitalize()}, started {started} UTC ({report.trigger or 'by hand'}).",
        chart.style(),
        page.lead(told.lead(report)),
        *([page.paragraph(told.searched(report))] if report.verdict else []),
        page.contents(there),
        *(page.section(heading, *parts) for heading, parts in there.items()),
    )
