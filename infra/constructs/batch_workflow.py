"""The state machine that scores whole tables."""

from typing import cast

from aws_cdk import ArnFormat, CfnElement, Stack
from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import Policy, PolicyStatement
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.acknowledged import acknowledge, acknowledge_prefix
from infra.constructs.batch_flow import batch_flow
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
        self.caller.add_to_policy(
            PolicyStatement(
                actions=["s3:GetObject"], resources=[features.arn_for_objects("batches/*")]
            )
        )
        _allow_map_runs(self)
        acknowledge_prefix(self.caller, features, "batches", "A plan is named when it is made.")


def _allow_map_runs(machine: Workflow) -> None:
    """A map run starts executions of its own machine, so this policy comes after the machine."""
    children = Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}/chunks:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    policy = Policy(
        machine,
        "MapRuns",
        roles=[machine.caller],
        statements=[
            PolicyStatement(
                actions=["states:StartExecution"], resources=[machine.state_machine_arn]
            ),
            PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution"], resources=[children]
            ),
        ],
    )
    logical = Stack.of(machine).get_logical_id(cast("CfnElement", machine.node.default_child))
    found = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<{logical}.Name>"
    acknowledge(policy, f"IAM5[Resource::{found}/chunks:*]", "A map run names its executions.")
