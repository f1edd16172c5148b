"""The state machine that runs the training flow."""

import json
from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import LogGroup, RetentionDays
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.constructs.notifications import Notifications
from infra.constructs.training_flow import training_flow


class TrainingWorkflow(StateMachine):
    """One execution is one run. Logs say which states ran; their data stays in the history."""

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
        logs = LogGroup(
            scope,
            f"{name}Logs",
            # Step Functions appends to its account's log policy, which has a size limit, unless
            # the group's name begins so.
            log_group_name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = Role(
            scope,
            f"{name}Role",
            assumed_by=ServicePrincipal("states.amazonaws.com"),
            description="What the workflow may do.",
        )
        flow = training_flow(
            {stage: function.function_arn for stage, function in functions.items()},
            registry=registry.table_name,
            topic=notifications.topic.topic_arn,
            trials_at_once=trials_at_once,
        )
        super().__init__(
            scope,
            name,
            comment="Evergreen: from raw tables to a version that serves.",
            # Not CDK's own JSON: it leaves out null, and a null ResultPath means something.
            definition_body=DefinitionBody.from_string(json.dumps(flow)),
            logs=LogOptions(destination=logs, include_execution_data=False, level=LogLevel.ALL),
            role=role,
            tracing_enabled=True,
        )
        _allow(role, functions, registry, notifications)
        acknowledge(
            role,
            "IAM5[Resource::*]",
            "X-Ray and the delivery of logs have no resources to name.",
        )


def _allow(
    role: Role,
    functions: Mapping[str, IFunction],
    registry: ITable,
    notifications: Notifications,
) -> None:
    statements = [
        PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn for function in functions.values()],
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
