"""The command that replays history, as a person types it."""

import json

import pytest
import yaml
from click.testing import CliRunner
from evergreen.cli.main import main

from tests.unit.test_simulation import FILE, shop


@pytest.fixture
def typed(tmp_path):
    """Runs ``evergreen simulate`` on a small table with more arguments."""
    model, table = tmp_path / "shop.yaml", tmp_path / "shop.csv"
    model.write_text(yaml.safe_dump(FILE))
    shop(900).to_csv(table, index=False)

    def run(*more: str) -> object:
        given = ["simulate", str(model), "--data", str(table), "--from", "2020-02-15", *more]
        return CliRunner().invoke(main, given)

    return run


def test_a_model_file_is_replayed_without_a_cloud_and_the_report_is_written(
    typed, tmp_path
) -> None:
    page = tmp_path / "out" / "report.html"
    made = typed("--to", "2020-03-20", "--policy", "never", "--out", str(page), "--json")
    assert made.exit_code == 0, made.output
    document = json.loads(made.stdout)
    assert [outcome["policy"] for outcome in document["outcomes"]] == ["never"]
    assert page.read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--to", "someday"), "--to takes a day"),
        (("--to", "2020-03-20", "--every", "weekly"), "--every takes a span of time"),
        (("--to", "2020-03-20", "--out", "report.pdf"), "--out must end in .html or .json"),
        (("--to", "2020-01-01"), "--from must be before --to"),
    ],
)
def test_what_was_mistyped_is_said_in_a_sentence(typed, more, sentence) -> None:
    made = typed(*more)
    assert made.exit_code == 1
    assert sentence in made.output


def test_a_file_that_is_not_there_is_named_as_it_was_typed(typed, tmp_path) -> None:
    given = ["simulate", "gone.yaml", "--data", "shop.csv", "--from", "2020-01-01"]
    made = CliRunner().invoke(main, [*given, "--to", "2020-02-01"])
    assert made.exit_code == 1
    assert "There is no file gone.yaml" in made.output


def test_what_a_table_lacks_is_said_with_the_name_of_its_file(tmp_path) -> None:
    model, table = tmp_path / "shop.yaml", tmp_path / "shop.csv"
    model.write_text(yaml.safe_dump(FILE | {"features": {"size": "number"}}))
    shop(60).to_csv(table, index=False)
    given = ["simulate", str(model), "--data", str(table), "--from", "2020-01-02"]
    made = CliRunner().invoke(main, [*given, "--to", "2020-02-01"])
    assert made.exit_code == 1
    assert f"{table} lacks the column(s) 'size'" in made.output
