"""The online store's table; `evergreen/aws/online.py` describes its items."""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    BillingMode,
    PointInTimeRecoverySpecification,
    Table,
    TableEncryption,
)
from constructs import Construct


class OnlineTable(Table):
    """One table, key ``pk``, paid per request, recoverable to any second of 35 days.

    What is in it can be materialised again, but for what people observed and whom they erased.
    """

    def __init__(self, scope: Construct, name: str, *, deletion_protection: bool) -> None:
        super().__init__(
            scope,
            name,
            partition_key=Attribute(name="pk", type=AttributeType.STRING),
            billing_mode=BillingMode.PAY_PER_REQUEST,
            deletion_protection=deletion_protection,
            encryption=TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
