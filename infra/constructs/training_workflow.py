"""The state machine that runs the training flow."""

from collections.abc import Mapping

from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_lambda import IFunction
from constructs import Construct

from infra.constructs.notifications import Notifications
from infra.constructs.training_flow import training_flow
from infra.constructs.workflow import Workflow


class TrainingWorkflow(Workflow):
    """One execution makes at most one version."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        functions: Mapping[str, IFunction],
        registry: ITable,
        notifications: Notifications,
        trials_at_once: int,
    ) -> None:
        flow = training_flow(
            {stage: function.function_arn for stage, function in functions.items()},
            registry=registry.table_name,
            topic=notifications.topic.topic_arn,
            trials_at_once=trials_at_once,
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
