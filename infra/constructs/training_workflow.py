"""The state machine that runs the training flow."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import PolicyStatement
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.map_runs import allow_map_runs
from infra.constructs.notifications import Notifications
from infra.constructs.training_flow import training_flow
from infra.constructs.workflow import Workflow
from infra.settings import Settings

if TYPE_CHECKING:
    from infra.constructs.stage_containers import StageContainers


class TrainingWorkflow(Workflow):
    """One execution makes at most one version."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: Settings,
        functions: Mapping[str, IFunction],
        containers: "StageContainers | None",
        artifacts: IBucket,
        registry: ITable,
        notifications: Notifications,
    ) -> None:
        flow = training_flow(
            {stage: function.function_arn for stage, function in functions.items()},
            artifacts=artifacts.bucket_name,
            registry=registry.table_name,
            topic=notifications.topic.topic_arn,
            trials_at_once=settings.trials_at_once,
            containers=containers.for_flow(settings.containers_at_once) if containers else None,
        )
        super().__init__(
            scope,
            name,
            does="from raw tables to a version that serves.",
            flow=flow,
            functions=list(functions.values()),
            registry=registry,
            notifications=notifications,
        )
        labels = ["trials", "containers"] if containers else ["trials"]
        allow_map_runs(self, labels, items=artifacts, prefix="runs")
        if containers:
            containers.let_run(self.caller)
            self.caller.add_to_policy(_reading_records(registry))


def _reading_records(registry: ITable) -> PolicyStatement:
    """What a container said lies in its run's record."""
    return PolicyStatement(
        actions=["dynamodb:GetItem"],
        resources=[registry.table_arn],
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}},
    )
