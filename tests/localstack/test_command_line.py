"""Every command of ``evergreen`` against the deployed system, as a person or a script runs it."""

import json
from pathlib import Path
from typing import Any

import pytest
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run

from tests.localstack import loans
from tests.localstack.conftest import Command
from tests.localstack.records import everything, with_versions

ROWS = loans.rows(range(2019, 2020), count=30, seed=8)


@pytest.fixture(scope="module")
def spare(client: Client, first_run: Run) -> str:
    """A model with two versions, of which the first serves."""
    name = loans.new_name("spare")
    with_versions(client, first_run, name, 2)
    client.promote(name, 1, "the first one")
    return name


def document(evergreen: Command, *arguments: str | Path) -> Any:
    """The JSON document of a command that must succeed."""
    done = evergreen(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_model_is_applied_trained_followed_and_reported_on(
    evergreen: Command, table: Path, tmp_path: Path
) -> None:
    name = loans.new_name("mortgages")
    path = loans.write_model_file(tmp_path, name=name, search={"trials": 1, "seed": 1})

    applied = [document(evergreen, "apply", path)["revision"] for _ in range(2)]
    run = document(evergreen, "train", name, "--data", table, "--follow", "--run-id", f"{name}-1")
    again = evergreen("train", name, "--data", table, "--run-id", f"{name}-1")
    shown = document(evergreen, "runs", f"{name}-1")
    listed = document(evergreen, "runs", name)["runs"]
    reports = document(evergreen, "report", name)["reports"]

    assert applied == [1, 1]
    assert (run["run_id"], run["status"]) == (f"{name}-1", "deployed")
    assert [stage["stage"] for stage in run["stages"]][-2:] == ["register", "deploy"]
    assert again.returncode == 1
    assert "was started before" in again.stderr
    assert shown == run
    assert [found["run_id"] for found in listed] == [f"{name}-1"]
    of_a_check = ("newest drift report", "newest drift report as JSON")
    checked = set(of_a_check)  # there once the schedule has looked, which it does by itself
    assert set(reports) - checked == {
        "card of version 1",
        "dataset report",
        "run report",
        "verdict",
    }
    for written in reports.values():
        assert (tmp_path / written).stat().st_size > 200


def test_runs_shows_each_stage_with_what_it_found(
    client: Client, evergreen: Command, first_run: Run
) -> None:
    done = evergreen("runs", first_run.run_id)

    assert done.returncode == 0
    for stage in client.cloud.registry.run(first_run.run_id).stages:
        assert stage.stage in done.stdout
        assert stage.summary in done.stdout


def test_models_lists_all_and_shows_versions_champion_and_audit_trail_of_one(
    evergreen: Command, first_run: Run, spare: str
) -> None:
    listed = {m["model"]: m for m in document(evergreen, "models")["models"]}
    one = document(evergreen, "models", spare)

    assert listed[first_run.model]["champion"] >= 1
    assert listed[spare]["versions"] == 2
    assert [version["number"] for version in one["versions"]] == [1, 2]
    assert [event["kind"] for event in one["audit"]][:3] == ["applied", "registered", "registered"]


def test_predict_answers_a_table_as_it_is_and_feedback_takes_its_outcomes(
    evergreen: Command, first_run: Run, tmp_path: Path
) -> None:
    (tmp_path / "today.csv").write_bytes(loans.as_csv(ROWS))

    done = evergreen("predict", first_run.model, "--rows", "today.csv", "--json")
    found = json.loads(done.stdout)
    outcomes = [
        {"id": prediction["id"], "outcome": row["defaulted"]}
        for prediction, row in zip(found["predictions"], ROWS, strict=True)
    ]
    (tmp_path / "outcomes.json").write_text(json.dumps(outcomes))
    reported = document(evergreen, "feedback", first_run.model, "--outcomes", "outcomes.json")

    assert done.returncode == 0
    assert "collected, defaulted" in done.stderr
    assert len(found["predictions"]) == len(ROWS)
    assert reported["accepted"] == len(ROWS)


def test_predict_names_the_row_and_column_that_do_not_fit(
    evergreen: Command, first_run: Run, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_bytes(loans.as_csv([ROWS[0], ROWS[1] | {"income": "plenty"}]))

    done = evergreen("predict", first_run.model, "--rows", "bad.csv")

    assert done.returncode == 1
    assert "row 1, column 'income'" in done.stderr
    assert "(HTTP 422)" in done.stderr


def test_promote_and_rollback_move_the_champion_and_say_who_and_why(
    client: Client, evergreen: Command, spare: str
) -> None:
    promoted = document(evergreen, "promote", spare, "2", "--reason", "approved by risk")
    back = document(evergreen, "rollback", spare, "--reason", "complaints")
    further = evergreen("rollback", spare, "--reason", "more complaints")

    assert (promoted["version"], promoted["previous"]) == (2, 1)
    assert back["version"] == 1
    assert further.returncode == 1
    assert "no version before version 1" in further.stderr
    moves = [event for event in client.cloud.registry.audit(spare) if event.actor != "test"][-2:]
    assert [(event.kind, event.version) for event in moves] == [("promoted", 2), ("rolled back", 1)]
    assert [event.details for event in moves] == ["approved by risk", "complaints"]
    assert {event.actor for event in moves} == {client.cloud.actor}


def test_a_model_is_checked_now_and_stands_with_its_decision_in_the_fleet(
    evergreen: Command, first_run: Run, tmp_path: Path
) -> None:
    checked = document(evergreen, "check", first_run.model)
    fleet = document(evergreen, "fleet", "--out", "pages")
    decided = document(evergreen, "decisions", first_run.model)["decisions"]

    assert checked["health"] in ("waiting", "ok", "drifting", "worse")
    assert first_run.model in {each["model"] for each in fleet["models"]}
    assert checked["decision"]["at"] in {each["at"] for each in decided}
    page = checked["decision"]["report"].removeprefix("reports/").replace(".json", ".html")
    assert f'href="{page}"' in (tmp_path / "pages" / "fleet.html").read_text()
    assert (tmp_path / "pages" / page).stat().st_size > 2000


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["train", "nobody", "--data", "rows.csv"], "There is no model 'nobody'"),
        (["predict", "nobody", "--rows", "rows.csv"], "There is no model 'nobody'"),
        (["models", "nobody"], "There is no model 'nobody'"),
        (["promote", "nobody", "1", "--reason", "x"], "Model 'nobody' has no version 1"),
        (["rollback", "nobody", "--reason", "x"], "Model 'nobody' has no champion"),
        (["runs", "nobody"], "There is no model or run 'nobody'"),
        (["runs", "nobody", "--follow"], "There is no run 'nobody'"),
        (["report", "nobody"], "There is no model or run 'nobody'"),
        (["check", "nobody"], "There is no model 'nobody'"),
        (["decisions", "nobody"], "There is no model 'nobody'"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence_and_changes_nothing(
    client: Client, evergreen: Command, tmp_path: Path, command: list[str], says: str
) -> None:
    (tmp_path / "rows.csv").write_bytes(loans.as_csv(ROWS))
    before = everything(client)

    done = evergreen(*command)

    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()[1:]
    assert sentence.startswith(f"Error: {says}")
    assert everything(client) == before
