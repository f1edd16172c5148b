"""One stage as a Lambda function: the one place that knows runtime, packaging, logs and roles."""

import shutil
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack, Stage
from aws_cdk.aws_iam import Role, ServicePrincipal
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
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.constructs.dependency_layers import DependencyLayers
from infra.constructs.stage_access import StageAccess
from infra.settings import Settings
from layers import own
from layers.functions import CORE, LAYER_OF


class StageFunction(StageAccess):
    """The handler of one stage, its log and its role.

    The role starts with nothing but its own log and traces. A second function of a stage, with a
    role of its own, has a ``name``.
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
        name: str = "",
    ) -> None:
        super().__init__(scope, name or stage.capitalize())
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
            description=f"What {(name or stage).lower()} may do.",
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

    def tell(self, variable: str, value: str) -> None:
        """Set a variable of the function's environment."""
        self.function.add_environment(variable, value)


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
    found: list[ILayerVersion] = [layers.version(name) for name in (CORE, LAYER_OF[stage]) if name]
    return [*found, layers.own()] if settings.own and stage in own.STAGES else found


def _code(scope: Construct, stage: str, settings: Settings) -> Path:
    """The folder that becomes the function's code."""
    handler = settings.functions / stage
    if settings.layers is not None:
        return handler
    bundle = Path(Stage.of(scope).outdir) / "bundles" / stage  # type: ignore[union-attr]
    shutil.rmtree(bundle, ignore_errors=True)
    shutil.copytree(handler, bundle, ignore=own.NOT_CODE)
    shutil.copytree(settings.package, bundle / "evergreen", ignore=_not_deployed)
    if settings.own and stage in own.STAGES:
        own.unpack(settings.own, bundle)
    return bundle


def _not_deployed(folder: str, names: list[str]) -> set[str]:
    command_line = {"cli"} if Path(folder).name == "evergreen" else set()
    return own.NOT_CODE(folder, names) | command_line & set(names)
