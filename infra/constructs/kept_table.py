"""A table that outlives every deployment."""

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


class KeptTable(Table):
    """Encrypted, paid per request, recoverable to any second of 35 days; its keys are text."""

    def __init__(
        self, scope: Construct, name: str, *, sort_key: str = "", deletion_protection: bool
    ) -> None:
        super().__init__(
            scope,
            name,
            partition_key=Attribute(name="pk", type=AttributeType.STRING),
            sort_key=Attribute(name=sort_key, type=AttributeType.STRING) if sort_key else None,
            billing_mode=BillingMode.PAY_PER_REQUEST,
            deletion_protection=deletion_protection,
            encryption=TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )
