"""From an HTTPS request to a prediction and its capture."""

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from infra.constructs.capture_stream import CaptureStream
from infra.constructs.inference_api import InferenceApi
from infra.constructs.stage_function import StageFunction
from infra.settings import Settings
from infra.storage_stack import StorageStack


class ServingStack(Stack):
    """One function that serves every model, the API before it, the stream behind it."""

    def __init__(
        self, scope: Construct, name: str, *, settings: Settings, storage: StorageStack
    ) -> None:
        super().__init__(scope, name, description="Evergreen: predictions over HTTPS.")
        captures = CaptureStream(
            self, "Captures", stream=settings.capture_stream, bucket=storage.features
        )
        infer = StageFunction(
            self,
            stage="infer",
            does="Answers predictions with every model's champion.",
            settings=settings,
            memory=1769,  # one whole processor
            timeout=Duration.seconds(29),  # what API Gateway waits
            snap_start=settings.snap_start,
        )
        infer.uses_registry(storage.registry, writes=False)
        infer.uses_online(storage.online)
        infer.uses_artifacts(storage.artifacts, reads=("models",))
        infer.uses_features(storage.features, reads=("privacy",), writes=("feedback",))
        infer.uses(
            "CAPTURE_STREAM",
            captures.name,
            captures.arn,
            ("firehose:PutRecord", "firehose:PutRecordBatch"),
        )
        # Only a published version has a snapshot.
        asked = infer.function.current_version if settings.snap_start else infer.function
        self.api = InferenceApi(self, "Api", function=asked, settings=settings)
        CfnOutput(self, "ApiId", value=self.api.rest_api_id)
        CfnOutput(self, "ApiStage", value=self.api.deployment_stage.stage_name)
        CfnOutput(self, "ApiUrl", value=self.api.url)
        CfnOutput(self, "CaptureStream", value=captures.name)
