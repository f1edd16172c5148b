"""What follows from one settled finding: its record, its event, and who is told."""

from collections.abc import Callable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts import keys
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.sweep import Finding
from evergreen.digest import content_id
from evergreen.monitor.alerts import REPEATED, about_decision, about_failure
from evergreen.monitor.decide import needs_alert, read_memory, with_decision, write_memory
from evergreen.monitor.last_check import read_last_check, write_last_check
from evergreen.monitor.report import read_report, write_report
from evergreen.ports import Alerts, EventBus, ObjectStore, Registry


class Hands(Struct, frozen=True, eq=False):
    """What a decision is carried out with; ``link`` is where a person sees an artifact."""

    artifacts: ObjectStore
    registry: Registry
    bus: EventBus
    alerts: Alerts
    link: Callable[[str], str]


def carry_out(found: Finding, settled: Finding, hands: Hands) -> None:
    """Keep what was settled, announce it, and tell people of what they should know.

    Args:
        found: what the check itself found.
    """
    if settled.status == "failed":
        _tell_of_failure(settled, hands)
    if settled.status == "failed" or settled.decision is None:
        return
    if settled != found:
        _amend(settled, settled.decision, hands)
    # What was decided before and has not been carried out yet is announced again.
    if settled.status == "checked" or settled.decision.action in ("retrain", "roll back"):
        _record(settled.decision, hands)
        _announce(settled.decision, hands)
        _tell(settled.decision, hands)


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


def _record(decision: Decision, hands: Hands) -> None:
    key = keys.decision(decision.model, decision.at, decision.decision_id)
    body = msgspec.json.format(msgspec.json.encode(decision), indent=2)
    hands.artifacts.write(key, body, "application/json")


def _announce(decision: Decision, hands: Hands) -> None:
    if decision.action != "retrain":
        hands.bus.announce(decision)
        return
    hands.bus.publish(
        RetrainDecision(
            decision.decision_id, decision.model, decision.version, decision.reason, decision.at
        )
    )


def _tell(decision: Decision, hands: Hands) -> None:
    about = needs_alert(decision)
    if about:
        report = read_report(hands.artifacts, decision.report)
        link = hands.link(decision.report.replace(".json", ".html"))
        _once(hands, decision.model, about, about_decision(decision, report, link))


def _tell_of_failure(finding: Finding, hands: Hands) -> None:
    if finding.failures < REPEATED:
        return
    # One streak of failures is told once: it began after the last check that ended well.
    about = content_id("failing", finding.health.checked_at if finding.health else "")
    link = hands.link(keys.fleet_page("html"))
    _once(hands, finding.model, about, about_failure(finding, link))


def _once(hands: Hands, model: str, about: str, message: tuple[str, str]) -> None:
    """Sent and then marked: who dies in between tells people twice rather than never."""
    key = keys.alert(model, about)
    if not _is_there(hands.artifacts, key):
        hands.alerts.send(*message)
        hands.artifacts.write(key, msgspec.json.encode(message), "application/json")


def _is_there(store: ObjectStore, key: str) -> bool:
    return next(iter(store.keys(key)), "") == key
