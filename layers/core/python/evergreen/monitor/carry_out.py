"""What follows from one finding: a contest's end, the record, the event, and who is told."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from evergreen.announce import announce
from evergreen.contracts.decision import Decision
from evergreen.contracts.sweep import Finding
from evergreen.monitor.alerts import about_decision
from evergreen.monitor.decide import (
    needs_alert,
    read_memory,
    settle,
    with_alert,
    with_decision,
    write_memory,
)
from evergreen.monitor.findings import read_contest
from evergreen.monitor.last_check import read_last_check, write_last_check
from evergreen.monitor.report import read_report, write_report
from evergreen.ports import Alerts, Clock, EventBus, ObjectStore, Registry

_ACTS = ("retrain", "roll back")


class Hands(Struct, frozen=True, eq=False):
    """What a decision is carried out with; ``link`` is where a person sees an artifact."""

    artifacts: ObjectStore
    registry: Registry
    bus: EventBus
    alerts: Alerts
    clock: Clock
    link: Callable[[str], str]


def carry_out(sweep: str, found: Finding, settled: Finding, hands: Hands) -> Finding:
    """Keep what was settled, announce it, and tell people of what they should know.

    Args:
        found: what the check itself found.

    Returns:
        The finding with the last word that was spoken.
    """
    if settled.status == "failed":
        return settled
    settled = _after_contest(sweep, settled, hands)
    decision = settled.decision
    if decision is None:
        return settled
    if settled != found:
        _amend(settled, decision, hands)
    # What was decided before and has not been carried out yet is announced again.
    if settled.status == "checked" or decision.action in _ACTS:
        announce(decision, artifacts=hands.artifacts, bus=hands.bus)
        _tell(settled, decision, hands)
    return settled


def _after_contest(sweep: str, finding: Finding, hands: Hands) -> Finding:
    """The version before may be brought back, whatever else was decided."""
    result = read_contest(hands.artifacts, sweep, finding.model) if finding.contest else None
    if result is None:
        return finding
    decision = settle(result, registry=hands.registry, clock=hands.clock, report=finding.report)
    if decision is None:
        return finding
    health = finding.health and replace(finding.health, decision=decision)
    return replace(finding, decision=decision, health=health)


def _amend(settled: Finding, decision: Decision, hands: Hands) -> None:
    """The report, what the next decision remembers and what the next sweep looks at."""
    artifacts = hands.artifacts
    report = read_report(artifacts, settled.report)
    if report and report.decision != decision:
        file = hands.registry.model(settled.model).file
        write_report(artifacts, file, replace(report, decision=decision))
    memory = read_memory(artifacts, settled.model)
    write_memory(artifacts, settled.model, with_decision(memory, decision))
    last = read_last_check(artifacts, settled.model)
    if last and last.finding.report == settled.report:
        finding = replace(last.finding, decision=decision, health=settled.health)
        write_last_check(artifacts, replace(last, finding=finding))


def _tell(finding: Finding, decision: Decision, hands: Hands) -> None:
    file = hands.registry.model(finding.model).file
    memory = read_memory(hands.artifacts, finding.model)
    performance = finding.health.performance if finding.health else None
    about = needs_alert(decision, file, performance, memory)
    if not about:
        return
    report = read_report(hands.artifacts, finding.report)
    link = hands.link(finding.report.replace(".json", ".html"))
    hands.alerts.send(*about_decision(decision, file, report, link, finding.contest))
    # Sent and then remembered: who dies in between tells people twice rather than never.
    write_memory(hands.artifacts, finding.model, with_alert(memory, decision, about))
