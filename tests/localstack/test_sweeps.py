"""Sweeps on the deployed state machine: one model that ends its workers, one event twice, a version
that turns out worse."""

import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from evergreen.cli.client import Client
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent, Run
from evergreen.contracts.sweep import Progress
from evergreen.errors import NotFound
from evergreen.monitor.due import sweep_id
from evergreen.ports import iso

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.inverted import register_inverted
from tests.localstack.processes import kill, workers
from tests.localstack.records import with_versions

MANY = 120_000
"""Rows that keep a check busy for long enough to be killed."""


def start(client: Client, at: str, *models: str) -> str:
    """Begin a sweep over the models; gives the execution."""
    states = client.cloud.client("stepfunctions")
    given = json.dumps({"at": at, "models": models})
    began = states.start_execution(stateMachineArn=client.cloud.output("SweepArn"), input=given)
    return str(began["executionArn"])


def ended(client: Client, execution: str, patience: float = 120) -> dict[str, Any]:
    """The output of an execution, once it is there."""
    states, deadline = client.cloud.client("stepfunctions"), time.monotonic() + patience
    while time.monotonic() < deadline:
        found = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            assert found["status"] == "SUCCEEDED", found
            return dict(json.loads(found["output"]))
        time.sleep(0.1)
    pytest.fail("The sweep did not end.")


def line(client: Client, model: str) -> ModelHealth:
    body = client.cloud.artifacts.read(keys.fleet_page("json"))
    report = msgspec.json.decode(body, type=FleetReport)
    (found,) = (each for each in report.models if each.model == model)
    return found


def serve(client: Client, model: str, version: int, count: int, outcomes: bool = False) -> None:
    """Captures as serving leaves them, of rows that were answered rightly by the first version."""
    now, rows = iso(client.cloud.clock.now()), loans.rows(range(2019, 2020), count=count, seed=5)
    captured = [
        CapturedRow(f"{model}-{i}", loans.request(row), probability=0.5)
        for i, row in enumerate(rows)
    ]
    put(client, "captures", model, Capture(model, version, now, tuple(captured)))
    if outcomes:
        said = [Outcome(f"{model}-{i}", row["defaulted"]) for i, row in enumerate(rows)]
        put(client, "feedback", model, Feedback(model, now, tuple(said)))


def put(client: Client, kind: str, model: str, document: Any) -> None:
    body = gzip.compress(msgspec.json.encode(document) + b"\n", 1)
    client.cloud.features.write(f"{kind}/{model}/dt={document.at[:10]}/probe.gz", body)


@pytest.fixture
def fleet(client: Client, first_run: Run) -> list[str]:
    """Three models that serve; the second one served very much."""
    names = [loans.new_name(f"{place}-fleet") for place in ("a", "b", "c")]
    for name in names:
        with_versions(client, first_run, name, 1)
        client.promote(name, 1, "the first one")
    return names


def killed_while(client: Client, local: laptop.Cloud, key: str, model: str) -> Iterator[int]:
    """Kill what checks the model, once it does."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            progress = msgspec.json.decode(client.cloud.artifacts.read(key), type=Progress)
        except NotFound:
            continue
        if progress.started == model:
            for worker in workers(local.pid, "-MonitorFunction"):
                kill(worker)
                yield worker
            return
        time.sleep(0.01)
    pytest.fail("The model's check was never begun.")


def test_a_model_that_ends_its_worker_is_reported_alone_and_the_others_are_checked(
    client: Client, local: laptop.Cloud, fleet: list[str]
) -> None:
    if not local.pid:
        pytest.skip("AWS_ENDPOINT_URL names a cloud whose workers are not this machine's.")
    serve(client, fleet[1], 1, MANY)
    at = client.cloud.clock.now()

    execution = start(client, iso(at), *fleet)
    key = keys.sweep(sweep_id(at, fleet), "findings/0001.json")
    assert list(killed_while(client, local, key, fleet[1]))
    output = ended(client, execution)

    assert output["summary"].startswith("3 models: 1 failed")
    assert output["models"][fleet[1]].startswith("failed: Its check ended the worker")
    assert [line(client, name).health for name in fleet] == ["waiting", "failing", "waiting"]


def test_a_repeated_event_is_one_sweep(client: Client, fleet: list[str]) -> None:
    at = iso(client.cloud.clock.now())

    first, second = start(client, at, *fleet), start(client, at, *fleet)
    outputs = [ended(client, first), ended(client, second)]

    (done,) = (found for found in outputs if "batches" not in found)
    (left,) = (found for found in outputs if "batches" in found)
    assert done["summary"] == "3 models: 3 hold"
    assert left["batches"] == 0
    assert "does this sweep" in left["summary"]
    for name in fleet:
        assert len(list(client.cloud.artifacts.keys(f"reports/{name}/decisions/"))) == 1


def test_a_promoted_version_that_turns_out_worse_is_taken_back(
    client: Client, first_run: Run
) -> None:
    model, registry = loans.new_name("worse"), client.cloud.registry
    with_versions(client, first_run, model, 1)
    client.promote(model, 1, "the first one")
    register_inverted(client.cloud, registry.version(model, 1), f"{model}-inverted")
    before = registry.alias(model, CHAMPION)
    assert before is not None
    at = iso(client.cloud.clock.now())
    moved = Alias(model, CHAMPION, 2, 1, before.revision + 1, at, "workflow")
    event = AuditEvent(model, at, "promoted", "workflow", "The test said so.", 2)
    registry.move_alias(moved, event, expected=before)
    rows = loans.rows(range(2019, 2020), count=600, seed=6)
    answer = client.predict(model, [loans.request(row) for row in rows])
    assert answer["version"] == 2
    client.feedback(
        model,
        [
            {"id": found["id"], "outcome": row["defaulted"]}
            for found, row in zip(answer["predictions"], rows, strict=True)
        ],
    )
    time.sleep(3)  # captures are delivered

    output = ended(client, start(client, iso(client.cloud.clock.now()), model))

    assert output["models"][model].startswith("roll back: version 2 answered 600 rows with roc_auc")
    after = registry.alias(model, CHAMPION)
    assert after is not None
    assert (after.version, after.moved_by) == (1, "monitor")
    assert [event.kind for event in registry.audit(model)][-1] == "rolled back"
