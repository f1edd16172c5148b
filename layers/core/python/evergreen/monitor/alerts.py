"""What people are told: what moved, by how much, since when, what was done, where to look."""

from collections.abc import Iterator

from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import ColumnDrift, DriftReport, Measured
from evergreen.contracts.sweep import Finding
from evergreen.figures import metric_text

REPEATED = 2
"""Checks in a row that must fail before somebody is told: a service that did not answer passes."""
_SUBJECT_AT_MOST = 100
_COLUMNS = 5
_DONE = {
    "retrain": "A retraining starts; its challenger replaces the champion only if it is better.",
    "roll back": "The version before it answers again.",
    "watch": "Nothing was started.",
    "hold": "Nothing was started yet.",
}
_SUBJECT = {
    "retrain": "retraining",
    "roll back": "rolled back",
    "watch": "performance",
    "hold": "waiting to retrain",
}


def about_decision(decision: Decision, report: DriftReport | None, link: str) -> tuple[str, str]:
    """Subject and text for a decision that people should know of.

    Args:
        link: where the report is shown, or "".
    """
    subject = f"{decision.model}: {_SUBJECT[decision.action]}"
    found = list(_moved(report)) if report else []
    causes = [f"- {cause.sentence}{_since(cause.since)}" for cause in decision.causes]
    paragraphs = [
        f"{decision.model} version {decision.version}: {decision.reason}.",
        _listed("What was found", causes or found),
        _listed("What moved", found if causes else []),
        f"What was done\n{_DONE[decision.action]}",
        _where(decision.model, link),
    ]
    return _line(subject), "\n\n".join(part for part in paragraphs if part)


def about_failure(finding: Finding, link: str) -> tuple[str, str]:
    """Subject and text for a model whose checks keep failing."""
    text = [
        f"The last {finding.failures} checks of {finding.model} failed: {finding.error}",
        "Until one succeeds, nothing is known of its drift and performance. Other models are "
        "checked as ever.",
        _where(finding.model, link),
    ]
    return _line(f"{finding.model}: checks fail"), "\n\n".join(text)


def _moved(report: DriftReport) -> Iterator[str]:
    found = report.performance
    if found and (value := found.realised or found.estimated):
        kind = "" if found.realised else "estimated "
        yield (
            f"- {kind}{found.metric} {_measured(found.metric, value)}; "
            f"{metric_text(found.metric, found.at_training)} at training"
        )
    moved = [column for column in report.columns if column.drifted]
    for column in sorted(moved, key=lambda each: -each.psi)[:_COLUMNS]:
        yield f"- {_column(column)}"
    if len(moved) > _COLUMNS:
        yield f"- and {len(moved) - _COLUMNS} more columns"


def _measured(metric: str, value: Measured) -> str:
    low, high = (metric_text(metric, each) for each in (value.low, value.high))
    return f"{metric_text(metric, value.value)} ({low} to {high}, {value.rows:,} rows)"


def _column(column: ColumnDrift) -> str:
    parts = [f"{column.column}: PSI {column.psi:.2f}"]
    if column.shift is not None:
        parts.append(f"mean {column.shift:+.2f} standard deviations")
    if column.unseen > column.unseen_before:
        parts.append(f"{column.unseen:.0%} never seen in training")
    if column.missing > column.missing_before:
        parts.append(f"{column.missing:.0%} missing, {column.missing_before:.0%} in training")
    return ", ".join(parts)


def _listed(title: str, lines: list[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


def _since(at: str) -> str:
    return f" (since {at[:16].replace('T', ' ')} UTC)" if at else ""


def _where(model: str, link: str) -> str:
    shown = f"{link}\n" if link else ""
    return f"Report\n{shown}evergreen report {model}"


def _line(subject: str) -> str:
    """One line of ASCII, as SNS takes it."""
    plain = subject.encode("ascii", "replace").decode().replace("\n", " ")
    return plain if len(plain) <= _SUBJECT_AT_MOST else f"{plain[: _SUBJECT_AT_MOST - 3]}..."
