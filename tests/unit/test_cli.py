"""What a person at the command line relies on."""

import json

import pytest
import yaml
from evergreen.cli.client import Client
from evergreen.cli.cloud import Execution
from evergreen.contracts.registry import Run, StageRecord

from tests.fakes.cloud import read, sentence
from tests.fakes.serving import AT, MODEL

DOCUMENT = {
    "name": "loan",
    "problem": "binary",
    "target": {"column": "paid", "positive": 1},
    "features": {"income": "number"},
}


@pytest.fixture
def running(cloud):
    """A run that is in its first stage."""
    run = Run(run_id="run-9", model=MODEL, trigger="manual", sources=(), started_at=AT)
    cloud.registry.open_run(run)
    cloud.registry.record_stage("run-9", StageRecord("ingest", "done", AT, AT, "100 rows"))
    return run


def test_applying_a_file_twice_leaves_one_revision_by_the_caller(evergreen, cloud, tmp_path):
    (tmp_path / "loan.yaml").write_text(yaml.safe_dump(DOCUMENT))

    found = [read(evergreen("apply", "loan.yaml", "--json")) for _ in range(2)]

    assert [f["revision"] for f in found] == [1, 1]
    (event,) = cloud.registry.audit("loan")
    assert (event.kind, event.actor) == ("applied", cloud.actor)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (yaml.safe_dump(DOCUMENT | {"metrik": "roc_auc"}), "did you mean 'metric'"),
        ("name: [", "is no YAML"),
        ("just words", "must be a YAML mapping"),
    ],
)
def test_a_wrong_model_file_is_one_sentence_and_changes_nothing(
    evergreen, cloud, tmp_path, text, expected
):
    (tmp_path / "loan.yaml").write_text(text)

    assert expected in sentence(evergreen("apply", "loan.yaml"))
    assert cloud.registry.models() == [MODEL]


def test_a_model_file_that_is_not_there_is_one_sentence(evergreen):
    assert sentence(evergreen("apply", "x.yaml")) == (
        "x.yaml cannot be read: No such file or directory."
    )


def test_training_uploads_each_table_once_and_starts_one_run_on_all(evergreen, cloud, tmp_path):
    (tmp_path / "a b.csv").write_text("age\n1\n")
    (tmp_path / "c.csv").write_text("age\n2\n")
    data = ("--data", "a b.csv", "--data", "c.csv")
    first = read(evergreen("train", MODEL, *data, "--json"))
    uploaded = list(cloud.features.keys("raw/"))
    second = read(evergreen("train", MODEL, *data, "--json"))

    assert list(cloud.features.keys("raw/")) == uploaded
    assert sorted(key.split("-", 1)[1] for key in uploaded) == ["a-b.csv", "c.csv"]
    assert first["run_id"] != second["run_id"]
    run = cloud.workflow.started[first["run_id"]]
    assert sorted(run.sources) == uploaded
    assert run.model == MODEL
    assert first["run_id"].startswith("crash-20260101-000000-")


def test_a_run_id_that_was_used_is_refused(evergreen, tmp_path):
    (tmp_path / "a.csv").write_text("age\n1\n")
    given = ("train", MODEL, "--data", "a.csv", "--run-id", "mine")
    assert evergreen(*given).exit_code == 0

    assert "choose another --run-id" in sentence(evergreen(*given))


@pytest.mark.parametrize(
    ("content", "expected"), [(None, "cannot be read"), ("", "is empty"), (" \n", "is empty")]
)
def test_training_on_no_data_is_refused_before_anything_is_sent(
    evergreen, cloud, tmp_path, content, expected
):
    if content is not None:
        (tmp_path / "a.csv").write_text(content)

    assert expected in sentence(evergreen("train", MODEL, "--data", "a.csv"))
    assert list(cloud.features.keys("raw/")) == []
    assert cloud.workflow.started == {}


def test_training_an_unknown_model_is_refused(evergreen, tmp_path):
    (tmp_path / "a.csv").write_text("age\n1\n")

    assert "There is no model 'nobody'" in sentence(evergreen("train", "nobody", "--data", "a.csv"))


def test_a_run_is_shown_stage_by_stage(evergreen, running):
    result = evergreen("runs", "run-9")

    assert result.exit_code == 0
    assert "ingest" in result.stdout
    assert "100 rows" in result.stdout


def test_runs_lists_those_of_all_models_or_of_one(evergreen, running):
    for arguments in ([], [MODEL]):
        assert [r["run_id"] for r in read(evergreen("runs", *arguments, "--json"))["runs"]] == [
            "run-9"
        ]


@pytest.mark.parametrize(("status", "code"), [("failed", 1), ("deployed", 0), ("refused", 0)])
def test_following_a_run_ends_with_it_and_fails_if_it_failed(
    evergreen, cloud, running, status, code
):
    cloud.registry.close_run("run-9", status, "Because.", AT)

    for name in ("run-9", MODEL):
        result = evergreen("runs", name, "--follow", "--json")
        assert result.exit_code == code
        assert json.loads(result.stdout)["status"] == status
        assert "ingest: done 100 rows" in result.stderr


def test_a_stage_that_was_killed_is_not_shown_as_running_for_ever(evergreen, cloud, running):
    cloud.registry.record_stage("run-9", StageRecord("train", "running", AT))
    cloud.registry.close_run("run-9", "failed", "It was killed.", AT)

    shown = evergreen("runs", "run-9").stdout

    assert "✗  train" in shown
    assert "ended without an answer" in shown


def test_following_tells_every_change_until_the_end(cloud, running):
    steps = iter(
        [
            lambda: cloud.registry.record_stage("run-9", StageRecord("train", "running", AT)),
            lambda: cloud.registry.close_run("run-9", "deployed", "", AT),
        ]
    )
    cloud.executions["run-9"] = Execution("RUNNING", {})
    seen = []

    run = Client(cloud).follow("run-9", seen.append, sleep=lambda _: next(steps)())

    assert [len(r.stages) for r in seen] == [1, 2, 2]
    assert run.status == "deployed"


def test_following_an_execution_that_was_stopped_ends_as_failed(cloud, running):
    cloud.executions["run-9"] = Execution("ABORTED", {})

    run = Client(cloud).follow("run-9", sleep=lambda _: None)

    assert run.status == "failed"
    assert "ABORTED" in run.reason


def test_following_a_run_that_nobody_started_says_so(evergreen):
    assert sentence(evergreen("runs", "nothing", "--follow")) == "There is no run 'nothing'."


def test_a_name_that_is_no_models_and_no_runs_is_said_to_be_neither(evergreen):
    for command in ("runs", "report"):
        said = sentence(evergreen(command, "nothing"))
        assert said.startswith("There is no model or run 'nothing'; ")


def test_a_models_reports_are_fetched(evergreen, cloud, tmp_path):
    for hour in ("01", "02"):
        key = f"reports/{MODEL}/drift/2026-01-01T{hour}0000.000Z.html"
        cloud.artifacts.write(key, f"hour {hour}".encode())

    found = read(evergreen("report", MODEL, "--json"))["reports"]

    texts = {what: (tmp_path / path).read_text() for what, path in found.items()}
    assert texts == {
        "card of version 1": "<html>card</html>",
        "dataset report": "<html>dataset</html>",
        "verdict": "{}",
        "newest drift report": "hour 02",
    }


def test_a_refused_runs_reports_are_fetched(evergreen, cloud, running):
    cloud.artifacts.write("runs/run-9/verdict.json", b"{}")
    cloud.executions["run-9"] = Execution("SUCCEEDED", {"ingest": {"dataset": "ds"}})

    assert set(read(evergreen("report", "run-9", "--json"))["reports"]) == {
        "dataset report",
        "verdict",
    }


def test_a_run_without_reports_says_so(evergreen, running):
    assert sentence(evergreen("report", "run-9")) == "Nothing was reported about 'run-9' yet."


def test_an_unknown_option_is_a_usage_error(evergreen):
    assert evergreen("models", "--jsn").exit_code == 2


def test_the_cloud_that_is_used_is_named_on_stderr_alone(evergreen, cloud):
    result = evergreen("models")

    assert f"Working on {cloud.description}." in result.stderr
    assert cloud.description not in result.stdout
