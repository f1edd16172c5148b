"""One stage as a Lambda function: the one place that knows runtime, packaging, logs and roles."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack, Stage
from aws_cdk.aws_dynamodb import ITable
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_lambda import (
    Architecture,
    Code,
    Function,
    ILayerVersion,
    LoggingFormat,
    Runtime,
    RuntimeFamily,
    SnapStartConf,
    Tracing,
)
from aws_cdk.aws_logs import LogGroup, RetentionDays
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.acknowledged import acknowledge, acknowledge_prefix
from infra.constructs.dependency_layers import DependencyLayers
from infra.settings import Settings
from layers.functions import CORE, LAYER_OF

NOT_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")
READ_REGISTRY = ("dynamodb:GetItem", "dynamodb:Query")
READ_ONLINE = ("dynamodb:BatchGetItem",)
WRITE_ONLINE = ("dynamodb:UpdateItem",)
WRITE_REGISTRY = ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


class StageFunction(Construct):
    """The handler of one stage, its log and its role.

    The role starts with nothing but its own log and traces. Each ``uses_`` method allows named
    actions on one resource and tells the function that resource's name.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: str,
        does: str,
        settings: Settings,
        memory: int,
        timeout: Duration,
        snap_start: bool = False,
    ) -> None:
        super().__init__(scope, stage.capitalize())
        logs = LogGroup(
            self,
            "Logs",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = Role(
            self,
            "Role",
            assumed_by=ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {stage} may do.",
        )
        self.function = Function(
            self,
            "Function",
            architecture=_architecture(settings),
            code=Code.from_asset(str(_code(self, stage, settings)), exclude=["**/__pycache__"]),
            description=does,
            environment={"OMP_NUM_THREADS": str(_processors(memory))},
            handler="handler.handler",
            layers=_layers(self, settings, stage),
            log_group=logs,
            logging_format=LoggingFormat.JSON,
            memory_size=memory,
            role=self.role,
            runtime=Runtime(settings.runtime, RuntimeFamily.PYTHON, supports_snap_start=snap_start),
            snap_start=SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            timeout=timeout,
            tracing=Tracing.ACTIVE,
        )
        logs.grant_write(self.role)
        acknowledge(self, "IAM5[Resource::*]", "X-Ray has no resources to name.")
        acknowledge(self, "L1", "The layers are built and tested for the version in the settings.")

    def uses(self, variable: str, value: str, arn: str, actions: Sequence[str]) -> None:
        """Allow ``actions`` on ``arn`` and tell the function ``value``."""
        self.function.add_environment(f"EVERGREEN_{variable}", value)
        self.function.add_to_role_policy(PolicyStatement(actions=sorted(actions), resources=[arn]))

    def uses_registry(self, table: ITable, *, writes: bool = True) -> None:
        """Allow reading the registry, and writing unless told otherwise."""
        actions = READ_REGISTRY + (WRITE_REGISTRY if writes else ())
        self.uses("REGISTRY_TABLE", table.table_name, table.table_arn, actions)

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
        self.function.add_environment(f"EVERGREEN_{variable}", bucket.bucket_name)
        for action, prefixes in (("s3:GetObject", reads), ("s3:PutObject", writes)):
            if prefixes:
                self._allow_below(bucket, action, prefixes)
        if reads:
            self.function.add_to_role_policy(
                PolicyStatement(
                    actions=["s3:ListBucket"],
                    resources=[bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": [f"{prefix}/*" for prefix in reads]}},
                )
            )

    def _allow_below(self, bucket: IBucket, action: str, prefixes: Sequence[str]) -> None:
        self.function.add_to_role_policy(
            PolicyStatement(
                actions=[action],
                resources=[bucket.arn_for_objects(f"{prefix}/*") for prefix in prefixes],
            )
        )
        for prefix in prefixes:
            reason = f"Objects below {prefix}/ are named when they are made."
            acknowledge_prefix(self, bucket, prefix, reason)


def _architecture(settings: Settings) -> Architecture:
    return Architecture.ARM_64 if settings.architecture == "arm64" else Architecture.X86_64


def _processors(memory: int) -> int:
    """Lambda gives one processor for each 1,769 MB. A library that starts a thread for each that
    the machine has waits for its own threads: tree boosting took thirty times as long here."""
    return max(1, memory // 1769)


def _layers(scope: Construct, settings: Settings, stage: str) -> list[ILayerVersion]:
    if settings.layers is None:
        return []
    layers = DependencyLayers.of(Stack.of(scope), settings)
    return [layers.version(name) for name in (CORE, LAYER_OF[stage]) if name]


def _code(scope: Construct, stage: str, settings: Settings) -> Path:
    """The folder that becomes the function's code."""
    handler = settings.functions / stage
    if settings.layers is not None:
        return handler
    bundle = Path(Stage.of(scope).outdir) / "bundles" / stage  # type: ignore[union-attr]
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(handler, bundle, ignore=NOT_CODE)
    shutil.copytree(settings.package, bundle / "evergreen", ignore=_not_deployed)
    return bundle


def _not_deployed(folder: str, names: list[str]) -> set[str]:
    command_line = {"cli"} if Path(folder).name == "evergreen" else set()
    return NOT_CODE(folder, names) | command_line & set(names)
