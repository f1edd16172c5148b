"""Everything may happen twice, at once or half: the outcome is the one of happening once."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from evergreen.aws.bus import EventBridgeBus
from evergreen.cli.client import Client
from evergreen.contracts.decision import RetrainDecision
from evergreen.contracts.registry import CHAMPION, Alias, Run
from evergreen.contracts.stages import RunInput
from evergreen.deploy import promote
from evergreen.digest import sha256
from evergreen.errors import Conflict, NotFound
from evergreen.frame import arrays_from_npz
from evergreen.retrain import start

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.executions import definition, payloads
from tests.localstack.records import governed, with_versions


def objects(client: Client, run: Run) -> dict[str, str]:
    """SHA-256 of what each object says that a run made, by key."""
    lineage = client.cloud.registry.version(run.model, 1).draft.lineage
    made = [
        (client.cloud.features, f"datasets/{lineage.dataset}/"),
        (client.cloud.features, f"feature-sets/{lineage.feature_set}/"),
        (client.cloud.artifacts, f"runs/{run.run_id}/"),
        (client.cloud.artifacts, f"models/{run.model}/"),
    ]
    return {
        key: sha256(_content(key, store.read(key)))
        for store, prefix in made
        for key in store.keys(prefix)
    }


def _content(key: str, body: bytes) -> bytes:
    """The object's bytes, without what depends on more than the stage's input."""
    if "/trials/" in key:  # how long it took
        result = msgspec.json.decode(body)
        return msgspec.json.encode([result["configuration"], result["loss"], result["error"]])
    if key.endswith("/scores.npz"):  # the scores of whoever is champion now
        return arrays_from_npz(body)["challenger"].tobytes()
    if key.endswith("/candidate/pipeline.skops"):  # skops names its parts by their address
        return b""
    if key.endswith(("/candidate/diagnostics.json", "/report.json", "/report.html")):
        return b""  # they tell of seconds, and look as closely as there is time
    return body


def test_every_stage_executed_twice_more_makes_nothing_new(client: Client, first_run: Run) -> None:
    functions = client.cloud.client("lambda")
    calls = payloads(client, first_run.run_id)
    before = governed(client, first_run.model), objects(client, first_run)
    called = Counter(state for state, _, _ in calls)
    assert called["tune: trial"] >= 4  # as many as the search tries, and promotions
    assert called["tune: suggest"] == called["tune: record"] > 1
    assert len(called) == 10

    for state, function, payload in calls:
        for _ in range(2):
            answer = functions.invoke(FunctionName=function, Payload=json.dumps(payload))
            assert "FunctionError" not in answer, (state, answer["Payload"].read())

    assert governed(client, first_run.model) == before[0]
    now = objects(client, first_run)
    assert {
        key for key in now.keys() | before[1].keys() if now.get(key) != before[1].get(key)
    } == set()
    after = client.cloud.registry.run(first_run.run_id)
    assert (after.status, after.ended_at) == ("deployed", first_run.ended_at)
    assert all(stage.status == "done" for stage in after.stages)


class _Meeting:
    """A registry whose readers of the champion wait until all of them have read it."""

    def __init__(self, registry: Any, barrier: Barrier) -> None:
        self._registry = registry
        self._barrier = barrier

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def alias(self, model: str, name: str) -> Alias | None:
        found: Alias | None = self._registry.alias(model, name)
        self._barrier.wait(timeout=30)
        return found


def test_of_promotions_at_once_one_wins_and_the_others_are_told(
    client: Client, first_run: Run
) -> None:
    model, rivals = loans.new_name("rivals"), (2, 3, 4, 5)
    with_versions(client, first_run, model, 5)
    client.promote(model, 1, "the first one")
    barrier = Barrier(len(rivals))

    def attempt(version: int) -> Alias | Conflict:
        registry: Any = _Meeting(client.cloud.registry, barrier)
        who = f"person {version}"
        try:
            return promote(registry, model, version, who, "mine is best", client.cloud.clock)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(len(rivals)) as pool:
        outcomes = list(pool.map(attempt, rivals))

    (winner,) = (outcome for outcome in outcomes if isinstance(outcome, Alias))
    losers = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(losers) == len(rivals) - 1
    assert all("was moved meanwhile" in loser.sentence for loser in losers)
    assert client.cloud.registry.alias(model, CHAMPION) == winner
    assert (winner.previous, winner.revision) == (1, 2)
    promoted = [e for e in client.cloud.registry.audit(model) if e.kind == "promoted"]
    assert [(e.version, e.actor) for e in promoted] == [
        (1, client.cloud.actor),
        (winner.version, f"person {winner.version}"),
    ]


def test_a_decision_to_retrain_that_arrives_several_times_runs_once(
    client: Client, first_run: Run
) -> None:
    model = loans.new_name("drifted")
    with_versions(client, first_run, model, 1)
    client.promote(model, 1, "the first one")
    decision = RetrainDecision(uuid4().hex[:16], model, 1, "The test said so.", "2024-01-01")
    bus = EventBridgeBus(client.cloud.client("events"), client.cloud.output("EventBus"))

    bus.publish(decision)
    bus.publish(decision)
    run = client.follow(_await_run(client, model))
    bus.publish(decision)
    again = _delivered(client, decision)

    assert run.status in {"deployed", "refused"}, run.reason
    assert (again["started"], again["run_id"]) == (False, run.run_id)
    assert [found.run_id for found in client.cloud.registry.runs(model)] == [run.run_id]
    started = _executions(client)
    assert [name for name in started if model in name] == [run.run_id]
    assert len(client.cloud.registry.versions(model)) == (2 if run.status == "deployed" else 1)


def _await_run(client: Client, model: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for run in client.cloud.registry.runs(model):
            return run.run_id
        time.sleep(0.2)
    pytest.fail("The decision started no run.")


def _delivered(client: Client, decision: RetrainDecision) -> dict[str, Any]:
    functions = client.cloud.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    names = [found["FunctionName"] for page in pages for found in page["Functions"]]
    (retrain,) = (name for name in names if "-RetrainFunction" in name)
    event = {"detail": msgspec.to_builtins(decision)}
    answer = functions.invoke(FunctionName=retrain, Payload=json.dumps(event))
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


def _executions(client: Client) -> list[str]:
    pages = client.cloud.client("stepfunctions").get_paginator("list_executions")
    found = pages.paginate(stateMachineArn=client.cloud.output("WorkflowArn"))
    return [execution["name"] for page in found for execution in page["executions"]]


@pytest.fixture
def workflow(client: Client) -> Iterator[Any]:
    """The deployed workflow, where a function that is killed has the name it has here.

    AWS calls it Runtime.ExitError. The emulator calls it as it calls every error of a function,
    Runtime.HandlerError, so this test's copy of the state machine waits for that name.
    """
    states, deployed = client.cloud.client("stepfunctions"), definition(client)
    text = json.dumps(deployed["definition"])
    assert "Runtime.ExitError" in text
    made = states.create_state_machine(
        name=f"killed-{uuid4().hex[:8]}",
        definition=text.replace("Runtime.ExitError", "Runtime.HandlerError"),
        roleArn=deployed["roleArn"],
    )
    yield type(client.cloud.workflow)(states, made["stateMachineArn"])
    states.delete_state_machine(stateMachineArn=made["stateMachineArn"])


@pytest.mark.parametrize("stage", ["features", "register"])
def test_a_stage_whose_function_is_killed_is_done_again(
    client: Client, local: laptop.Cloud, first_run: Run, workflow: Any, stage: str
) -> None:
    if not local.pid:
        pytest.skip("The functions of an emulator that others started are not ours to kill.")
    model = loans.new_name("killed")
    file = client.cloud.registry.model(first_run.model).file
    quick = msgspec.structs.replace(file.search, trials=1)
    file = msgspec.structs.replace(file, name=model, search=quick)
    client.cloud.registry.apply(file, "test", "2024-01-01T00:00:00.000Z")
    run_id = f"{model}-1"

    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(_kill_once_running, client, local, run_id, stage)
        run = RunInput(run_id=run_id, model=model, sources=first_run.sources)
        assert start(client.cloud.registry, workflow, run, client.cloud.clock)
        begun = killed.result(timeout=90)
    ended = client.follow(run_id)

    assert ended.status == "deployed", ended.reason
    (done,) = (found for found in ended.stages if found.stage == stage)
    assert (done.status, done.started_at > begun) == ("done", True)
    assert len(client.cloud.registry.versions(model)) == 1
    kinds = [event.kind for event in client.cloud.registry.audit(model)]
    assert kinds == ["applied", "registered", "promoted"]


def _kill_once_running(client: Client, local: laptop.Cloud, run_id: str, stage: str) -> str:
    """Kill the stage's function as soon as it says that it runs; gives when it had started."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            found = client.cloud.registry.run(run_id).stages
        except NotFound:
            continue
        for record in found:
            if record.stage == stage and record.status == "running":
                for worker in _workers(local, stage):
                    os.kill(worker, signal.SIGKILL)
                return record.started_at
    raise AssertionError(f"{stage} was never seen running.")


def _workers(local: laptop.Cloud, stage: str) -> list[int]:
    """Processes of this emulator that run the stage's function."""
    named = f"{local.files}/ministack-lambda-".encode(), f"-{stage.capitalize()}Function".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if all(part in line for part in named):
            found.append(int(process.name))
    return found
