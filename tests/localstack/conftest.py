"""One deployed cloud for all tests of the whole system.

Without ``AWS_ENDPOINT_URL`` it is an emulator of the tests' own, on a free port, that enforces
IAM over TLS: what passes here passes with the deployed roles. With it, the tests use the cloud
that stands there.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.contracts.registry import Run

from localstack import cloud as laptop
from localstack.deployment import deploy
from tests.localstack import loans

HISTORY = range(2011, 2020)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[laptop.Cloud]:
    """The emulator with the stacks deployed."""
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        port = int(endpoint.rsplit(":", 1)[1])
        found = laptop.Cloud(endpoint=endpoint.replace("localhost", "127.0.0.1"), port=port, pid=0)
        deploy(found)
        yield found
        return
    state = tmp_path_factory.mktemp("cloud") / "cloud.json"
    started = laptop.start(laptop.free_port(), auth=True, state=state, tied=True)
    try:
        deploy(started)
        yield started
    finally:
        laptop.stop(state)


@pytest.fixture(scope="session")
def client(local: laptop.Cloud) -> Client:
    """What the command line does, on that cloud."""
    session = boto3.session.Session(
        region_name=local.region,
        aws_access_key_id=local.access_key,
        aws_secret_access_key=local.secret_key,
    )
    described = f"the tests' cloud at {local.endpoint}"
    return Client(Cloud(described, session, endpoint=local.endpoint, certificate=local.certificate))


@pytest.fixture(scope="session")
def first_run(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run that made version 1 of the model ``loans``."""
    folder = tmp_path_factory.mktemp("loans")
    client.apply(loans.write_model_file(folder))
    run_id = client.train("loans", [write_table(folder, loans.rows(HISTORY, count=2500, seed=1))])
    run = client.follow(run_id)
    assert run.status == "deployed", run.reason
    return run


def write_table(folder: Path, rows: list[dict[str, object]]) -> Path:
    """A table as the file that a team would hand over."""
    path = folder / "loans.csv"
    path.write_bytes(loans.as_csv(rows))
    return path
