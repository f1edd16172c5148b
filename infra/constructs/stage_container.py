"""A stage as a container on Fargate: the same handler, and the same rights as its function."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.aws_ecr_assets import DockerImageAsset
from aws_cdk.aws_ecs import (
    ContainerImage,
    CpuArchitecture,
    FargateTaskDefinition,
    LogDriver,
    MountPoint,
    OperatingSystemFamily,
    RuntimePlatform,
    Volume,
)
from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_logs import LogGroup, RetentionDays
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.constructs.stage_access import StageAccess
from infra.settings import Settings

CONTAINER = "stage"
"""The name of the only container of each task."""


class StageContainer(StageAccess):
    """The task definition of one stage, its log and its role. Processors and memory are what each
    start asks for; those given here are never used."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: str,
        settings: Settings,
        image: DockerImageAsset,
        starter: Role,
    ) -> None:
        """``starter`` is the role that fetches the image and writes the log."""
        super().__init__(scope, stage.capitalize())
        self.role = Role(
            self,
            "Role",
            assumed_by=ServicePrincipal("ecs-tasks.amazonaws.com"),
            description=f"What {stage} may do in a container.",
        )
        self.task = FargateTaskDefinition(
            self,
            "Task",
            family=f"{Stack.of(self).stack_name}-{stage}",
            cpu=1024,
            memory_limit_mib=2048,
            execution_role=starter,
            task_role=self.role,
            runtime_platform=RuntimePlatform(
                cpu_architecture=CpuArchitecture.ARM64
                if settings.architecture == "arm64"
                else CpuArchitecture.X86_64,
                operating_system_family=OperatingSystemFamily.LINUX,
            ),
            volumes=[Volume(name="tmp")],
        )
        logs = LogGroup(
            self,
            "Logs",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._container = self.task.add_container(
            CONTAINER,
            image=ContainerImage.from_docker_image_asset(image),
            environment={
                "AWS_DEFAULT_REGION": Stack.of(self).region,
                "EVERGREEN_STAGE": stage,
            },
            logging=LogDriver.aws_logs(log_group=logs, stream_prefix=stage),
            readonly_root_filesystem=True,
        )
        self._container.add_mount_points(
            MountPoint(container_path="/tmp", source_volume="tmp", read_only=False)  # noqa: S108
        )
        acknowledge(self.task, "ECS2", "They name resources, and hold no secret.")

    def tell(self, variable: str, value: str) -> None:
        """Set a variable of the container's environment."""
        self._container.add_environment(variable, value)
