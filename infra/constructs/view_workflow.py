"""The state machine that builds feature views."""

from collections.abc import Mapping

from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_lambda import IFunction
from constructs import Construct

from infra.constructs.notifications import Notifications
from infra.constructs.view_flow import view_flow
from infra.constructs.workflow import Workflow


class ViewWorkflow(Workflow):
    """One execution adds one dataset to one view."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        functions: Mapping[str, IFunction],
        registry: ITable,
        notifications: Notifications,
    ) -> None:
        """``functions`` are those of ``ingest`` and ``features``."""
        flow = view_flow(
            {stage: function.function_arn for stage, function in functions.items()},
            registry=registry.table_name,
            topic=notifications.topic.topic_arn,
        )
        super().__init__(
            scope,
            name,
            does="a view's table in, its features out.",
            flow=flow,
            functions=list(functions.values()),
            registry=registry,
            notifications=notifications,
            log_suffix="-views",
        )
