"""The whole life of a model, with the deployed templates and nobody touching it."""

import json
import time

import pytest
from evergreen.cli.client import Client
from evergreen.contracts.registry import CHAMPION, Run

from tests.localstack import loans
from tests.localstack.executions import execution, history

STAGES = {
    "ingest",
    "features",
    "tune: suggest",
    "tune: record",
    "train",
    "score",
    "evaluate",
    "register",
    "deploy",
}


def test_a_table_becomes_a_version_that_serves(client: Client, first_run: Run) -> None:
    run = client.cloud.registry.run(first_run.run_id)

    assert {stage.stage for stage in run.stages} == STAGES
    assert all(stage.status == "done" and stage.summary for stage in run.stages)
    alias = client.cloud.registry.alias(run.model, CHAMPION)
    assert alias is not None
    assert alias.version >= 1
    version = client.cloud.registry.version(run.model, 1)
    assert version.draft.lineage.run_id == first_run.run_id
    assert version.draft.lineage.sources == first_run.sources


def test_the_execution_reads_as_the_flow_and_its_output_as_what_happened(
    client: Client, first_run: Run
) -> None:
    names = [
        event["stateEnteredEventDetails"]["name"]
        for event in history(client, first_run.run_id)
        if event["type"].endswith("StateEntered")
    ]
    search = ["tune: suggest", "tune: where", "tune: trials", "tune: record", "tune: enough?"]
    rounds = names.count("tune: suggest")
    judged = ["train", "score", "evaluate", "gate", "register"]
    served = ["deploy", "deploy: next", "deployed"]
    ended = execution(client, first_run.run_id)

    assert names == ["start", "ingest", "features", *search * rounds, *judged, *served]
    assert rounds > 1
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["summary"] == "version 1 serves, the first one"


def test_a_table_that_moved_is_noticed_and_the_model_replaced_by_itself(
    client: Client, first_run: Run
) -> None:
    model = first_run.model
    before = client.predict(
        model, [loans.request(loans.rows(range(2020, 2021), count=1, seed=9)[0])]
    )
    rows = loans.rows(range(2021, 2024), count=3000, seed=2)
    answer = client.predict(model, [loans.request(row) for row in rows])
    outcomes = [
        {"id": found["id"], "outcome": row["defaulted"]}
        for found, row in zip(answer["predictions"], rows, strict=True)
    ]
    assert client.feedback(model, outcomes) == len(rows)

    drift_run = _await_drift_run(client, model)
    ended = client.follow(drift_run)

    assert ended.status == "deployed", [stage.summary for stage in ended.stages]
    after = client.predict(model, [loans.request(rows[0])])
    assert before["version"] == 1
    assert after["version"] == 2
    lineage = client.cloud.registry.version(model, 2).draft.lineage
    assert lineage.trigger == "drift"
    # Which of all rows it learned from is chosen; the newest are among them.
    assert lineage.labelled_until > first_run.started_at
    kinds = [event.kind for event in client.cloud.registry.audit(model)]
    assert kinds.count("promoted") == 2


def _await_drift_run(client: Client, model: str) -> str:
    deadline = time.monotonic() + 300  # the rule fires each minute; machines are shared
    while time.monotonic() < deadline:
        for run in client.cloud.registry.runs(model):
            if run.trigger == "drift":
                return run.run_id
        time.sleep(1)
    pytest.fail("No scheduled check started a run.")
