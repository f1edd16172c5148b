"""What a check is made of, in order: read, compare, measure, decide, tell."""

import time
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from evergreen import captured
from evergreen.captured import Period
from evergreen.contracts import keys
from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import DriftReport, Measured, Performance, Point, SegmentReport
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.sweep import Contest, Finding
from evergreen.digest import content_id
from evergreen.monitor.baseline import Baseline, read_baseline
from evergreen.monitor.decide import (
    Situation,
    ask_contest,
    decide,
    read_memory,
    remember,
    write_memory,
)
from evergreen.monitor.drift import Drifts, find_drift
from evergreen.monitor.health import health_of
from evergreen.monitor.last_check import Look
from evergreen.monitor.performance import perform, perform_segments, timeline, unmeasured
from evergreen.monitor.reach import reach
from evergreen.monitor.report import write_report
from evergreen.monitor.served import Served
from evergreen.ports import ObjectStore, Registry, iso
from evergreen.prices import Worker, dollars
from evergreen.retraining import spending

_DRIFT = ("drift", "outcomes")
"""Causes that rest on tests of whether something moved."""


class _Found(Struct, frozen=True, eq=False):
    """What the window shows."""

    baseline: Baseline
    served: Served
    outcomes: int
    """Of the predictions that performance is measured on."""
    drifts: Drifts
    performance: Performance | None
    points: tuple[Point, ...]
    segments: tuple[SegmentReport, ...]


def examine(
    look: Look,
    now: datetime,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    worker: Worker,
) -> Finding:
    """Check a champion, and write the report, its page and what the next check has to know.

    Raises:
        ArtifactChanged: an artifact of the version is not what was registered.
    """
    started = time.monotonic()
    file = look.model.file
    version = registry.version(look.name, look.alias.version)
    found = _find(file, read_baseline(artifacts, version), features, look.alias.moved_at, now)
    period = Period(found.served.since, found.served.until)
    seen = _newest(features, look.name, period)
    situation = _situation(look, now, found, seen, artifacts)
    decision, contest = decide(situation), ask_contest(situation)
    memory = remember(situation, decision, contest)
    took = time.monotonic() - started
    report = DriftReport(
        model=file.name,
        version=look.alias.version,
        checked_at=iso(now),
        since=period.since,
        until=period.until,
        rows=len(found.served),
        outcomes=found.outcomes,
        columns=found.drifts.columns,
        performance=found.performance,
        decision=decision,
        unchecked=_unchecked(found),
        unread=found.served.unread,
        unmeasured=situation.unmeasured,
        answers=found.drifts.answers,
        outcome_drift=found.drifts.outcomes,
        domain=found.drifts.domain,
        segments=found.segments,
        timeline=memory.points,
        decisions=situation.memory.decisions,
        p_value=found.drifts.p_value,
        seconds=took,
        dollars=dollars(worker, took),
    )
    write_report(artifacts, file, report)
    write_memory(artifacts, file.name, memory)
    return _finding(look, report, contest)


def _find(
    file: ModelFile, baseline: Baseline, features: ObjectStore, moved_at: str, now: datetime
) -> _Found:
    reached = reach(features, baseline, file, moved_at, now)
    served, judged = reached.served, reached.judged
    drifts = find_drift(file, baseline, served)
    return _Found(
        baseline,
        served,
        len(judged.judged),
        drifts,
        perform(file, baseline, judged),
        _with_drift(timeline(file, baseline, judged), drifts),
        _segments(drifts, perform_segments(file, baseline, judged)),
    )


def _with_drift(points: tuple[Point, ...], drifts: Drifts) -> tuple[Point, ...]:
    """The window's largest PSI stands at its end."""
    if not points:
        return ()
    largest = max((column.psi for column in drifts.columns if column.level != "none"), default=0.0)
    return (*points[:-1], replace(points[-1], psi=largest))


def _segments(
    drifts: Drifts, realised: dict[str, dict[str, Measured]]
) -> tuple[SegmentReport, ...]:
    return tuple(
        SegmentReport(
            column=each.column,
            value=each.value,
            rows=each.rows,
            drifted=each.drifted,
            realised=realised.get(each.column, {}).get(each.value),
            level=each.level,
        )
        for each in drifts.segments
    )


def _newest(features: ObjectStore, model: str, period: Period) -> str:
    """Names the last that arrived, of predictions and of outcomes."""
    listed = (captured.list_captures, captured.list_feedback)
    return content_id(*(list_keys(features, model, period)[-1:] for list_keys in listed))


def _situation(
    look: Look,
    now: datetime,
    found: _Found,
    seen: str,
    artifacts: ObjectStore,
) -> Situation:
    file, drifts = look.model.file, found.drifts
    return Situation(
        file=file,
        alias=look.alias,
        version=found.baseline.version,
        now=now,
        rows=len(found.served),
        seen=seen,
        columns=drifts.columns,
        answers=drifts.answers,
        outcome_drift=drifts.outcomes,
        domain=drifts.domain,
        performance=found.performance,
        unmeasured=unmeasured(file, found.baseline),
        points=found.points,
        memory=read_memory(artifacts, file.name),
        claim=look.claim,
        runs=look.runs,
        spending=spending(file.retrain, look.runs, artifacts, now),
        report=keys.drift_report(file.name, iso(now), "json"),
    )


def _unchecked(found: _Found) -> tuple[str, ...]:
    checked = {column.column for column in found.drifts.columns}
    columns = found.baseline.profile.columns if len(found.served) else ()
    return tuple(name for name in columns if name not in checked)


def _finding(look: Look, report: DriftReport, contest: Contest | None) -> Finding:
    return Finding(
        model=report.model,
        status="checked",
        decision=report.decision,
        drift_only=_drift_only(report.decision),
        p_value=report.p_value,
        report=report.decision.report,
        rows=report.rows,
        outcomes=report.outcomes,
        seconds=report.seconds,
        dollars=report.dollars,
        contest=contest,
        health=health_of(look.model.file, report, look.alias.moved_at),
    )


def _drift_only(decision: Decision) -> bool:
    return bool(decision.causes) and all(cause.trigger in _DRIFT for cause in decision.causes)
