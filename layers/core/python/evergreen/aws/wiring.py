"""The adapters of this process, each made once, when first asked for.

Clients differ in how long they may wait: an inference request cannot wait for a table as long as
a training stage may wait for a bucket. All retry in botocore's standard mode (throttling and lost
connections, with backoff and jitter).
"""

from functools import cache
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import NoRegionError

from evergreen.aws.alerts import SnsAlerts
from evergreen.aws.bus import EventBridgeBus
from evergreen.aws.captures import FirehoseCaptures
from evergreen.aws.online import DynamoOnlineStore
from evergreen.aws.registry import DynamoRegistry
from evergreen.aws.store import S3ObjectStore
from evergreen.aws.views import DynamoViews
from evergreen.aws.workflow import StepFunctionsWorkflow
from evergreen.errors import NotConfigured
from evergreen.ports import (
    Alerts,
    CaptureStream,
    Clock,
    EventBus,
    ObjectStore,
    OnlineStore,
    Registry,
    SystemClock,
    Views,
    Workflow,
)
from evergreen.prices import Worker
from evergreen.settings import Settings


@cache
def settings() -> Settings:
    """The names of the deployed resources."""
    return Settings.from_environment()


@cache
def features() -> ObjectStore:
    """The bucket of tables: raw, datasets, feature sets, captures and feedback."""
    return S3ObjectStore(_s3(), settings().need("features_bucket"))


@cache
def artifacts() -> ObjectStore:
    """The bucket of what runs make: candidates, model versions and reports."""
    return S3ObjectStore(_s3(), settings().need("artifacts_bucket"))


@cache
def registry() -> Registry:
    """The registry's table."""
    table = settings().need("registry_table")
    return DynamoRegistry(_client("dynamodb", connect=2, read=5, attempts=6), table)


@cache
def registry_of_a_request() -> Registry:
    """The registry's table for somebody who waits: it gives up while the function still runs, so
    that what the registry said before can be served."""
    table = settings().need("registry_table")
    return DynamoRegistry(_client("dynamodb", connect=1, read=2, attempts=3), table)


@cache
def views() -> Views:
    """The feature views in the registry's table."""
    table = settings().need("registry_table")
    return DynamoViews(_client("dynamodb", connect=2, read=5, attempts=6), table)


@cache
def online() -> OnlineStore:
    """The online store's table."""
    table = settings().need("online_table")
    return DynamoOnlineStore(_client("dynamodb", connect=2, read=5, attempts=10), table)


@cache
def online_of_a_request() -> OnlineStore:
    """The online store's table for somebody who waits."""
    table = settings().need("online_table")
    return DynamoOnlineStore(_client("dynamodb", connect=1, read=2, attempts=3), table)


@cache
def workflow() -> Workflow:
    """The training state machine."""
    machine = settings().need("workflow_arn")
    return StepFunctionsWorkflow(_client("stepfunctions", connect=3, read=10, attempts=5), machine)


@cache
def bus() -> EventBus:
    """The bus that decisions go to."""
    name = settings().need("event_bus")
    return EventBridgeBus(_client("events", connect=3, read=10, attempts=5), name)


@cache
def alerts() -> Alerts:
    """The topic that people hear of things by."""
    topic = settings().need("alerts_topic")
    return SnsAlerts(_client("sns", connect=3, read=10, attempts=5), topic)


def console_link(key: str) -> str:
    """Where the console shows an object of the artifacts bucket."""
    bucket = settings().need("artifacts_bucket")
    return f"https://console.aws.amazon.com/s3/object/{bucket}?prefix={quote(key)}"


@cache
def captures() -> CaptureStream:
    """The stream that served predictions go to."""
    stream = settings().need("capture_stream")
    return FirehoseCaptures(_client("firehose", connect=2, read=5, attempts=4), stream)


@cache
def clock() -> Clock:
    """The machine's clock."""
    return SystemClock()


def worker() -> Worker:
    """What this process runs on, and is paid by."""
    return settings().worker


@cache
def _s3() -> Any:
    return _client("s3", connect=3, read=60, attempts=6)


@cache
def _session() -> Any:
    return boto3.session.Session()


def _client(service: str, *, connect: float, read: float, attempts: int) -> Any:
    """A client; ``connect`` and ``read`` are seconds, ``attempts`` counts the first one too."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=connect,
        read_timeout=read,
        max_pool_connections=16,
        tcp_keepalive=True,
    )
    try:
        return _session().client(service, config=config)
    except NoRegionError:
        raise NotConfigured("No AWS region is set; set AWS_DEFAULT_REGION.") from None
