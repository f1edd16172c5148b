"""What a state machine's role needs for the Distributed Maps in its flow."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import ArnFormat, CfnElement, Stack
from aws_cdk.aws_iam import Policy, PolicyStatement
from aws_cdk.aws_s3 import IBucket

from infra.constructs.acknowledged import acknowledge, acknowledge_prefix
from infra.constructs.workflow import Workflow


def allow_map_runs(
    machine: Workflow, labels: Sequence[str], *, items: IBucket, prefix: str
) -> None:
    """Let the machine run maps of these labels over items that lie below a prefix of a bucket.

    A map run starts executions of its own machine, so this policy comes after the machine.
    """
    machine.caller.add_to_policy(
        PolicyStatement(actions=["s3:GetObject"], resources=[items.arn_for_objects(f"{prefix}/*")])
    )
    acknowledge_prefix(machine.caller, items, prefix, "A list of items is named when it is made.")
    policy = Policy(
        machine,
        "MapRuns",
        roles=[machine.caller],
        statements=[
            PolicyStatement(
                actions=["states:StartExecution"], resources=[machine.state_machine_arn]
            ),
            PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[_children(machine, label) for label in labels],
            ),
        ],
    )
    logical = Stack.of(machine).get_logical_id(cast("CfnElement", machine.node.default_child))
    found = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<{logical}.Name>"
    for label in labels:
        reason = "A map run names its executions."
        acknowledge(policy, f"IAM5[Resource::{found}/{label}:*]", reason)


def _children(machine: Workflow, label: str) -> str:
    return Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{machine.state_machine_name}/{label}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
