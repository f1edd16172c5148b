"""Sections of a drift page beside columns and performance."""

from evergreen import page
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.model_file import ModelFile
from evergreen.monitor.page import told

_SEGMENTS_SHOWN = 20


def domain(report: DriftReport) -> list[page.Html]:
    """What a classifier tells of rows of the window and rows of training."""
    found = report.domain
    if not found:
        return []
    said = {
        "none": "The rows as a whole did not surely move.",
        "small": "The rows as a whole surely moved, a little.",
        "large": "The rows as a whole moved much, though no column may show it alone.",
    }[found.level]
    by = f" It tells them mostly by {', '.join(found.columns)}." if found.columns else ""
    return [
        page.paragraph(
            f"{said} A classifier tells a row of the window from a row of training with an AUC of"
            f" {found.auc:.3f} ({found.low:.3f} to {found.high:.3f}); 0.5 is a coin, 1 is never"
            f" wrong (p {told.chance(found.p_value)}).{by}"
        )
    ]


def segments(report: DriftReport) -> list[page.Html]:
    """Rows that share a value of a protected or named column."""
    if not report.segments:
        return []
    metric = report.performance.metric if report.performance else ""
    rows = [
        (
            f"{each.column} = {each.value}",
            f"{each.rows:,}",
            told.level(each.level),
            told.measured(metric, each.realised) if each.realised else "",
            ", ".join(each.drifted),
        )
        for each in report.segments
    ]
    headings = ("segment", "rows", "level", metric or "performance", "columns that moved")
    parts = [page.stacked(headings, rows[:_SEGMENTS_SHOWN])]
    if rows[_SEGMENTS_SHOWN:]:
        more = page.stacked(headings, rows[_SEGMENTS_SHOWN:])
        parts.append(page.fold(f"{len(rows) - _SEGMENTS_SHOWN} more segments", more))
    return parts


def rests_on(file: ModelFile, report: DriftReport) -> list[page.Html]:
    """How much was looked at, and what the model file asks for."""
    rows: list[tuple[str, str, str]] = [
        ("predictions in the window", f"{report.rows:,}", f"{file.monitor.rows_at_least:,}"),
        ("with their outcome", f"{report.outcomes:,}", _new(file.retrain.outcomes_at_least)),
    ]
    took = f"The check took {report.seconds:.2g} s" if report.seconds else ""
    cost = f", about ${report.dollars:.2g}" if report.dollars and took else ""
    parts = [page.table(("", "rows", "needed"), rows)]
    return [*parts, page.paragraph(f"{took}{cost}.")] if took else parts


def _new(outcomes: int) -> str:
    """Those of the window may have been learned from, or tried, already."""
    return f"{outcomes:,} since the last run, to retrain" if outcomes else "none"


def unchecked(file: ModelFile, report: DriftReport) -> list[page.Html]:
    """What a reader might take for checked and is not."""
    said: list[tuple[str, str, str, str]] = []
    if report.unchecked:
        named = ", ".join(report.unchecked)
        said.append(("", "columns", "", f"{named}: not captured with the predictions."))
    if report.unread:
        more = f" and {len(report.unread) - 1:,} more" if report.unread[1:] else ""
        said.append(("bad", "objects", "", f"{report.unread[0]}{more}: broken, read in part."))
    if file.capture.share < 1:
        share = f"{100 * file.capture.share:g} %"
        said.append(("", "sample", "", f"Only {share} of the predictions are captured."))
    if not report.outcomes:
        said.append(("", "outcomes", "", "None arrived, so nothing is measured on the truth."))
    if report.performance is None or report.performance.estimated is None:
        said.append(("", "estimates", "", "Performance is not estimated before outcomes arrive."))
    if report.rows < file.monitor.rows_at_least:
        said.append(("", "rows", "", "Too few predictions for a judgement about drift."))
    return [page.items(said)] if said else []


def how_to_read(file: ModelFile) -> list[page.Html]:
    """A line for each word and figure."""
    limit = f"{file.monitor.psi_at_least:g}"
    entries = (
        (
            "moved much",
            f"Beyond chance, and PSI {limit} or more, or as much in missing or unseen values.",
        ),
        ("moved little", "Beyond chance, but less than the model file calls drift."),
        ("PSI", "Population stability index over the deciles of training: 0 is the same."),
        ("JS", "Jensen-Shannon distance: 0 is the same, 1 has nothing in common."),
        ("KS", "Kolmogorov-Smirnov: the largest gap between the two cumulative distributions."),
        ("shift", "Change of the mean, in standard deviations (sd) of training."),
        ("missing, unseen", "Share of rows without a value, and with one training never saw."),
        ("q-value", "Share of false alarms, if this and all that is surer were called moved."),
        ("season", "Training rows were weighted to the same hours, weekdays or months."),
        ("measured", "The metric on answers whose outcome has arrived."),
        ("estimated", "The metric expected from the answers themselves, before outcomes."),
        ("interval", "The truth lies within it in 90 of 100 cases."),
        ("hold", "Something speaks for retraining, and something else against doing it now."),
    )
    return [page.fold("Words and figures", page.told(entries))]
