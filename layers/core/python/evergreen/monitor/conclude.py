"""The end of a sweep: the fleet as a whole, what is announced, who is told, and the fleet's page.

Everything here may happen twice. Reports, records and the page are the same again, events carry the
decision's id, and an alert is marked once it was sent.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.contracts.sweep import ConcludeInput, ConcludeOutput, Finding, Known
from evergreen.errors import EvergreenError
from evergreen.monitor.among_models import among_models
from evergreen.monitor.carry_out import Hands, carry_out
from evergreen.monitor.emitted import emit
from evergreen.monitor.findings import read_findings, read_known
from evergreen.monitor.page import fleet_page
from evergreen.ports import Alerts, Clock, EventBus, ObjectStore, Registry
from evergreen.telemetry import logger

_PARALLEL = 16
LINES_AT_MOST = 50
"""A state's output is read by people, and has at most 256 KiB."""


class Unfinished(EvergreenError):
    """What was decided for some models could not be carried out; the rest was."""


def conclude(
    given: ConcludeInput,
    *,
    artifacts: ObjectStore,
    registry: Registry,
    bus: EventBus,
    alerts: Alerts,
    clock: Clock,
    link: Callable[[str], str] = lambda _: "",
) -> ConcludeOutput:
    """Settle and carry out the decisions of a sweep, and write the fleet's report and page.

    Args:
        link: where a person sees an object of the artifacts bucket.

    Raises:
        Unfinished: after all the rest was done; to be tried again.
    """
    known = read_known(artifacts, given.sweep)
    findings = read_findings(artifacts, given.sweep)
    settled = among_models(findings, known, registry)
    hands = Hands(artifacts, registry, bus, alerts, clock, link)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        ends = partial(_carried_out, given.sweep, hands)
        done = list(pool.map(ends, findings, settled))
    undone = [one.model for one, ended in zip(settled, done, strict=True) if ended is None]
    settled = [ended or one for one, ended in zip(settled, done, strict=True)]
    report = _fleet(given, known, settled, clock)
    _write(artifacts, report)
    emit(report, settled)
    if undone:
        raise Unfinished(
            f"The decisions for {', '.join(undone[:5])}{' …' if len(undone) > 5 else ''} could not "
            "be carried out; the log of the conclude function says why."
        )
    return ConcludeOutput(_lines(settled), _summary(settled))


def _carried_out(sweep: str, hands: Hands, found: Finding, settled: Finding) -> Finding | None:
    try:
        return carry_out(sweep, found, settled, hands)
    except Exception:
        logger().exception("a decision could not be carried out", model=found.model)
        return None


def _fleet(
    given: ConcludeInput, known: Sequence[Known], settled: Sequence[Finding], clock: Clock
) -> FleetReport:
    """Models that were not looked at stand as they were found before."""
    lines = {each.model: each.health or _unknown(each.model) for each in known}
    lines |= {finding.model: finding.health for finding in settled if finding.health}
    began = datetime.fromisoformat(given.at).astimezone(UTC)
    return FleetReport(
        at=given.at,
        models=tuple(lines[name] for name in sorted(lines)),
        checked=sum(finding.status == "checked" for finding in settled),
        seconds=(clock.now() - began).total_seconds(),
        dollars=sum(finding.dollars for finding in settled),
    )


def _unknown(model: str) -> ModelHealth:
    return ModelHealth(model=model, health="waiting")


def _write(artifacts: ObjectStore, report: FleetReport) -> None:
    artifacts.write(keys.fleet_page("html"), fleet_page(report), "text/html")
    artifacts.write(keys.fleet_page("json"), msgspec.json.encode(report), "application/json")


def _lines(settled: Sequence[Finding]) -> dict[str, str]:
    """First what went wrong and what was started."""
    told = sorted((_rank(finding), finding.model, _line(finding)) for finding in settled)
    return {model: line for _, model, line in told[:LINES_AT_MOST]}


def _rank(finding: Finding) -> int:
    action = finding.decision.action if finding.decision else ""
    if finding.status == "failed":
        return 0
    return {"roll back": 1, "retrain": 2, "hold": 3}.get(action, 4)


def _line(finding: Finding) -> str:
    decision = finding.decision
    if finding.status == "failed" or decision is None:
        return f"failed: {finding.error}"
    return f"{decision.action}: {decision.reason}"


def _summary(settled: Sequence[Finding]) -> str:
    actions = Counter(
        f.decision.action if f.decision and f.status != "failed" else "failed" for f in settled
    )
    counted = ", ".join(f"{count} {action}" for action, count in sorted(actions.items()))
    models = len(settled)
    return f"{models:,} model{'' if models == 1 else 's'}" + (f": {counted}" if counted else "")
