"""Whole tables through the deployed batch workflow, with a worker killed in the middle."""

import io
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evergreen.cli.batches import bring, manifest, start
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.conftest import Command
from tests.localstack.processes import kill, stopped, workers

ROWS, GROUPS = 20_000, 8


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """Loans as a team's table, with a key of its own."""
    return pa.Table.from_pylist([loans.request(r) | {"loan": n} for n, r in enumerate(rows)])


def score(client: Client, model: str, key: str, keep: tuple[str, ...] = ()) -> tuple[Run, str]:
    run_id = start(client, model, key, keep)
    return client.follow(run_id, seconds=0.2), run_id


def predicted(client: Client, files: Sequence[str]) -> pa.Table:
    parts = [pq.read_table(io.BytesIO(client.cloud.features.read(key))) for key in files]
    return pa.concat_tables(parts)


@pytest.fixture
def model(first_run: Run) -> str:
    """A model with a champion."""
    return first_run.model


@pytest.fixture
def crew(client: Client, model: str, local: laptop.Cloud, tmp_path: Path) -> list[int]:
    """Workers that have scored a chunk before, the one that plans first."""
    if not local.pid:
        pytest.skip("The emulator is not this process's to kill workers of.")
    first = set(workers(local.pid, "Score"))
    path = tmp_path / "first.parquet"
    rows = loans.rows(range(2011, 2020), count=GROUPS * 10, seed=4)
    pq.write_table(table(rows), path, row_group_size=10)
    run, _ = score(client, model, bring(client, model, str(path), lambda _: None))
    assert run.status == "scored", run.reason
    return sorted(workers(local.pid, "Score"), key=lambda pid: (pid not in first, pid))


def test_a_killed_chunk_is_redone_alone_and_every_row_is_predicted_once(
    client: Client, model: str, crew: list[int], tmp_path: Path
) -> None:
    rows = loans.rows(range(2011, 2020), count=ROWS, seed=5)
    path = tmp_path / "loans.parquet"
    pq.write_table(table(rows), path, row_group_size=ROWS // GROUPS)
    key = bring(client, model, str(path), lambda _: None)
    there = set(client.cloud.features.keys("batches/"))

    with stopped(crew[-1]):  # it takes a chunk, and never comes to its end
        run_id = start(client, model, key, ("loan",))
        others = _await_parts(client, there, GROUPS - 1)
        kill(crew[-1])
    run = client.follow(run_id, seconds=0.2)

    assert run.status == "scored", run.reason
    found = manifest(client, run_id)
    assert (found.rows, found.predicted, found.refused) == (ROWS, ROWS, 0)
    assert len(found.files) == GROUPS
    answers = predicted(client, found.files)
    assert answers["loan"].to_pylist() == list(range(ROWS))
    assert len(set(answers["id"].to_pylist())) == ROWS
    assert sorted(_attempts(client, run_id)) == [1] * (GROUPS - 1) + [2]
    assert {key: client.cloud.features.tag(key) for key in others} == others

    sample = np.random.default_rng(0).choice(ROWS, 500, replace=False)
    asked = client.predict(model, [loans.request(rows[n]) for n in sample])["predictions"]
    probability, label = answers["probability"].to_pylist(), answers["label"].to_pylist()
    assert [probability[n] for n in sample] == [answer["probability"] for answer in asked]
    assert [label[n] for n in sample] == [answer["label"] for answer in asked]


def _await_parts(client: Client, there: set[str], parts: int) -> dict[str, str]:
    """The new parts and what is in them, as soon as there are so many."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        new = [k for k in client.cloud.features.keys("batches/") if k not in there]
        done = [key for key in new if "/part-" in key and key.endswith(".json")]
        if len(done) == parts:
            files = [key.replace(".json", ".parquet") for key in done]
            return {key: client.cloud.features.tag(key) for key in files}
        time.sleep(0.05)
    pytest.fail(f"Of {parts} parts {len(done)} were written.")


def _attempts(client: Client, run_id: str) -> list[int]:
    """How often each chunk's task was started, from the map run's own executions."""
    states = client.cloud.client("stepfunctions")
    machine = client.cloud.output("BatchWorkflowArn")
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"
    (map_run,) = states.list_map_runs(executionArn=execution)["mapRuns"]
    pages = states.get_paginator("list_executions")
    found = []
    for page in pages.paginate(mapRunArn=map_run["mapRunArn"]):
        for child in page["executions"]:
            history = states.get_execution_history(executionArn=child["executionArn"])
            kinds = [event["type"] for event in history["events"]]
            found.append(kinds.count("TaskScheduled"))
    return found


def test_rows_that_do_not_fit_are_set_aside_by_row_and_reason(
    client: Client, model: str, tmp_path: Path
) -> None:
    rows = loans.rows(range(2011, 2020), count=60, seed=6)
    broken = table(rows).to_pylist()
    broken[3]["income"] = float("inf")
    broken[40]["region"] = "moon"
    path = tmp_path / "broken.parquet"
    pq.write_table(pa.Table.from_pylist(broken), path, row_group_size=20)

    run, run_id = score(client, model, bring(client, model, str(path), lambda _: None))

    assert run.status == "scored", run.reason
    found = manifest(client, run_id)
    assert (found.rows, found.predicted, found.refused) == (60, 59, 1)
    assert found.unseen == {"region": 1}
    (line,) = predicted(client, found.refused_files).to_pylist()
    assert (line["row"], line["column"]) == (3, "income")
    assert "infinite" in line["reason"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.drop_columns(["debt"]), "lacks the column(s) debt"),
        (lambda t: t.set_column(0, "income", pa.array(["x"] * len(t))), "'income' holds string"),
        (lambda t: t.slice(0, 0), "has no rows"),
    ],
)
def test_a_table_that_cannot_be_scored_fails_with_its_sentence(
    client: Client, model: str, tmp_path: Path, change: Any, sentence: str
) -> None:
    path = tmp_path / "wrong.parquet"
    pq.write_table(change(table(loans.rows(range(2011, 2020), count=10, seed=7))), path)

    run, _ = score(client, model, bring(client, model, str(path), lambda _: None))

    assert run.status == "failed"
    assert sentence in run.reason


def test_a_prefix_of_another_bucket_is_copied_and_scored_by_one_command(
    client: Client, model: str, evergreen: Command
) -> None:
    s3, bucket = client.cloud.client("s3"), loans.new_name("team")
    s3.create_bucket(Bucket=bucket)
    whole = table(loans.rows(range(2011, 2020), count=90, seed=8))
    for number in range(3):
        body = io.BytesIO()
        pq.write_table(whole.slice(number * 30, 30), body)
        s3.put_object(Bucket=bucket, Key=f"new/{number}.parquet", Body=body.getvalue())

    result = evergreen("score", model, f"s3://{bucket}/new", "--keep", "loan", "--json")

    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["model"], found["predicted"]) == (model, 90)
    assert found["location"].startswith(f"s3://{client.cloud.output('FeaturesBucket')}/batches/")
    assert predicted(client, found["files"])["loan"].to_pylist() == list(range(90))


def test_what_is_no_table_of_a_known_model_is_one_sentence_of_the_command(
    client: Client, model: str, evergreen: Command, tmp_path: Path
) -> None:
    (tmp_path / "loans.csv").write_text("income\n1\n")
    for arguments, sentence in (
        ((model, "loans.csv"), "must be a .parquet file"),
        ((model, "none.parquet"), "cannot be read"),
        (("nobody", "loans.csv"), "no model 'nobody'"),
    ):
        result = evergreen("score", *arguments)
        assert result.returncode == 1
        assert sentence in result.stderr
