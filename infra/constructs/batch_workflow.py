"""The state machine that scores whole tables."""

import json
from typing import cast

from aws_cdk import ArnFormat, CfnElement, RemovalPolicy, Stack
from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import Policy, PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import LogGroup, RetentionDays
from aws_cdk.aws_s3 import IBucket
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine
from constructs import Construct

from infra.constructs.acknowledged import acknowledge, acknowledge_prefix
from infra.constructs.batch_flow import batch_flow
from infra.constructs.notifications import Notifications


class BatchWorkflow(StateMachine):
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
        logs = LogGroup(
            scope,
            f"{name}Logs",
            log_group_name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}-batch",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = Role(
            scope,
            f"{name}Role",
            assumed_by=ServicePrincipal("states.amazonaws.com"),
            description="What scoring a table may do.",
        )
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
            comment="Evergreen: a table in, its predictions out.",
            # Not CDK's own JSON: it leaves out null, and a null ResultPath means something.
            definition_body=DefinitionBody.from_string(json.dumps(flow)),
            logs=LogOptions(destination=logs, include_execution_data=False, level=LogLevel.ALL),
            role=role,
            tracing_enabled=True,
        )
        _allow(role, score, features, registry, notifications)
        _allow_map_runs(self, role)
        acknowledge(
            role,
            "IAM5[Resource::*]",
            "X-Ray and the delivery of logs have no resources to name.",
        )
        acknowledge_prefix(role, features, "batches", "A plan is named when it is made.")


def _allow(
    role: Role,
    score: IFunction,
    features: IBucket,
    registry: ITable,
    notifications: Notifications,
) -> None:
    statements = [
        PolicyStatement(actions=["lambda:InvokeFunction"], resources=[score.function_arn]),
        PolicyStatement(
            actions=["s3:GetObject"], resources=[features.arn_for_objects("batches/*")]
        ),
        PolicyStatement(
            actions=["dynamodb:UpdateItem"],
            resources=[registry.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}},
        ),
        PolicyStatement(actions=["sns:Publish"], resources=[notifications.topic.topic_arn]),
        PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[notifications.key.key_arn],
        ),
    ]
    for statement in statements:
        role.add_to_policy(statement)


def _allow_map_runs(machine: StateMachine, role: Role) -> None:
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
        roles=[role],
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
