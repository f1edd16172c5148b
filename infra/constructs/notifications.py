"""Where people hear of what failed."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.aws_iam import PolicyStatement, ServicePrincipal
from aws_cdk.aws_kms import Key
from aws_cdk.aws_sns import Topic
from constructs import Construct


class Notifications(Construct):
    """An encrypted topic that alarms and the workflow may publish to.

    It has a key of its own because alarms cannot use the one that AWS manages for SNS.
    """

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.key = Key(
            self,
            "Key",
            description="Encrypts Evergreen's notifications.",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.key.add_to_resource_policy(_alarms(self, ["kms:Decrypt", "kms:GenerateDataKey"], "*"))
        self.topic = Topic(
            self,
            "Topic",
            display_name="Evergreen",
            enforce_ssl=True,
            master_key=self.key,
        )
        self.topic.add_to_resource_policy(_alarms(self, ["sns:Publish"], self.topic.topic_arn))

    def may_publish(self) -> list[PolicyStatement]:
        """What a role needs to tell people."""
        return [
            PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn]),
            PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key.key_arn]
            ),
        ]


def _alarms(scope: Construct, actions: list[str], resource: str) -> PolicyStatement:
    """Lets alarms of this account, and of no other, do ``actions``."""
    return PolicyStatement(
        actions=actions,
        conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        principals=[ServicePrincipal("cloudwatch.amazonaws.com")],
        resources=[resource],
    )
