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
_UNITS = {"SweepSeconds": MetricUnit.Seconds, "Performance": MetricUnit.NoUnit}
_WORST_FIRST = ("failing", "worse", "drifting")


def emit(report: FleetReport, findings: Sequence[Finding]) -> None:
    """Write the figures of a sweep, and of the models that it found something wrong with."""
    _emit(figures(report, findings))
    looked_at = {finding.model for finding in findings}
    wrong = [m for m in report.models if m.model in looked_at and m.health in _WORST_FIRST]
    wrong.sort(key=lambda line: _WORST_FIRST.index(line.health))
    for line in wrong[:MODELS_AT_MOST]:
        _emit(_of_model(line), Model=line.model)


def figures(report: FleetReport, findings: Sequence[Finding]) -> dict[str, float]:
    """The fleet's figures, by the names of their metrics."""
    status = Counter(finding.status for finding in findings)
    decided = Counter(f.decision.action for f in findings if f.decision and f.status == "checked")
    health = Counter(line.health for line in report.models)
    return {
        "ModelsChecked": status["checked"],
        "ChecksFailed": status["failed"],
        "ModelsDrifting": health["drifting"],
        "ModelsWorse": health["worse"],
        "RetrainingsDecided": decided["retrain"],
        "RollBacksDecided": decided["roll back"],
        "SweepSeconds": report.seconds,
    }


def _of_model(line: ModelHealth) -> dict[str, float]:
    found = line.performance
    told = found and (found.realised or found.estimated)
    counts = {"DriftedColumns": line.drifted_columns, "CheckFailed": int(bool(line.error))}
    return counts | ({"Performance": told.value} if told else {})


def _emit(values: dict[str, float], **dimensions: str) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for name, said in dimensions.items():
        metrics.add_dimension(name, said)
    for name, value in values.items():
        metrics.add_metric(name, _UNITS.get(name, MetricUnit.Count), value)
    metrics.flush_metrics()
