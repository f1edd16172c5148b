"""What every state machine of ours has: a log, traces, a role of its own, and a way to fail."""

import json
from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import LogGroup, RetentionDays
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.constructs.failure_flow import State
from infra.constructs.notifications import Notifications


class Workflow(StateMachine):
    """One execution is one run. Logs say which states ran; their data stays in the history.

    Its role may call ``functions`` and, where they are given, close a run's record in ``registry``
    and tell people; a subclass adds what else its flow asks for to ``caller``.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        does: str,
        flow: State,
        functions: Sequence[IFunction],
        registry: ITable | None = None,
        notifications: Notifications | None = None,
        log_suffix: str = "",
    ) -> None:
        logs = LogGroup(
            scope,
            f"{name}Logs",
            # Step Functions appends to its account's log policy, which has a size limit, unless
            # the group's name begins so.
            log_group_name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}{log_suffix}",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.caller = Role(
            scope,
            f"{name}Role",
            assumed_by=ServicePrincipal("states.amazonaws.com"),
            description=f"What the workflow may do: {does}",
        )
        super().__init__(
            scope,
            name,
            comment=f"Evergreen: {does}",
            # Not CDK's own JSON: it leaves out null, and a null ResultPath means something.
            definition_body=DefinitionBody.from_string(json.dumps(flow)),
            logs=LogOptions(destination=logs, include_execution_data=False, level=LogLevel.ALL),
            role=self.caller,
            tracing_enabled=True,
        )
        for statement in _statements(functions, registry, notifications):
            self.caller.add_to_policy(statement)
        acknowledge(
            self.caller,
            "IAM5[Resource::*]",
            "X-Ray and the delivery of logs have no resources to name.",
        )


def _statements(
    functions: Sequence[IFunction], registry: ITable | None, notifications: Notifications | None
) -> list[PolicyStatement]:
    statements = [
        PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn for function in functions],
        )
    ]
    if registry:
        leading = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["RUN#*"]}}
        statements.append(
            PolicyStatement(
                actions=["dynamodb:UpdateItem"],
                resources=[registry.table_arn],
                conditions=leading,
            )
        )
    return [*statements, *(notifications.may_publish() if notifications else ())]
