"""All that runs stages as containers, where a function is too small. Idle, it costs nothing."""

from aws_cdk import ArnFormat, Stack
from aws_cdk.aws_ecs import CfnCluster
from aws_cdk.aws_iam import PolicyStatement, Role, ServicePrincipal
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.constructs.container_flow import Containers
from infra.constructs.container_image import STAGES, container_image
from infra.constructs.container_network import ContainerNetwork
from infra.constructs.stage_container import CONTAINER, StageContainer
from infra.settings import Settings

# By this rule of its own Step Functions hears that a task ended.
_ENDED = "StepFunctionsGetEventsForECSTaskRule"


class StageContainers(Construct):
    """The cluster, its network, the image, and a task definition for each stage."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Containers")
        self._network = ContainerNetwork(self, settings)
        self._cluster = CfnCluster(self, "Cluster", cluster_name=Stack.of(self).stack_name)
        acknowledge(
            self._cluster, "ECS4", "Its tasks run for minutes; each has its log and its record."
        )
        self._starter = Role(
            self,
            "StarterRole",
            assumed_by=ServicePrincipal("ecs-tasks.amazonaws.com"),
            description="Fetches the image of a container and writes its log.",
        )
        acknowledge(self._starter, "IAM5[Resource::*]", "A registry's token names no resource.")
        image = container_image(self, settings)
        self.stages = {
            stage: StageContainer(
                self, stage=stage, settings=settings, image=image, starter=self._starter
            )
            for stage in STAGES
        }

    def for_flow(self, at_once: int) -> Containers:
        """What the workflow's states name."""
        return Containers(
            cluster=self._cluster.attr_arn,
            tasks={stage: str(one.task.family) for stage, one in self.stages.items()},
            container=CONTAINER,
            subnets=self._network.subnets,
            security_group=self._network.group.security_group_id,
            public_address=self._network.public_address,
            at_once=at_once,
        )

    def let_run(self, caller: Role) -> None:
        """Allow a workflow's role to start these containers, hear of their end and stop them."""
        families = [
            self._arn(f"task-definition/{one.task.family}:*") for one in self.stages.values()
        ]
        tasks = self._arn(f"task/{Stack.of(self).stack_name}/*")
        own = {"ArnEquals": {"ecs:cluster": self._cluster.attr_arn}}
        roles = [self._starter, *(one.role for one in self.stages.values())]
        rule = self._arn(f"rule/{_ENDED}", service="events")
        passing = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
        for statement in (
            PolicyStatement(actions=["ecs:RunTask"], resources=families, conditions=own),
            PolicyStatement(actions=["ecs:DescribeTasks", "ecs:StopTask"], resources=[tasks]),
            PolicyStatement(
                actions=["iam:PassRole"],
                resources=[role.role_arn for role in roles],
                conditions=passing,
            ),
            PolicyStatement(
                actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                resources=[rule],
            ),
        ):
            caller.add_to_policy(statement)
        self._acknowledge(caller)

    def _arn(self, resource: str, service: str = "ecs") -> str:
        return Stack.of(self).format_arn(
            service=service, resource=resource, arn_format=ArnFormat.NO_RESOURCE_NAME
        )

    def _acknowledge(self, caller: Role) -> None:
        stack = Stack.of(self).stack_name
        start = "arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>"
        for stage in self.stages:
            acknowledge(
                caller,
                f"IAM5[Resource::{start}:task-definition/{stack}-{stage}:*]",
                "The newest revision runs, also of a run that began before a deployment.",
            )
        acknowledge(
            caller, f"IAM5[Resource::{start}:task/{stack}/*]", "A task is named when it starts."
        )
