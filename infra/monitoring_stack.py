"""From captures to a decision, and from a decision to a run; alarms and the dashboard."""

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk.aws_cloudwatch import (
    AlarmStatusWidget,
    Dashboard,
    GraphWidget,
    IMetric,
    IWidget,
    TextWidget,
)
from aws_cdk.aws_events import EventBus
from aws_cdk.aws_iam import PolicyStatement
from aws_cdk.aws_lambda import CfnEventInvokeConfig
from constructs import Construct

from infra.constructs.alarms import PERIOD, Alarms
from infra.constructs.drift_rules import RetrainRule, SweepSchedule
from infra.constructs.fleet_watch import fleet_widgets, watch_fleet
from infra.constructs.stage_function import StageFunction
from infra.constructs.sweep_workflow import SweepWorkflow
from infra.constructs.undelivered import Undelivered
from infra.serving_stack import ServingStack
from infra.settings import Settings
from infra.storage_stack import StorageStack
from infra.training_stack import TrainingStack


class MonitoringStack(Stack):
    """The scheduled check, the retraining it asks for, and what tells people."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        storage: StorageStack,
        training: TrainingStack,
        serving: ServingStack,
    ) -> None:
        super().__init__(scope, name, description="Evergreen: drift, retraining, alarms.")
        bus = EventBus(self, "Bus", event_bus_name=settings.event_bus)
        undelivered = Undelivered(self, "Undelivered")
        sweep = SweepWorkflow(
            self,
            "Sweep",
            monitor=_monitor(self, settings, storage).function,
            conclude=_conclude(self, settings, storage, training, bus).function,
            score=training.score,
            artifacts=storage.artifacts,
            batches_at_once=settings.batches_at_once,
        )
        retrain = _retrain(self, settings, storage, training, bus, undelivered)
        SweepSchedule(
            self,
            "SweepSchedule",
            sweep=sweep,
            undelivered=undelivered,
            minutes=settings.monitor_minutes,
        )
        RetrainRule(self, "RetrainRule", bus=bus, retrain=retrain.function, undelivered=undelivered)
        watched = _watched(training, serving, sweep, retrain, undelivered)
        alarms = Alarms(self, "Alarms", topic=training.notifications.topic, watched=watched)
        watch_fleet(alarms, sweep, minutes=settings.monitor_minutes)
        _dashboard(self, training, serving, alarms)
        CfnOutput(self, "EventBus", value=bus.event_bus_name)
        CfnOutput(self, "SweepArn", value=sweep.state_machine_arn)


def _monitor(scope: Construct, settings: Settings, storage: StorageStack) -> StageFunction:
    """It reads what callers sent, and so may announce nothing and tell nobody."""
    monitor = StageFunction(
        scope,
        stage="monitor",
        does="Compares what was served with what was learned.",
        settings=settings,
        memory=1769,
        timeout=Duration.minutes(10),
    )
    monitor.uses_registry(storage.registry, writes=False)
    monitor.lists_runs(storage.registry)
    monitor.uses_features(
        storage.features, reads=("captures", "feedback", "digests"), writes=("digests",)
    )
    monitor.uses_artifacts(
        storage.artifacts,
        reads=("models", "reports", "runs", "sweeps"),
        writes=("reports", "sweeps"),
    )
    return monitor


def _conclude(
    scope: Construct,
    settings: Settings,
    storage: StorageStack,
    training: TrainingStack,
    bus: EventBus,
) -> StageFunction:
    conclude = StageFunction(
        scope,
        stage="monitor",
        name="Conclude",
        does="Acts on what a sweep found.",
        settings=settings,
        memory=1769,
        timeout=Duration.minutes(10),
    )
    conclude.uses_registry(storage.registry)
    conclude.uses_artifacts(
        storage.artifacts, reads=("reports", "sweeps"), writes=("reports", "sweeps")
    )
    conclude.uses("EVENT_BUS", bus.event_bus_name, bus.event_bus_arn, ("events:PutEvents",))
    conclude.tell("EVERGREEN_ALERTS_TOPIC", training.notifications.topic.topic_arn)
    for statement in training.notifications.may_publish():
        conclude.role.add_to_policy(statement)
    return conclude


def _retrain(
    scope: Construct,
    settings: Settings,
    storage: StorageStack,
    training: TrainingStack,
    bus: EventBus,
    undelivered: Undelivered,
) -> StageFunction:
    retrain = StageFunction(
        scope,
        stage="retrain",
        does="Starts the workflow, or says why not.",
        settings=settings,
        memory=512,
        timeout=Duration.minutes(1),
    )
    retrain.uses_registry(storage.registry)
    retrain.lists_runs(storage.registry)
    retrain.uses_artifacts(storage.artifacts, reads=("runs",), writes=("reports",))
    retrain.uses("EVENT_BUS", bus.event_bus_name, bus.event_bus_arn, ("events:PutEvents",))
    arn = training.workflow.state_machine_arn
    retrain.uses("WORKFLOW_ARN", arn, arn, ("states:StartExecution",))
    _keep_undelivered(scope, retrain, undelivered)
    return retrain


def _keep_undelivered(scope: Construct, retrain: StageFunction, undelivered: Undelivered) -> None:
    """A decision is made once, so one that fails is kept; a failed check comes again by itself."""
    retrain.function.add_to_role_policy(
        PolicyStatement(actions=["sqs:SendMessage"], resources=[undelivered.queue_arn])
    )
    destination = CfnEventInvokeConfig.OnFailureProperty(destination=undelivered.queue_arn)
    CfnEventInvokeConfig(
        scope,
        "RetrainFailed",
        destination_config=CfnEventInvokeConfig.DestinationConfigProperty(on_failure=destination),
        function_name=retrain.function.function_name,
        maximum_event_age_in_seconds=6 * 3600,
        maximum_retry_attempts=2,
        qualifier="$LATEST",
    )


def _watched(
    training: TrainingStack,
    serving: ServingStack,
    sweep: SweepWorkflow,
    retrain: StageFunction,
    undelivered: Undelivered,
) -> dict[str, tuple[IMetric, str]]:
    workflow, api = training.workflow, serving.api
    sums: dict[str, Any] = {"period": PERIOD, "statistic": "Sum"}
    return {
        "RunFailed": (workflow.metric_failed(**sums), "A training run failed."),
        "RunTimedOut": (workflow.metric_timed_out(**sums), "A training run timed out."),
        "PredictionsFail": (
            api.metric_server_error(**sums),
            "Callers of the API received server errors.",
        ),
        "SweepFailed": (
            sweep.metric_failed(**sums),
            "A scheduled look at all models failed; what it found was not acted on.",
        ),
        "RetrainFails": (
            retrain.function.metric_errors(**sums),
            "A decision to retrain could not be carried out.",
        ),
        "EventUndelivered": (
            undelivered.metric_approximate_number_of_messages_visible(
                period=PERIOD, statistic="Maximum"
            ),
            "An event reached no function; it waits in the queue of undelivered events.",
        ),
    }


def _dashboard(
    scope: Construct, training: TrainingStack, serving: ServingStack, alarms: Alarms
) -> None:
    workflow, api = training.workflow, serving.api
    runs = [
        workflow.metric_started(),
        workflow.metric_succeeded(),
        workflow.metric_failed(),
    ]
    answers = [api.metric_count(), api.metric_client_error(), api.metric_server_error()]
    times = [api.metric_latency(statistic="p50"), api.metric_latency(statistic="p99")]
    rows: list[list[IWidget]] = [
        [
            TextWidget(
                markdown="# Evergreen\nRuns, predictions, models and alarms.", width=24, height=2
            )
        ],
        [AlarmStatusWidget(alarms=alarms.alarms, width=24, height=3)],
        [
            GraphWidget(title="Runs", left=runs),
            GraphWidget(title="Predictions", left=answers),
            GraphWidget(title="Time to answer (ms)", left=times),
            GraphWidget(title="Time of a run (ms)", left=[workflow.metric_time()]),
        ],
        *fleet_widgets(),
    ]
    Dashboard(scope, "Dashboard", dashboard_name="evergreen", widgets=rows)
