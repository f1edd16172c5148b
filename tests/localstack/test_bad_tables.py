"""Tables that cannot train a model: each run fails with the sentence that says why, no more."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput
from evergreen.retrain import start

from localstack import cloud as laptop
from tests.localstack import loans
from tests.localstack.conftest import Command
from tests.localstack.executions import execution
from tests.localstack.records import governed

Rows = list[dict[str, Any]]
NOISE = bytes(range(256)) * 40


def without(rows: Rows, column: str) -> Rows:
    return [{name: value for name, value in row.items() if name != column} for row in rows]


def all_with(rows: Rows, column: str, value: object) -> Rows:
    return [row | {column: value} for row in rows]


class Bad(NamedTuple):
    """A table as bytes, the end of its key, and words of the sentence that it deserves."""

    make: Callable[[Rows], bytes]
    suffix: str
    says: tuple[str, ...]


BAD = {
    "empty": Bad(lambda _: b"", ".csv", ("is empty",)),
    "header only": Bad(
        lambda rows: loans.as_csv(rows).splitlines(keepends=True)[0], ".csv", ("no rows",)
    ),
    "lacks a column": Bad(
        lambda rows: loans.as_csv(without(rows, "debt")), ".csv", ("lacks", "'debt'")
    ),
    "one class": Bad(
        lambda rows: loans.as_csv(all_with(rows, "defaulted", "no")), ".csv", ("never", "'yes'")
    ),
    "noise as CSV": Bad(lambda _: NOISE, ".csv", ("binary data",)),
    "noise as Parquet": Bad(lambda _: NOISE, ".parquet", ("no readable Parquet file",)),
    "text in a number column": Bad(
        lambda rows: loans.as_csv([*rows[:7], *all_with(rows[7:], "income", "plenty")]),
        ".csv",
        ("'income'", "numbers", "row 8", "'plenty'"),
    ),
    "too few rows": Bad(lambda rows: loans.as_csv(rows[:20]), ".csv", ("split", "give more rows")),
    "not there": Bad(lambda _: b"", "", ("There is no source",)),
}
STAGES = {"too few rows": "features"}
"""Where a table is found bad, other than in ingest."""


class Ended(NamedTuple):
    """How a run ended, in every place that says so."""

    run: Run
    execution: dict[str, Any]
    told: str


@pytest.fixture(scope="module")
def inbox(client: Client, local: laptop.Cloud) -> Iterator[Callable[[], list[str]]]:
    """What the deployed topic sends to somebody who subscribed."""
    sqs, sns = client.cloud.client("sqs"), client.cloud.client("sns")
    topic = laptop.outputs(local)["NotificationsTopic"]
    queue = sqs.create_queue(QueueName=f"inbox-{uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    _let_in(sqs, queue, arn["QueueArn"], topic)
    link = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    yield lambda: [
        json.loads(message["Body"])["Message"]
        for message in sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        ).get("Messages", [])
    ]
    sns.unsubscribe(SubscriptionArn=link["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=queue)


def _let_in(sqs: Any, queue: str, arn: str, topic: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


@pytest.fixture(scope="module")
def model(client: Client, first_run: Run) -> tuple[str, tuple[Any, ...]]:
    """The model that all the tables are given to, and what was known of it before."""
    return first_run.model, governed(client, first_run.model)


@pytest.fixture(scope="module")
def ended(
    client: Client, model: tuple[str, tuple[Any, ...]], inbox: Callable[[], list[str]]
) -> dict[str, Ended]:
    """All the runs, started together, and how each ended."""
    rows = loans.rows(range(2011, 2020), count=400, seed=5)
    started = {
        fault: _start(client, model[0], fault, bad.make(rows) if bad.suffix else None)
        for fault, bad in BAD.items()
    }
    runs = {fault: client.follow(run_id, seconds=0.3) for fault, run_id in started.items()}
    told = _messages(inbox, set(started.values()))
    return {
        fault: Ended(run, execution(client, run.run_id), told[run.run_id])
        for fault, run in runs.items()
    }


def _start(client: Client, model: str, fault: str, body: bytes | None) -> str:
    """Start a run on a table that is put into the bucket itself, past the command line."""
    key = f"raw/{model}/{fault.replace(' ', '-')}{BAD[fault].suffix or '.csv'}"
    if body is not None:
        client.cloud.features.write(key, body)
    run = RunInput(run_id=f"bad-{uuid4().hex[:10]}", model=model, sources=(key,))
    assert start(client.cloud.registry, client.cloud.workflow, run, client.cloud.clock)
    return run.run_id


def _messages(inbox: Callable[[], list[str]], runs: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    deadline = time.monotonic() + 30
    while runs - set(found) and time.monotonic() < deadline:
        for message in inbox():
            found |= {run: message for run in runs if f"Run {run} " in message}
    assert set(found) == runs, "Not every failed run was told about."
    return found


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_table_fails_its_run_with_one_sentence_everywhere(
    ended: dict[str, Ended], fault: str
) -> None:
    run, ending, told = ended[fault]

    assert run.status == "failed"
    sentence = run.reason
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert all(word in sentence for word in BAD[fault].says), sentence
    assert ending["status"] == "FAILED"
    assert ending["cause"] == sentence
    assert sentence in told


@pytest.mark.parametrize("fault", BAD)
def test_the_failed_run_names_the_stage_that_refused_the_table(
    ended: dict[str, Ended], fault: str
) -> None:
    run = ended[fault].run

    last = run.stages[-1]
    assert last.stage == STAGES.get(fault, "ingest")
    assert (last.status, last.summary) == ("failed", run.reason)
    assert last.ended_at


@pytest.mark.usefixtures("ended")
def test_bad_tables_leave_the_model_its_versions_and_its_audit_trail_as_they_were(
    client: Client, model: tuple[str, tuple[Any, ...]]
) -> None:
    name, before = model

    assert governed(client, name) == before


def test_the_command_line_refuses_an_empty_file_before_it_uploads_it(
    client: Client, evergreen: Command, model: tuple[str, tuple[Any, ...]], tmp_path: Any
) -> None:
    (tmp_path / "nothing.csv").write_bytes(b"\n \n")
    stored = list(client.cloud.features.keys(f"raw/{model[0]}/"))
    runs = client.cloud.registry.runs(model[0])

    done = evergreen("train", model[0], "--data", "nothing.csv")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: nothing.csv is empty; ")
    assert list(client.cloud.features.keys(f"raw/{model[0]}/")) == stored
    assert client.cloud.registry.runs(model[0]) == runs


def test_a_run_that_fails_ends_the_command_that_follows_it_with_exit_code_1(
    evergreen: Command, model: tuple[str, tuple[Any, ...]], tmp_path: Any
) -> None:
    rows = loans.rows(range(2011, 2020), count=400, seed=6)
    (tmp_path / "alike.csv").write_bytes(loans.as_csv(all_with(rows, "defaulted", "yes")))

    done = evergreen("train", model[0], "--data", "alike.csv", "--follow")

    assert done.returncode == 1
    assert "The target 'defaulted' holds only 'yes'" in done.stdout
    assert "Traceback" not in done.stderr
