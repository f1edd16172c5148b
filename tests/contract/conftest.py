"""The same ports twice: in memory, and as the AWS adapters against an emulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from evergreen.aws.online import DynamoOnlineStore
from evergreen.aws.registry import DynamoRegistry
from evergreen.aws.store import S3ObjectStore
from evergreen.aws.views import DynamoViews
from evergreen.aws.workflow import StepFunctionsWorkflow
from evergreen.cli.folder import FolderStore
from evergreen.object_versions import VersionedStore
from evergreen.ports import ObjectStore, OnlineStore, Registry, Views, Workflow

from localstack import cloud as laptop
from tests.fakes.memory import MemoryOnlineStore, MemoryRegistry, MemoryStore, MemoryWorkflow
from tests.fakes.views import MemoryViews

BOTH = ("memory", "aws")


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulator of its own on a free loopback port."""
    state = tmp_path_factory.mktemp("cloud") / "cloud.json"
    started = laptop.start(laptop.free_port(), state=state, tied=True)
    yield started.endpoint
    laptop.stop(state)


@pytest.fixture(scope="session")
def client(endpoint: str) -> Any:
    """Make a boto3 client of a service on the emulator."""
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    config = Config(max_pool_connections=32, retries={"mode": "standard"})
    return lambda service: session.client(service, endpoint_url=endpoint, config=config)


@pytest.fixture(scope="session")
def dynamodb(client: Any) -> Any:
    """The low-level client that the registry is made with."""
    return client("dynamodb")


@pytest.fixture
def table(dynamodb: Any) -> str:
    """An empty registry table."""
    name = f"registry-{uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


@pytest.fixture(params=BOTH)
def registry(request: pytest.FixtureRequest) -> Registry:
    """An empty registry."""
    if request.param == "memory":
        return MemoryRegistry()
    return DynamoRegistry(request.getfixturevalue("dynamodb"), request.getfixturevalue("table"))


@pytest.fixture(scope="session")
def online_table_of_many(dynamodb: Any) -> str:
    """A table that tests share, each with entities of its own."""
    return _online_table(dynamodb)


@pytest.fixture
def online_table(dynamodb: Any) -> str:
    """An empty online store's table."""
    return _online_table(dynamodb)


def _online_table(dynamodb: Any) -> str:
    name = f"online-{uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return name


@pytest.fixture(params=BOTH)
def online(request: pytest.FixtureRequest) -> OnlineStore:
    """An empty online store."""
    if request.param == "memory":
        return MemoryOnlineStore()
    dynamodb, table = (request.getfixturevalue(name) for name in ("dynamodb", "online_table"))
    return DynamoOnlineStore(dynamodb, table)


@pytest.fixture(params=BOTH)
def views(request: pytest.FixtureRequest) -> Views:
    """No feature views yet."""
    if request.param == "memory":
        return MemoryViews()
    return DynamoViews(request.getfixturevalue("dynamodb"), request.getfixturevalue("table"))


@pytest.fixture(params=(*BOTH, "folder"))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty bucket."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "folder":
        return FolderStore(tmp_path)
    s3, bucket = request.getfixturevalue("client")("s3"), f"bucket-{uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    return S3ObjectStore(s3, bucket)


@pytest.fixture(params=BOTH)
def versioned(request: pytest.FixtureRequest) -> VersionedStore:
    """An empty bucket that keeps versions."""
    if request.param == "memory":
        return MemoryStore()
    s3, bucket = request.getfixturevalue("client")("s3"), f"bucket-{uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return S3ObjectStore(s3, bucket)


@pytest.fixture(params=BOTH)
def workflow(request: pytest.FixtureRequest) -> Workflow:
    """A state machine that has run nothing yet."""
    if request.param == "memory":
        return MemoryWorkflow()
    states, arn = request.getfixturevalue("machine")
    return StepFunctionsWorkflow(states, arn)


@pytest.fixture
def machine(client: Any) -> tuple[Any, str]:
    """A Step Functions client and the state machine of a single state."""
    states = client("stepfunctions")
    made = states.create_state_machine(
        name=f"training-{uuid4().hex}",
        roleArn="arn:aws:iam::000000000000:role/none",
        definition='{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
    )
    return states, made["stateMachineArn"]
