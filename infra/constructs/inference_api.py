"""The HTTPS door: every method needs a signed request, every request is logged."""

from aws_cdk import RemovalPolicy
from aws_cdk.aws_apigateway import (
    AccessLogFormat,
    AuthorizationType,
    CfnAccount,
    EndpointType,
    LambdaIntegration,
    LogGroupLogDestination,
    MethodLoggingLevel,
    MethodOptions,
    RestApi,
    StageOptions,
)
from aws_cdk.aws_iam import ManagedPolicy, Role, ServicePrincipal
from aws_cdk.aws_lambda import IFunction
from aws_cdk.aws_logs import LogGroup, RetentionDays
from constructs import Construct

from infra.constructs.acknowledged import acknowledge
from infra.settings import Settings


class InferenceApi(RestApi):
    """A REST API that hands every path to one function and asks for SigV4 on each."""

    def __init__(
        self, scope: Construct, name: str, *, function: IFunction, settings: Settings
    ) -> None:
        logs = LogGroup(
            scope,
            f"{name}Logs",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        super().__init__(
            scope,
            name,
            rest_api_name="evergreen",
            description="Predictions, explanations and feedback.",
            cloud_watch_role=False,
            default_method_options=MethodOptions(authorization_type=AuthorizationType.IAM),
            deploy_options=_stage(settings, logs),
            endpoint_types=[EndpointType.REGIONAL],
        )
        integration = LambdaIntegration(function, allow_test_invoke=False)
        self.root.add_method("ANY", integration)
        self.root.add_proxy(default_integration=integration, any_method=True)
        self.deployment_stage.node.add_dependency(_account(scope))
        _acknowledge(self)


def _stage(settings: Settings, logs: LogGroup) -> StageOptions:
    return StageOptions(
        stage_name=settings.api_stage,
        access_log_destination=LogGroupLogDestination(logs),
        access_log_format=AccessLogFormat.json_with_standard_fields(
            caller=True,
            http_method=True,
            ip=True,
            protocol=True,
            request_time=True,
            resource_path=True,
            response_length=True,
            status=True,
            user=True,
        ),
        logging_level=MethodLoggingLevel.ERROR,
        data_trace_enabled=False,
        metrics_enabled=True,
        throttling_rate_limit=settings.requests_per_second,
        throttling_burst_limit=settings.request_burst,
        tracing_enabled=True,
    )


def _account(scope: Construct) -> CfnAccount:
    """The account-wide permission to log, without which API Gateway refuses a stage with logs."""
    role = Role(
        scope,
        "ApiLogsRole",
        assumed_by=ServicePrincipal("apigateway.amazonaws.com"),
        description="Lets API Gateway write its logs.",
        managed_policies=[
            ManagedPolicy.from_aws_managed_policy_name(
                "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
            )
        ],
    )
    acknowledge(
        role,
        "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AmazonAPIGatewayPushToCloudWatchLogs]",
        "API Gateway asks for exactly this policy; it writes the logs of all of an account's APIs.",
    )
    account = CfnAccount(scope, "ApiAccount", cloud_watch_role_arn=role.role_arn)
    account.apply_removal_policy(RemovalPolicy.RETAIN)
    role.apply_removal_policy(RemovalPolicy.RETAIN)
    return account


def _acknowledge(api: RestApi) -> None:
    acknowledge(
        api,
        "APIG2",
        "Rows are checked against the model's own signature, which only the function knows.",
    )
    acknowledge(api, "APIG3", "Every method needs a signature of this account and is throttled.")
    acknowledge(api, "COG4", "Callers are AWS identities (SigV4), not users of a pool.")
