"""Checks that found something, without a check."""

from datetime import UTC, datetime, timedelta
from typing import Any

from evergreen.contracts.decision import NOT_HELPFUL, Decision, Trigger
from evergreen.contracts.drift import ColumnDrift, Level, Measured, Performance, Point
from evergreen.contracts.policies import Monitor, Retrain
from evergreen.contracts.registry import Run, RunStatus, Version
from evergreen.monitor.decide import Situation, decide, remember
from evergreen.ports import iso
from msgspec.structs import replace

from tests.fakes.registered import AT, MODEL, champion, draft, model_file

BORN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = BORN + timedelta(days=40)


WATCHED: tuple[Trigger, ...] = ("performance", "drift", "growth")
"""What situations retrain on, where a test does not say: more than the default."""


def situation(retrain: Retrain | None = None, **changes: Any) -> Situation:
    """A champion of 40 days that did well on 2,000 predictions, 600 of them with an outcome."""
    policy = retrain or Retrain(growth=1.0)
    if policy.on == Retrain().on:
        policy = replace(policy, on=WATCHED)
    file = model_file(retrain=policy, monitor=Monitor(rows_at_least=1000))
    fields: dict[str, Any] = {
        "file": file,
        "alias": champion(1, None),
        "version": Version(number=1, registered_at=AT, draft=draft("r1")),
        "now": NOW,
        "rows": 2000,
        "seen": "first",
        "columns": (column("speed"), column("belt")),
        "points": (point(20, 2000, 600),),
        "performance": performance(0.8),
    }
    return Situation(**(fields | changes))


def column(name: str, level: Level = "none", psi: float = 0.01) -> ColumnDrift:
    """A column that moved so much."""
    return ColumnDrift(
        column=name,
        level=level,
        psi=psi,
        psi_by_chance=0.01,
        js=0.0,
        p_value=1.0,
        q_value=1.0,
        rows=2000,
    )


def performance(value: float, worse: bool = False, **changes: Any) -> Performance:
    """An AUC where training measured 0.8, which is 0.3 above an answer without skill."""
    realised = Measured(value, value - 0.02, value + 0.02, 600)
    found = Performance(metric="roc_auc", at_training=0.8, realised=realised, worse=worse)
    return replace(found, naive=0.5, **changes)


def point(day: int, rows: int, outcomes: int, version: int = 1) -> Point:
    """What was served on a day after the champion's birth."""
    since, until = (iso(BORN + timedelta(days=each)) for each in (day, day + 1))
    return Point(since=since, until=until, version=version, rows=rows, outcomes=outcomes)


def run(name: str, day: float, status: RunStatus = "refused", **changes: Any) -> Run:
    """A run that a decision started on a day, and that would not have helped."""
    at = iso(BORN + timedelta(days=day))
    found = Run(run_id=name, model=MODEL, trigger="drift", sources=(), started_at=at)
    reason = f"{NOT_HELPFUL}: the challenger does not beat champion v1."
    ended = "" if status == "running" else at
    return replace(found, **({"status": status, "reason": reason, "ended_at": ended} | changes))


def after(earlier: Situation, **changes: Any) -> Situation:
    """The next check, an hour later, which remembers the earlier one."""
    memory = remember(earlier, decide(earlier))
    later = {"memory": memory, "now": earlier.now + timedelta(hours=1), "seen": earlier.seen + "+"}
    return replace(earlier, **(later | changes))


def decided(*checks: dict[str, Any], retrain: Retrain | None = None, **first: Any) -> Decision:
    """The decision of the last of some checks in a row, of which each changes what is given."""
    now = situation(retrain, **first)
    for changes in checks:
        now = after(now, **changes)
    return decide(now)
