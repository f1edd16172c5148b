"""What one stage may touch: named actions on named resources, for whatever runs it."""

from abc import abstractmethod
from collections.abc import Sequence

from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import PolicyStatement, Role
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.acknowledged import acknowledge_prefix

READ_REGISTRY = ("dynamodb:GetItem", "dynamodb:Query")
READ_ONLINE = ("dynamodb:BatchGetItem",)
WRITE_ONLINE = ("dynamodb:UpdateItem",)
WRITE_REGISTRY = ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


class StageAccess(Construct):
    """Each ``uses_`` method allows named actions on one resource and tells the stage that
    resource's name."""

    role: Role

    @abstractmethod
    def tell(self, variable: str, value: str) -> None:
        """Set a variable of the stage's environment."""

    def uses(self, variable: str, value: str, arn: str, actions: Sequence[str]) -> None:
        """Allow ``actions`` on ``arn`` and tell the stage ``value``."""
        self.tell(f"EVERGREEN_{variable}", value)
        self.role.add_to_policy(PolicyStatement(actions=sorted(actions), resources=[arn]))

    def uses_registry(self, table: ITable, *, writes: bool = True) -> None:
        """Allow reading the registry, and writing unless told otherwise."""
        actions = READ_REGISTRY + (WRITE_REGISTRY if writes else ())
        self.uses("REGISTRY_TABLE", table.table_name, table.table_arn, actions)

    def lists_runs(self, table: ITable) -> None:
        """Allow reading the records of several runs at once."""
        statement = PolicyStatement(actions=["dynamodb:BatchGetItem"], resources=[table.table_arn])
        self.role.add_to_policy(statement)

    def uses_online(self, table: ITable, *, writes: bool = False) -> None:
        """Allow reading entities from the online store, and writing where told."""
        actions = READ_ONLINE + (WRITE_ONLINE if writes else ())
        self.uses("ONLINE_TABLE", table.table_name, table.table_arn, actions)

    def uses_features(
        self, bucket: IBucket, *, reads: Sequence[str] = (), writes: Sequence[str] = ()
    ) -> None:
        """Allow reading, listing and writing below prefixes of the features bucket."""
        self._uses_bucket("FEATURES_BUCKET", bucket, reads, writes)

    def uses_artifacts(
        self, bucket: IBucket, *, reads: Sequence[str] = (), writes: Sequence[str] = ()
    ) -> None:
        """Allow reading, listing and writing below prefixes of the artifacts bucket."""
        self._uses_bucket("ARTIFACTS_BUCKET", bucket, reads, writes)

    def _uses_bucket(
        self, variable: str, bucket: IBucket, reads: Sequence[str], writes: Sequence[str]
    ) -> None:
        self.tell(f"EVERGREEN_{variable}", bucket.bucket_name)
        for action, prefixes in (("s3:GetObject", reads), ("s3:PutObject", writes)):
            if prefixes:
                self._allow_below(bucket, action, prefixes)
        if reads:
            self.role.add_to_policy(
                PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": [f"{prefix}/*" for prefix in reads]}},
                )
            )

    def _allow_below(self, bucket: IBucket, action: str, prefixes: Sequence[str]) -> None:
        self.role.add_to_policy(
            PolicyStatement(
                actions=[action],
                resources=[bucket.arn_for_objects(f"{prefix}/*") for prefix in prefixes],
            )
        )
        for prefix in prefixes:
            reason = f"Objects below {prefix}/ are named when they are made."
            acknowledge_prefix(self, bucket, prefix, reason)
