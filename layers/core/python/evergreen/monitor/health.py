"""A model's line on the fleet's page, from what its check found."""

from datetime import datetime

from evergreen.contracts.drift import DriftReport
from evergreen.contracts.fleet import Health, ModelHealth
from evergreen.contracts.model_file import ModelFile

_NAMED = 3
_DAY = 86_400


def health_of(file: ModelFile, report: DriftReport, serves_since: str) -> ModelHealth:
    """What a check found, in a line; ``serves_since`` is when the version began to serve."""
    moved = sorted((c for c in report.columns if c.drifted), key=lambda c: (-c.psi, c.column))
    return ModelHealth(
        model=report.model,
        health=_health(file, report),
        version=report.version,
        since=serves_since,
        checked_at=report.checked_at,
        rows=report.rows,
        per_day=report.rows / _days(report.since, min(report.until, report.checked_at)),
        outcomes=report.outcomes,
        performance=report.performance,
        drifted=tuple(column.column for column in moved[:_NAMED]),
        drifted_columns=len(moved),
        decision=report.decision,
    )


def _health(file: ModelFile, report: DriftReport) -> Health:
    found = report.performance
    if found and (found.worse or found.estimated_worse):
        return "worse"
    if report.rows < file.monitor.rows_at_least:
        return "waiting"
    looked_at = (*report.columns, report.answers, report.outcome_drift, report.domain)
    return "drifting" if any(each and each.level == "large" for each in looked_at) else "ok"


def _days(since: str, until: str) -> float:
    """Days between two moments; of less than a day, one, since traffic has its hours."""
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
    return max(seconds / _DAY, 1.0)
