"""What outlives every deployment: the buckets, the registry and the online store."""

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.constructs.online_table import OnlineTable
from infra.constructs.private_bucket import PrivateBucket
from infra.constructs.registry_table import RegistryTable
from infra.settings import Settings

_DIGESTS = {"digests/": 180}
"""Days. A day's digest that is needed after all is made of its captures again."""

_SWEEPS = {"sweeps/": 90}
"""Days. What a sweep found stays in the models' reports; this is how it went."""


class StorageStack(Stack):
    """Features, artifacts, and the log of who read them; the registry and the online store."""

    def __init__(self, scope: Construct, name: str, *, settings: Settings) -> None:
        super().__init__(scope, name, description="Evergreen: data, models and their registry.")
        access_logs = PrivateBucket(self, "AccessLogs", expires_after=Duration.days(365))
        acknowledge(access_logs, "S1", "The log of accesses does not log the writing of itself.")
        self.features = PrivateBucket(self, "Features", access_logs=access_logs, expiring=_DIGESTS)
        self.artifacts = PrivateBucket(self, "Artifacts", access_logs=access_logs, expiring=_SWEEPS)
        self.registry = RegistryTable(
            self, "Registry", deletion_protection=settings.deletion_protection
        )
        self.online = OnlineTable(self, "Online", deletion_protection=settings.deletion_protection)
        CfnOutput(self, "FeaturesBucket", value=self.features.bucket_name)
        CfnOutput(self, "ArtifactsBucket", value=self.artifacts.bucket_name)
        CfnOutput(self, "RegistryTable", value=self.registry.table_name)
        CfnOutput(self, "OnlineTable", value=self.online.table_name)
