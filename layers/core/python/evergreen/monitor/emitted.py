"""Figures of a sweep as CloudWatch metrics, by way of the log (embedded metric format).

CloudWatch bills each metric of each model by the month, so that four for each of a thousand models
would cost more than all the checks. The fleet's figures are always told, and a model's only where
something is wrong with it, of at most :data:`MODELS_AT_MOST` models in a sweep.
"""

from collections import Counter
from collections.abc import Sequence

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.contracts.sweep import Finding

NAMESPACE = "Evergreen"
MODELS_AT_MOST = 50
_WORST_FIRST = ("failing", "worse", "drifting")


def emit(report: FleetReport, findings: Sequence[Finding]) -> None:
    """Write the figures of a sweep, and of the models that it found something wrong with."""
    with_status = Counter(finding.status for finding in findings)
    decided = Counter(f.decision.action for f in findings if f.decision and f.status == "checked")
    health = Counter(line.health for line in report.models)
    _emit(
        {
            "ModelsChecked": with_status["checked"],
            "ChecksFailed": with_status["failed"],
            "ModelsDrifting": health["drifting"],
            "ModelsWorse": health["worse"],
            "RetrainingsDecided": decided["retrain"],
            "RollBacksDecided": decided["roll back"],
        },
        {"SweepSeconds": report.seconds},
    )
    looked_at = {finding.model for finding in findings}
    wrong = [m for m in report.models if m.model in looked_at and m.health in _WORST_FIRST]
    wrong.sort(key=lambda line: _WORST_FIRST.index(line.health))
    for line in wrong[:MODELS_AT_MOST]:
        _emit_model(line)


def _emit_model(line: ModelHealth) -> None:
    found = line.performance
    told = found and (found.realised or found.estimated)
    value = {"Performance": told.value} if told else {}
    counts = {"DriftedColumns": line.drifted_columns, "CheckFailed": int(bool(line.error))}
    _emit(counts, {}, value, Model=line.model)


def _emit(
    counts: dict[str, int],
    seconds: dict[str, float],
    numbers: dict[str, float] | None = None,
    **dimensions: str,
) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for name, value in dimensions.items():
        metrics.add_dimension(name, value)
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    for name, value in seconds.items():
        metrics.add_metric(name, MetricUnit.Seconds, value)
    for name, value in (numbers or {}).items():
        metrics.add_metric(name, MetricUnit.NoUnit, value)
    metrics.flush_metrics()
