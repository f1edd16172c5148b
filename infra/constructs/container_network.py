"""Where containers run: a network of their own, or one that the account has."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy
from aws_cdk.aws_ec2 import (
    FlowLogDestination,
    FlowLogTrafficType,
    GatewayVpcEndpointAwsService,
    IpAddresses,
    ISecurityGroup,
    IVpc,
    Peer,
    Port,
    SecurityGroup,
    SubnetConfiguration,
    SubnetType,
    Vpc,
)
from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_logs import LogGroup, RetentionDays
from constructs import Construct

from infra.settings import Settings

_ZONES = 2  # Fargate has machines in one when it has none in the other.


class ContainerNetwork(Construct):
    """Nothing reaches a container from outside; it speaks HTTPS and nothing else.

    Without a network of the account: two public subnets, since a container there needs no gateway
    that is paid by the hour to fetch its image and to write its log; what it reads and writes goes
    through gateways to S3 and DynamoDB, which cost nothing.
    """

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Network")
        self.public_address = not settings.vpc
        vpc = self._given(settings) if settings.vpc else self._own()
        self.subnets: Sequence[str] = settings.subnets or [
            subnet.subnet_id for subnet in vpc.public_subnets
        ]
        self.group: ISecurityGroup = SecurityGroup(
            self,
            "Group",
            vpc=vpc,
            description="Containers of tune and train: nothing in, HTTPS out.",
            allow_all_outbound=False,
        )
        self.group.add_egress_rule(Peer.any_ipv4(), Port.tcp(443), "AWS, over TLS.")

    def _given(self, settings: Settings) -> IVpc:
        return Vpc.from_vpc_attributes(
            self, "Vpc", vpc_id=settings.vpc, availability_zones=["unknown"]
        )

    def _own(self) -> Vpc:
        vpc = Vpc(
            self,
            "Vpc",
            ip_addresses=IpAddresses.cidr("10.97.0.0/20"),
            max_azs=_ZONES,
            nat_gateways=0,
            # Emptying it takes a custom resource; nothing is put into that group.
            restrict_default_security_group=False,
            subnet_configuration=[
                SubnetConfiguration(
                    name="public", subnet_type=SubnetType.PUBLIC, map_public_ip_on_launch=False
                )
            ],
        )
        for service in ("S3", "DYNAMODB"):
            vpc.add_gateway_endpoint(
                service.capitalize(), service=getattr(GatewayVpcEndpointAwsService, service)
            )
        self._log_refused(vpc)
        return vpc

    def _log_refused(self, vpc: Vpc) -> None:
        logs = LogGroup(
            self,
            "RefusedLogs",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = Role(
            self,
            "RefusedRole",
            assumed_by=ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            description="Writes what the network refused into its log.",
        )
        vpc.add_flow_log(
            "Refused",
            destination=FlowLogDestination.to_cloud_watch_logs(logs, role),
            traffic_type=FlowLogTrafficType.REJECT,
        )
