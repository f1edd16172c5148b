"""What people are told: what moved, by how much, since when, what was done, where to look."""

from collections import Counter
from collections.abc import Iterator, Sequence

from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import ColumnDrift, DriftReport, Measured
from evergreen.contracts.model_file import LESS_IS_BETTER, ModelFile
from evergreen.contracts.sweep import Contest, Finding
from evergreen.figures import metric_text
from evergreen.monitor.decide import brings_back
from evergreen.retraining import moment, run_of

_SUBJECT_AT_MOST = 100
_COLUMNS = 5
_NAMED = 3


def about_decision(
    decision: Decision,
    file: ModelFile,
    report: DriftReport | None,
    link: str,
    contest: Contest | None = None,
) -> tuple[str, str]:
    """Subject and text for a decision that people should know of.

    Args:
        link: where the report is shown, or "".
        contest: what a rollback rests on.
    """
    found = list(_moved(file, report)) if report else []
    causes = [f"- {cause.sentence}{_since(cause.since)}" for cause in decision.causes]
    of_version = "" if contest and brings_back(decision) else f" version {decision.version}"
    paragraphs = [
        f"{decision.model}{of_version}: {decision.reason}.",
        _listed("What was found", causes),
        _listed(f"What moved{_window(report)}", found),
        f"What was done\n{_done(decision, contest)}",
        _where(decision.model, link),
    ]
    return _line(_subject(decision, contest)), "\n\n".join(part for part in paragraphs if part)


def about_failure(finding: Finding, link: str) -> tuple[str, str]:
    """Subject and text for a model whose checks keep failing."""
    well = finding.health.checked_at if finding.health else ""
    since = f"The last that ended well was on {moment(well)}." if well else "None has ended well."
    text = [
        f"The last {finding.failures} checks of {finding.model} failed: {finding.error}",
        f"{since} Until one does, nothing is known of its drift and performance. It goes on "
        "answering, and other models are checked as ever.",
        "What was done\nIt is checked again by itself, less often each time, and once a day at "
        f"least.\nevergreen check {finding.model} checks it at once.",
        _where(finding.model, link),
    ]
    return _line(f"Evergreen: checks of {finding.model} fail"), "\n\n".join(text)


def about_failures(findings: Sequence[Finding], link: str) -> tuple[str, str]:
    """Subject and text for many models whose checks keep failing at once."""
    most = Counter(each.error for each in findings).most_common(_COLUMNS)
    named = ", ".join(sorted(each.model for each in findings)[:_NAMED])
    text = [
        f"Checks of {len(findings):,} models fail: {named} and {len(findings) - _NAMED:,} more.",
        _listed("Why", [f"- {count:,} models: {error}" for error, count in most]),
        "Until one ends well, nothing is known of a model's drift and performance. All go on "
        "answering, and other models are checked as ever.",
        "What was done\nThey are checked again by themselves, less often each time, and once a day "
        "at least.\nevergreen fleet --health failing lists them.",
        f"Report\n{link}" if link else "",
    ]
    subject = f"Evergreen: checks of {len(findings):,} models fail"
    return _line(subject), "\n\n".join(part for part in text if part)


def _subject(decision: Decision, contest: Contest | None) -> str:
    model, first = decision.model, decision.reason.partition(";")[0]
    if decision.action == "retrain":
        return f"Evergreen: {model} is being retrained: {first}"
    if decision.action == "roll back":
        to = f" to version {contest.previous}" if contest else ""
        return f"Evergreen: {model} was rolled back{to}"
    if decision.action == "hold":
        return f"Evergreen: {model} is not retrained: {first}"
    return f"Evergreen: {model} does worse, and nothing was done"


def _done(decision: Decision, contest: Contest | None) -> str:
    model, version = decision.model, decision.version
    if decision.action == "retrain":
        run = run_of(model, decision.decision_id)
        return (
            "A retraining starts; its challenger replaces the champion only if it is better, and "
            f"after its trial.\nevergreen runs {run} --follow"
        )
    if decision.action == "roll back":
        before = f"Version {contest.previous}" if contest else "The version before it"
        return (
            f"{before} answers again{_since(decision.at)}, and the next retraining waits.\n"
            f"evergreen promote {model} {version} --reason WHY undoes it."
        )
    if contest and brings_back(decision):
        return (
            f"Nothing: retrain.rollback says report. Version {version} goes on answering.\n"
            f"evergreen rollback {model} --reason WHY brings version {contest.previous} back."
        )
    if decision.action == "hold":
        return f"Nothing was started yet. Version {version} goes on answering."
    return (
        f"Nothing: retrain.on in the model file does not name what was found. Version {version} "
        "goes on answering."
    )


def _window(report: DriftReport | None) -> str:
    if report is None:
        return ""
    counted = f"{report.rows:,} predictions and {report.outcomes:,} outcomes"
    return f", in {counted}{_since(report.since)}"


def _moved(file: ModelFile, report: DriftReport) -> Iterator[str]:
    found = report.performance
    if found and (value := found.realised or found.estimated):
        kind = "" if found.realised else "estimated "
        yield (
            f"- {kind}{found.metric} {_measured(found.metric, value)}; "
            f"{metric_text(found.metric, found.at_training)} at training{_gate(file, found.metric)}"
        )
    for name, drift in (("answers", report.answers), ("outcomes", report.outcome_drift)):
        if drift and drift.drifted:
            yield f"- {_drift(name, drift)}"
    moved = [column for column in report.columns if column.drifted]
    for column in sorted(moved, key=lambda each: -each.psi)[:_COLUMNS]:
        yield f"- {_drift(column.column, column)}"
    if len(moved) > _COLUMNS:
        yield f"- and {len(moved) - _COLUMNS} more columns"


def _measured(metric: str, value: Measured) -> str:
    low, high = (metric_text(metric, each) for each in (value.low, value.high))
    return f"{metric_text(metric, value.value)} ({low} to {high}, {value.rows:,} rows)"


def _gate(file: ModelFile, metric: str) -> str:
    bound = file.gates.metric_at_least
    if bound is None or metric != file.metric:
        return ""
    most = "at most" if metric in LESS_IS_BETTER else "at least"
    return f"; the gate asks for {most} {metric_text(metric, bound)}"


def _drift(name: str, column: ColumnDrift) -> str:
    parts = [f"{name}: PSI {column.psi:.2f}"]
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
    return f" since {moment(at)}" if at else ""


def _where(model: str, link: str) -> str:
    shown = f"{link}\n" if link else ""
    return f"Report\n{shown}evergreen report {model}"


def _line(subject: str) -> str:
    """One line of ASCII, as SNS takes it."""
    plain = subject.encode("ascii", "replace").decode().replace("\n", " ")
    return plain if len(plain) <= _SUBJECT_AT_MOST else f"{plain[: _SUBJECT_AT_MOST - 3]}..."
