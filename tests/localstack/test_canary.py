"""Two versions beside each other on the deployed system, and which of them stays."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from evergreen import captured
from evergreen.captured import Period
from evergreen.cli.client import Client
from evergreen.contracts.registry import CHAMPION, Alias, Run
from evergreen.ports import iso

from tests.localstack import loans
from tests.localstack.conftest import HISTORY
from tests.localstack.inverted import register_inverted

MODEL = loans.new_name("canary")
QUICK = {"steps": [{"share": 0.5, "minutes": 0.15}]}
STEP = {"steps": [{"share": 0.5, "minutes": 0.5}], "requests_at_least": 20}
SHADOW = {"steps": [], "shadow_minutes": 0.5, "requests_at_least": 20}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("canary")


@pytest.fixture(scope="module")
def started(client: Client, folder: Path) -> Run:
    """The run of version 1, which learned from outcomes that mean nothing."""
    apply(client, folder, QUICK)
    rows = loans.rows(HISTORY, count=600, seed=4)
    outcomes = cycle(["yes", "no", "no"])
    guesses = [row | {"defaulted": outcome} for row, outcome in zip(rows, outcomes, strict=False)]
    run = client.follow(train(client, folder, guesses))
    assert run.status == "deployed", run.reason
    return run


@pytest.fixture(scope="module")
def better(client: Client, folder: Path, started: Run) -> tuple[Run, Counter[int]]:
    """The run of version 2, which learned from what happened, and who answered during its trial."""
    assert alias(client).version == 1
    run_id = train(client, folder, loans.rows(HISTORY, count=2500, seed=1))
    answered, rows = Counter[int](), requests(safe=False)
    run = client.follow(run_id, lambda _: ask(client, rows, answered), seconds=0.2)
    time.sleep(loans.MODEL_FILE["serving"]["refresh_seconds"])  # then everybody has seen its end
    return run, answered


def apply(client: Client, folder: Path, plan: dict[str, Any]) -> None:
    gates = {"fairness_gap": 0.9, "baselines": "report"}
    client.apply(loans.write_model_file(folder, name=MODEL, gates=gates, deploy=plan))


def train(client: Client, folder: Path, rows: list[dict[str, Any]]) -> str:
    table = folder / "loans.csv"
    table.write_bytes(loans.as_csv(rows))
    return client.train(MODEL, [table])


def alias(client: Client) -> Alias:
    found = client.cloud.registry.alias(MODEL, CHAMPION)
    assert found
    return found


def requests(*, safe: bool) -> Iterator[dict[str, Any]]:
    """Loans without end, on request only those that any model takes for safe."""
    rows = loans.rows(range(2018, 2020), count=4000, seed=5)
    return cycle(loans.request(row) for row in rows if not safe or row["income"] > 23)


def ask(client: Client, rows: Iterator[dict[str, Any]], answered: Counter[int]) -> None:
    """A few requests of one row, each under an id of its own, while there is a trial."""
    if alias(client).challenger:
        for row in islice(rows, 10):
            found = client.predict(MODEL, [row])
            assert len(found["predictions"]) == 1
            answered[found["version"]] += 1


def deploy_alone(client: Client, version: int, run_id: str) -> str:
    """Run the deployed workflow from its state "deploy" on; gives the execution's ARN."""
    states = client.cloud.client("stepfunctions")
    whole = states.describe_state_machine(stateMachineArn=client.cloud.output("WorkflowArn"))
    definition = json.loads(whole["definition"]) | {"StartAt": "deploy"}
    machine = states.create_state_machine(
        name=f"deploy-{uuid4().hex[:8]}",
        definition=json.dumps(definition),
        roleArn=whole["roleArn"],
    )
    given = {
        "run": {"run_id": run_id, "model": MODEL, "sources": []},
        "register": {"version": version},
        "score": {"champion": alias(client).version},
    }
    started = states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(given)
    )
    return str(started["executionArn"])


def test_a_good_version_answers_half_then_all_and_no_request_fails(
    client: Client, better: tuple[Run, Counter[int]]
) -> None:
    run, answered = better
    assert run.status == "deployed", run.reason
    assert set(answered) == {1, 2}
    assert "version 1 before; its trial at 50 %" in run.reason
    assert (alias(client).version, alias(client).challenger) == (2, None)
    events = [e for e in client.cloud.registry.audit(MODEL) if e.version == 2]
    assert [event.kind for event in events] == ["registered", "split", "promoted"]
    assert "answers 50 % of the requests" in events[1].details
    done = {stage.stage: stage.status for stage in client.cloud.registry.run(run.run_id).stages}
    assert (done["deploy"], done["deploy: watch"]) == ("done", "done")


@pytest.mark.usefixtures("better")
@pytest.mark.parametrize(
    ("plan", "versions", "phase"),
    [(STEP, {2, 3}, "at 50 %"), (SHADOW, {2}, "in shadow")],
    ids=["canary", "shadow"],
)
def test_a_version_that_answers_otherwise_is_taken_back_by_itself_and_the_audit_says_why(
    client: Client, folder: Path, plan: dict[str, Any], versions: set[int], phase: str
) -> None:
    apply(client, folder, plan)
    cloud, run_id = client.cloud, f"canary-{uuid4().hex[:8]}"
    inverted = register_inverted(cloud, cloud.registry.version(MODEL, 2), run_id)
    execution = deploy_alone(client, inverted.number, run_id)

    answered, rows = Counter[int](), requests(safe=True)
    run = client.follow(run_id, lambda _: ask(client, rows, answered), seconds=0.2)

    assert run.status == "refused"
    assert {min(number, 3) for number in answered} == versions
    assert (alias(client).version, alias(client).challenger) == (2, None)
    event = cloud.registry.audit(MODEL)[-1]
    assert (event.kind, event.version, event.details) == ("rolled back", 2, run.reason)
    assert f"Version {inverted.number} was taken back {phase}" in event.details
    assert "distributed otherwise than the champion's" in event.details
    states = cloud.client("stepfunctions")
    ended = wait_for_end(states, execution)
    assert json.loads(ended["output"])["state"] == "withdrawn"
    # Its role differs, so that nobody learns from what a shadow scored.
    period = Period(run.started_at, iso(cloud.clock.now()))
    lines = captured.captures(cloud.features, MODEL, period).lines
    ids = captured.predictions(lines)
    assert {row.version for row in ids.values()} == set(answered)
    roles = {line.role for line in lines if line.version == inverted.number}
    assert roles == ({"shadow"} if phase == "in shadow" else {"challenger"})


def wait_for_end(states: Any, execution: str) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.2)
