"""Decisions of single models, once all models have been looked at."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from evergreen.contracts.registry import Model
from evergreen.contracts.sweep import Finding, Known
from evergreen.monitor.drift.discoveries import q_values
from evergreen.ports import Registry


def among_models(
    findings: Sequence[Finding], known: Iterable[Known], registry: Registry
) -> list[Finding]:
    """Control the false discovery rate over all models that serve (Benjamini and Hochberg 1995).

    A retraining that rests on drift alone becomes ``watch`` where the model's drift is no discovery
    among all models: of a thousand models, ten drift at one in a hundred by chance.
    """
    mine = {finding.model: finding.p_value for finding in findings}
    others = [k.p_value for k in known if k.p_value is not None and k.model not in mine]
    among = dict(zip(mine, q_values([*mine.values(), *others]), strict=False))
    models = len(mine) + len(others)
    return [_settled(finding, among[finding.model], models, registry) for finding in findings]


def _settled(finding: Finding, q_value: float, models: int, registry: Registry) -> Finding:
    decision = finding.decision
    if decision is None or decision.action != "retrain" or not finding.drift_only:
        return finding
    if q_value <= _rate(registry.model(finding.model)):
        return finding
    reason = f"may be chance: as much drift is found in some of {models:,} models (q {q_value:.2g})"
    watched = replace(decision, action="watch", reason=f"{reason}; {decision.reason}")
    health = finding.health and replace(finding.health, decision=watched)
    return replace(finding, decision=watched, health=health)


def _rate(model: Model) -> float:
    return model.file.monitor.false_discovery_rate
