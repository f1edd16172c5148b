"""The state machine that scores whole tables."""

from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.batch_flow import batch_flow
from infra.constructs.map_runs import allow_map_runs
from infra.constructs.notifications import Notifications
from infra.constructs.workflow import Workflow


class BatchWorkflow(Workflow):
    """One execution scores one table. Each chunk is an execution of its own below a map run."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        score: IFunction,
        features: IBucket,
        registry: ITable,
        notifications: Notifications,
        chunks_at_once: int,
    ) -> None:
        flow = batch_flow(
            score.function_arn,
            bucket=features.bucket_name,
            registry=registry.table_name,
            topic=notifications.topic.topic_arn,
            chunks_at_once=chunks_at_once,
        )
        super().__init__(
            scope,
            name,
            does="a table in, its predictions out.",
            flow=flow,
            functions=[score],
            registry=registry,
            notifications=notifications,
            log_suffix="-batch",
        )
        allow_map_runs(self, ["chunks"], items=features, prefix="batches")
