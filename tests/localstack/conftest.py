"""One deployed cloud for all tests of the whole system that run in one process.

Without ``AWS_ENDPOINT_URL`` it is an emulator of the tests' own, on a free port, that enforces
IAM over TLS: what passes here passes with the deployed roles. With it, the tests use the cloud
that stands there, under names of their own, and those about enforcement are skipped.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from evergreen.cli.client import Client
from evergreen.cli.cloud import Cloud
from evergreen.contracts.registry import Run

from localstack import cloud as laptop
from localstack.deployment import deploy
from localstack.endpoint import ROOT
from tests.localstack import loans
from tests.localstack.http import Caller

HISTORY = range(2011, 2020)
PACKAGE = ROOT / "layers" / "core" / "python"
# A team's own package, which only the models of one test name; few workers, which start slowly.
CONTEXT = (f"package={Path(__file__).parent / 'team_pipelines'}", "trials_at_once=3")

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[laptop.Cloud]:
    """The emulator with the stacks deployed."""
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        found = laptop.attach(endpoint)
        deploy(found, context=CONTEXT)
        yield found
        return
    state = tmp_path_factory.mktemp("cloud") / "cloud.json"
    started = laptop.start(laptop.free_port(), auth=True, state=state, tied=True)
    try:
        deploy(started, context=CONTEXT)
        yield started
    finally:
        laptop.stop(state)


@pytest.fixture(scope="session")
def enforced(local: laptop.Cloud) -> laptop.Cloud:
    """The cloud, where it is known to enforce IAM."""
    if not local.certificate:
        pytest.skip("AWS_ENDPOINT_URL names a cloud that may not enforce IAM.")
    return local


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
def call(client: Client, local: laptop.Cloud) -> Caller:
    """One raw request to the API, signed as the deployer."""
    return Caller(client.cloud.api_url, local, (local.access_key, local.secret_key))


@pytest.fixture
def evergreen(local: laptop.Cloud, tmp_path: Path) -> Command:
    """The command line in a process of its own, in an empty folder."""
    foreign = ("AWS_", "EVERGREEN_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = own | local.environment() | {"PYTHONPATH": str(PACKAGE)}
    start = "from evergreen.cli.main import main; main(prog_name='evergreen')"

    def run(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", start, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=150,
        )

    return run


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The years before anything moved, as the file that a team would hand over."""
    path = tmp_path_factory.mktemp("tables") / "loans.csv"
    path.write_bytes(loans.as_csv(loans.rows(HISTORY, count=2500, seed=1)))
    return path


@pytest.fixture(scope="session")
def first_run(client: Client, table: Path) -> Run:
    """The run that made version 1 of the first model."""
    name = loans.new_name("loans")
    client.apply(loans.write_model_file(table.parent, name=name))
    run = client.follow(client.train(name, [table]))
    assert run.status == "deployed", run.reason
    return run
