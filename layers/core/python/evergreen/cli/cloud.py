"""Which cloud a command works on, and what is deployed there."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from evergreen.cli.api import Api, SignedHttp
from evergreen.cli.local import LocalCloud, on_this_machine, running
from evergreen.errors import EvergreenError
from evergreen.object_versions import VersionedStore
from evergreen.ports import (
    Clock,
    OnlineStore,
    Registry,
    SystemClock,
    Views,
    Workflow,
)

if TYPE_CHECKING:
    from evergreen.aws.workflow import BatchWorkflow, SweepWorkflow

DEFAULT_REGION = "us-east-1"

_STACKS = {
    "FeaturesBucket": "storage",
    "ArtifactsBucket": "storage",
    "RegistryTable": "storage",
    "OnlineTable": "storage",
    "WorkflowArn": "training",
    "BatchWorkflowArn": "training",
    "ViewWorkflowArn": "training",
    "ApiId": "serving",
    "ApiStage": "serving",
    "ApiUrl": "serving",
    "CaptureStream": "serving",
    "EventBus": "monitoring",
    "SweepArn": "monitoring",
}


class NotDeployed(EvergreenError):
    """The cloud does not hold Evergreen's stacks."""

    title = "Not deployed"


class Execution(NamedTuple):
    """One execution of the workflow: Step Functions' status, and the last state's output."""

    status: str
    output: dict[str, Any]


class Cloud:
    """One deployment. Everything is looked up when first used.

    Attributes:
        description: which cloud this is, for people.
        endpoint: the emulator's URL, None for AWS.
    """

    def __init__(
        self,
        description: str,
        session: Any,
        *,
        endpoint: str | None = None,
        certificate: str = "",
        prefix: str = "evergreen",
    ) -> None:
        """``session`` is a boto3 session with region and credentials; ``certificate`` a PEM file
        to trust beside the usual ones."""
        self.description = description
        self.endpoint = endpoint
        self._session = session
        self._certificate = certificate or os.environ.get("AWS_CA_BUNDLE") or None
        self._prefix = prefix
        self._outputs: dict[str, dict[str, str]] = {}

    @staticmethod
    def find(*, aws: bool = False, prefix: str = "evergreen", start: Path | None = None) -> "Cloud":
        """The cloud that ``AWS_ENDPOINT_URL`` names, else a local one that runs, else AWS.

        Args:
            aws: pass over a local cloud.
            prefix: what the stacks' names begin with.
            start: where to look for a local cloud, upwards; the working directory by default.

        Raises:
            EvergreenError: a local cloud was started here and no longer answers.
        """
        if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
            session = _session(LocalCloud(endpoint) if _needs_credentials(endpoint) else None)
            named = f"{endpoint} (AWS_ENDPOINT_URL)"
            return Cloud(named, session, endpoint=endpoint, prefix=prefix)
        if not aws and (local := running(start or Path.cwd())):
            description = f"the local cloud at {local.endpoint}"
            return Cloud(
                description,
                _session(local),
                endpoint=local.endpoint,
                certificate=local.certificate,
                prefix=prefix,
            )
        session = _session(None)
        return Cloud(f"AWS in {session.region_name}", session, prefix=prefix)

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        from botocore.config import Config

        # An emulator answers on one host, so a bucket cannot be part of the host's name.
        path_style = {"addressing_style": "path"} if self.endpoint else None
        # Nobody throttles on a laptop: what does not answer there is not running.
        retries = {"mode": "standard", "total_max_attempts": 2 if self.endpoint else 5}
        config = Config(retries=retries, s3=path_style)
        return self._session.client(
            service, endpoint_url=self.endpoint, verify=self._certificate, config=config
        )

    def output(self, name: str) -> str:
        """A stack output, such as ``FeaturesBucket``.

        Raises:
            NotDeployed: there is no such stack, or it has no such output.
        """
        stack = f"{self._prefix}-{_STACKS[name]}"
        if stack not in self._outputs:
            self._outputs[stack] = self._read_outputs(stack)
        if name not in self._outputs[stack]:
            raise NotDeployed(f"The stack '{stack}' has no output '{name}'; deploy this version.")
        return self._outputs[stack][name]

    @cached_property
    def registry(self) -> Registry:
        """The registry's table."""
        from evergreen.aws.registry import DynamoRegistry

        return DynamoRegistry(self.client("dynamodb"), self.output("RegistryTable"))

    @cached_property
    def views(self) -> Views:
        """The feature views in the registry's table."""
        from evergreen.aws.views import DynamoViews

        return DynamoViews(self.client("dynamodb"), self.output("RegistryTable"))

    @cached_property
    def online(self) -> OnlineStore:
        """The online store's table."""
        from evergreen.aws.online import DynamoOnlineStore

        return DynamoOnlineStore(self.client("dynamodb"), self.output("OnlineTable"))

    @cached_property
    def features(self) -> VersionedStore:
        """The features bucket."""
        return self._bucket("FeaturesBucket")

    @cached_property
    def artifacts(self) -> VersionedStore:
        """The artifacts bucket."""
        return self._bucket("ArtifactsBucket")

    @cached_property
    def workflow(self) -> Workflow:
        """The training workflow."""
        from evergreen.aws.workflow import StepFunctionsWorkflow

        return StepFunctionsWorkflow(self.client("stepfunctions"), self.output("WorkflowArn"))

    @cached_property
    def batches(self) -> "BatchWorkflow":
        """The workflow that scores whole tables."""
        from evergreen.aws.workflow import BatchWorkflow

        return BatchWorkflow(self.client("stepfunctions"), self.output("BatchWorkflowArn"))

    @cached_property
    def sweeps(self) -> "SweepWorkflow":
        """The workflow that checks models."""
        from evergreen.aws.workflow import SweepWorkflow

        return SweepWorkflow(self.client("stepfunctions"), self.output("SweepArn"))

    @cached_property
    def builds(self) -> Workflow:
        """The workflow that builds feature views; its runs' model is ``view/<name>``."""
        from evergreen.aws.workflow import StepFunctionsWorkflow

        return StepFunctionsWorkflow(self.client("stepfunctions"), self.output("ViewWorkflowArn"))

    @cached_property
    def api(self) -> Api:
        """The prediction API, calls signed with this cloud's credentials."""
        return Api(SignedHttp(self.api_url, self._session, self._certificate))

    @property
    def api_url(self) -> str:
        """Where the prediction API answers, its stage included."""
        if not self.endpoint:
            return self.output("ApiUrl")
        rest = f"restapis/{self.output('ApiId')}/{self.output('ApiStage')}/_user_request_"
        return f"{self.endpoint.rstrip('/')}/{rest}"

    @property
    def clock(self) -> Clock:
        """The machine's clock."""
        return SystemClock()

    @cached_property
    def actor(self) -> str:
        """Who the credentials belong to, for the audit trail."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    def execution(self, run_id: str) -> Execution | None:
        """The execution of a run, by whichever workflow; None where there is none."""
        client = self.client("stepfunctions")
        for workflow in ("WorkflowArn", "BatchWorkflowArn", "ViewWorkflowArn"):
            arn = self.output(workflow).replace(":stateMachine:", ":execution:")
            try:
                found = client.describe_execution(executionArn=f"{arn}:{run_id}")
            except client.exceptions.ExecutionDoesNotExist:
                continue
            return Execution(found["status"], msgspec.json.decode(found.get("output") or "{}"))
        return None

    def copy(self, bucket: str, key: str, to: str) -> None:
        """Copy an object of any bucket to the features bucket, with this cloud's credentials."""
        source = {"Bucket": bucket, "Key": key}
        self.client("s3").copy(source, self.output("FeaturesBucket"), to)

    def objects(self, bucket: str) -> VersionedStore:
        """Any bucket, with this cloud's credentials."""
        from evergreen.aws.store import S3ObjectStore

        return S3ObjectStore(self.client("s3"), bucket)

    def _bucket(self, output: str) -> VersionedStore:
        return self.objects(self.output(output))

    def _read_outputs(self, stack: str) -> dict[str, str]:
        from botocore.exceptions import ClientError

        try:
            found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            found = []
        if not found:
            raise NotDeployed(
                f"There is no stack '{stack}' in {self.description}; deploy Evergreen there first "
                "(make demo, or cdk deploy), or name another with --prefix, --aws or AWS_REGION."
            )
        return {o["OutputKey"]: o["OutputValue"] for o in found[0].get("Outputs", ())}


def _session(local: LocalCloud | None) -> Any:
    import boto3

    region = os.environ.get("AWS_REGION")
    if local is None:
        session = boto3.session.Session(region_name=region)
        if session.region_name is None:
            session = boto3.session.Session(region_name=DEFAULT_REGION)
        return session
    return boto3.session.Session(
        region_name=region or local.region,
        aws_access_key_id=local.access_key,
        aws_secret_access_key=local.secret_key,
    )


def _needs_credentials(endpoint: str) -> bool:
    import boto3

    return on_this_machine(endpoint) and boto3.session.Session().get_credentials() is None
