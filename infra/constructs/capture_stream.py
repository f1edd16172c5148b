"""The stream that carries served predictions to the features bucket, partitioned by model."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.aws_iam import PolicyDocument, PolicyStatement, Role, ServicePrincipal
from aws_cdk.aws_kinesisfirehose import CfnDeliveryStream
from aws_cdk.aws_logs import LogGroup, LogStream, RetentionDays
from aws_cdk.aws_s3 import IBucket
from constructs import Construct

from infra.constructs.acknowledged import acknowledge_prefix

PREFIX = "captures/!{partitionKeyFromQuery:model}/dt=!{timestamp:yyyy-MM-dd}/"
FAILED_PREFIX = "captures-failed/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/"
Delivery = CfnDeliveryStream


class CaptureStream(Construct):
    """Takes one JSON line a record and writes it below ``captures/<model>/dt=<day>/``."""

    def __init__(self, scope: Construct, name: str, *, stream: str, bucket: IBucket) -> None:
        super().__init__(scope, name)
        self.name = stream
        self.arn = Stack.of(self).format_arn(
            service="firehose", resource="deliverystream", resource_name=stream
        )
        logs = LogGroup(
            self,
            "Logs",
            retention=RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        deliveries = LogStream(
            self, "Deliveries", log_group=logs, removal_policy=RemovalPolicy.DESTROY
        )
        role = _role(self, bucket, logs)
        CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=stream,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=Delivery.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="AWS_OWNED_CMK"
            ),
            extended_s3_destination_configuration=_destination(bucket, role, logs, deliveries),
        )


def _destination(
    bucket: IBucket, role: Role, logs: LogGroup, deliveries: LogStream
) -> Delivery.ExtendedS3DestinationConfigurationProperty:
    return Delivery.ExtendedS3DestinationConfigurationProperty(
        bucket_arn=bucket.bucket_arn,
        role_arn=role.role_arn,
        prefix=PREFIX,
        error_output_prefix=FAILED_PREFIX,
        file_extension=".jsonl",
        compression_format="UNCOMPRESSED",
        # 64 MB is the least that dynamic partitioning accepts; a minute ends the wait before that.
        buffering_hints=Delivery.BufferingHintsProperty(interval_in_seconds=60, size_in_m_bs=64),
        cloud_watch_logging_options=Delivery.CloudWatchLoggingOptionsProperty(
            enabled=True,
            log_group_name=logs.log_group_name,
            log_stream_name=deliveries.log_stream_name,
        ),
        dynamic_partitioning_configuration=Delivery.DynamicPartitioningConfigurationProperty(
            enabled=True, retry_options=Delivery.RetryOptionsProperty(duration_in_seconds=300)
        ),
        processing_configuration=Delivery.ProcessingConfigurationProperty(
            enabled=True, processors=[_model_of_record()]
        ),
    )


def _model_of_record() -> Delivery.ProcessorProperty:
    parameters = {"MetadataExtractionQuery": "{model: .model}", "JsonParsingEngine": "JQ-1.6"}
    return Delivery.ProcessorProperty(
        type="MetadataExtraction",
        parameters=[
            Delivery.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
            for name, value in parameters.items()
        ],
    )


def _role(scope: Construct, bucket: IBucket, logs: LogGroup) -> Role:
    prefixes = ("captures", "captures-failed")
    statements = [
        PolicyStatement(
            actions=["s3:AbortMultipartUpload", "s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{prefix}/*") for prefix in prefixes],
        ),
        PolicyStatement(
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources=[bucket.bucket_arn],
        ),
        PolicyStatement(actions=["logs:PutLogEvents"], resources=[logs.log_group_arn]),
    ]
    role = Role(
        scope,
        "Role",
        assumed_by=ServicePrincipal("firehose.amazonaws.com"),
        description="What the delivery of captures may do.",
        # In the role itself: the stream is refused when it exists before its permissions.
        inline_policies={"Deliver": PolicyDocument(statements=statements)},
    )
    for prefix in prefixes:
        reason = f"Objects below {prefix}/ are named when they are delivered."
        acknowledge_prefix(role, bucket, prefix, reason)
    return role
