"""A bucket that only this account's named roles reach, over TLS."""

from collections.abc import Mapping
from types import MappingProxyType

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_s3 import (
    BlockPublicAccess,
    Bucket,
    BucketEncryption,
    IBucket,
    LifecycleRule,
    ObjectOwnership,
)
from constructs import Construct


class PrivateBucket(Bucket):
    """Encrypted, versioned, TLS-only and retained; old versions of objects expire, all objects
    ``expires_after`` they were written, and those below a prefix of ``expiring`` after its days.

    Encryption is SSE-S3: no reader outside this account exists who a key of our own would have
    to keep out, and every read would then pay for a KMS call.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        access_logs: IBucket | None = None,
        expires_after: Duration | None = None,
        expiring: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(
            scope,
            name,
            block_public_access=BlockPublicAccess.BLOCK_ALL,
            encryption=BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.RETAIN,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{name.lower()}/" if access_logs else None,
            versioned=True,
            lifecycle_rules=[
                LifecycleRule(
                    id="old-versions",
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    expiration=expires_after,
                    noncurrent_version_expiration=Duration.days(90),
                ),
                *(
                    LifecycleRule(
                        id=prefix.rstrip("/"), prefix=prefix, expiration=Duration.days(days)
                    )
                    for prefix, days in expiring.items()
                ),
            ],
        )
