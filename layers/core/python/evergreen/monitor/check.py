"""One scheduled check of every champion."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from evergreen import captured
from evergreen.captured import Period
from evergreen.contracts import keys
from evergreen.contracts.drift import ColumnDrift, DriftReport, RetrainDecision
from evergreen.contracts.profile import Profile
from evergreen.contracts.registry import CHAMPION, Alias, Model, RetrainClaim
from evergreen.contracts.stages import MonitorOutput
from evergreen.digest import content_id
from evergreen.errors import EvergreenError, NotFound
from evergreen.monitor.compare import compare, compare_answers, performance
from evergreen.monitor.decide import Action, cooling, decide, decision_id
from evergreen.monitor.drift_page import drift_page
from evergreen.monitor.window import baseline, held_out, window
from evergreen.ports import EventBus, ObjectStore, Registry, iso
from evergreen.telemetry import logger


class LastCheck(Struct, frozen=True):
    """What the last check of a model saw, by a digest of it, and what came of it."""

    seen: str
    action: Action
    reason: str
    report: str
    """Key of the report's JSON in the artifacts bucket."""


class _Champion(Struct, frozen=True):
    model: Model
    alias: Alias
    claim: RetrainClaim | None
    now: datetime

    @property
    def period(self) -> Period:
        # A day more than now, for callers' clocks that are ahead of this one.
        return Period(self.alias.moved_at, iso(self.now + timedelta(days=1)))


def monitor(
    now: datetime,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    bus: EventBus,
) -> MonitorOutput:
    """Check every model that has a champion, and announce what shall be retrained.

    A model whose check fails is reported and logged, and the others are checked all the same. A
    check that finds what the last one found reads no capture and writes no report.
    """
    lines: dict[str, str] = {}
    actions: Counter[str] = Counter()
    for name in registry.models():
        try:
            alias = registry.alias(name, CHAMPION)
            if not alias:
                continue
            claim = registry.retrain_claim(name)
            champion = _Champion(registry.model(name), alias, claim, now)
            check = _check(champion, features, artifacts, registry)
            if check.action == "retrain":
                bus.publish(_decision(champion, check.reason))
            lines[name] = f"{check.action}: {check.reason}"
            actions[check.action] += 1
        except Exception as error:
            known = isinstance(error, EvergreenError)
            lines[name] = f"failed: {error if known else type(error).__name__}"
            actions["failed"] += 1
            logger().exception(lines[name], model=name)
    return MonitorOutput(lines, _summary(actions))


def _summary(actions: Counter[str]) -> str:
    models = actions.total()
    counted = ", ".join(f"{count} {action}" for action, count in sorted(actions.items()))
    return f"{models} model{'' if models == 1 else 's'}" + (f": {counted}" if counted else "")


def _check(
    champion: _Champion, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> LastCheck:
    name = champion.model.file.name
    seen = _seen(champion, features)
    last = _last_check(artifacts, name)
    if last and last.seen == seen:
        return last
    report, page = _report(champion, features, artifacts, registry)
    key = keys.drift_report(name, report.checked_at, "json")
    body = msgspec.json.format(msgspec.json.encode(report), indent=2)
    artifacts.write(key, body, "application/json")
    artifacts.write(keys.drift_report(name, report.checked_at, "html"), page, "text/html")
    check = LastCheck(seen, report.action, report.reason, key)
    artifacts.write(keys.last_check(name), msgspec.json.encode(check), "application/json")
    return check


def _seen(champion: _Champion, features: ObjectStore) -> str:
    """Names all that a check's answer depends on, without reading a capture: objects are never
    changed, so that their keys tell."""
    name = champion.model.file.name
    return content_id(
        champion.alias,
        champion.model,
        champion.claim,
        cooling(champion.claim, iso(champion.now)),
        captured.list_captures(features, name, champion.period),
        captured.list_feedback(features, name, champion.period),
    )


def _last_check(artifacts: ObjectStore, model: str) -> LastCheck | None:
    try:
        return msgspec.json.decode(artifacts.read(keys.last_check(model)), type=LastCheck)
    except NotFound:
        return None


def _report(
    champion: _Champion, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> tuple[DriftReport, bytes]:
    """The report, and the same as a page."""
    file, now = champion.model.file, iso(champion.now)
    version = registry.version(file.name, champion.alias.version)
    profile, signature = baseline(artifacts, version)
    served = window(features, version, champion.period, signature)
    comparisons = compare(file, profile, served)
    answers = compare_answers(file, signature, held_out(artifacts, version), served)
    columns = tuple(comparison.drift for comparison in comparisons)
    rows, outcomes = len(served.predictions), len(served.judged)
    action, reason = decide(file, rows, outcomes, columns, champion.claim, now)
    report = DriftReport(
        model=file.name,
        version=version.number,
        checked_at=now,
        rows=rows,
        outcomes=outcomes,
        columns=columns,
        performance=performance(file, version, signature, served),
        action=action,
        reason=reason,
        unchecked=_unchecked(profile, columns) if rows else (),
        answers=answers.drift if answers else None,
    )
    return report, drift_page(file, report, comparisons, answers)


def _unchecked(profile: Profile, columns: tuple[ColumnDrift, ...]) -> tuple[str, ...]:
    checked = {column.column for column in columns}
    return tuple(name for name in profile.columns if name not in checked)


def _decision(champion: _Champion, reason: str) -> RetrainDecision:
    return RetrainDecision(
        decision_id(champion.alias, champion.claim),
        champion.alias.model,
        champion.alias.version,
        reason,
        iso(champion.now),
    )
