"""What CloudWatch shows and watches of the sweeps: the metrics that they write to their log."""

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import (
    ComparisonOperator,
    GraphWidget,
    IMetric,
    IWidget,
    MathExpression,
    Metric,
    TreatMissingData,
)
from aws_cdk.aws_stepfunctions import IStateMachine

from infra.constructs.alarms import Alarms

# The contract of `evergreen.monitor.emitted`; a test holds the two together.
NAMESPACE = "Evergreen"
FLEET = (
    "ModelsChecked",
    "ChecksFailed",
    "ModelsDrifting",
    "ModelsWorse",
    "RetrainingsDecided",
    "RollBacksDecided",
    "SweepSeconds",
)
_MISSED = 3
"""Scheduled sweeps in a row."""


def watch_fleet(alarms: Alarms, sweep: IStateMachine, *, minutes: int) -> None:
    """Add the alarms that go off at silence, and at two sweeps in a row.

    Args:
        minutes: from one scheduled sweep to the next.
    """
    period = Duration.minutes(max(5, minutes))
    alarms.add(
        "SweepMissed",
        sweep.metric_started(period=period, statistic="Sum"),
        "No model was looked at for three scheduled times (or never, right after a deployment).",
        evaluation_periods=_MISSED,
        comparison_operator=ComparisonOperator.LESS_THAN_THRESHOLD,
        treat_missing_data=TreatMissingData.BREACHING,
    )
    alarms.add(
        "ChecksFail",
        _metric("ChecksFailed", period),
        "Models could not be checked in two sweeps in a row; the fleet's page names them.",
        evaluation_periods=2,
    )


def fleet_widgets() -> list[list[IWidget]]:
    """Two rows of a dashboard: the fleet, and the models that something is wrong with."""
    hour = Duration.hours(1)

    def graph(title: str, *names: str) -> GraphWidget:
        return GraphWidget(title=title, left=[_metric(name, hour) for name in names])

    return [
        [
            graph("Models checked", "ModelsChecked", "ChecksFailed"),
            graph("Health of the fleet", "ModelsDrifting", "ModelsWorse"),
            graph("Decisions", "RetrainingsDecided", "RollBacksDecided"),
            graph("Time of a sweep (s)", "SweepSeconds"),
        ],
        [
            GraphWidget(
                title="Drifted columns, of models that are not well",
                left=[_each_model("DriftedColumns")],
                width=12,
            ),
            GraphWidget(
                title="Performance, of models that are not well",
                left=[_each_model("Performance")],
                width=12,
            ),
        ],
    ]


def _metric(name: str, period: Duration) -> IMetric:
    statistic = "Maximum" if name.startswith("Models") or name == "SweepSeconds" else "Sum"
    return Metric(namespace=NAMESPACE, metric_name=name, period=period, statistic=statistic)


def _each_model(name: str) -> IMetric:
    search = f"SEARCH('{{{NAMESPACE},Model}} MetricName=\"{name}\"', 'Maximum', 3600)"
    return MathExpression(expression=search, label="", using_metrics={})
