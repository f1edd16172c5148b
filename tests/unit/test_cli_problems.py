"""The command line shows and sends what a model's problem asks for."""

import json

import msgspec
import pytest
from evergreen.contracts.capture import Feedback, captures_prefix

from tests.fakes.answering import CLASSES, PROBLEMS, world
from tests.fakes.cloud import MemoryCloud, read, sentence, terminal
from tests.fakes.serving import MODEL, ROW

HEADINGS = {
    "binary": ["id", "probability", "label"],
    "multiclass": ["id", "label", "probability"],
    "regression": ["id", "value"],
    "forecast": ["id", "value"],
}


def cloud(problem):
    return MemoryCloud(world(problem))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_predictions_are_shown_in_the_columns_of_the_problem(problem):
    result = terminal(cloud(problem))("predict", MODEL, "--rows", "-", stdin=json.dumps([ROW]))
    assert result.stdout.splitlines()[0].split() == HEADINGS[problem]


def test_json_has_the_probability_of_every_class():
    rows = json.dumps([ROW])
    found = read(
        terminal(cloud("multiclass"))("predict", MODEL, "--rows", "-", "--json", stdin=rows)
    )
    assert list(found["predictions"][0]["probabilities"]) == list(CLASSES)


def test_outcomes_of_a_csv_become_numbers_where_the_model_answers_with_one():
    made = cloud("regression")
    text = "id,outcome\na-0,12.5\na-1, -3\n"
    result = terminal(made)("feedback", MODEL, "--outcomes", "-", "--json", stdin=text)
    assert read(result)["accepted"] == 2
    (key,) = made.features.keys("feedback/")
    kept = msgspec.json.decode(made.features.read(key), type=Feedback)
    assert [said.outcome for said in kept.outcomes] == [12.5, -3]


def test_an_outcome_that_is_no_number_is_named_by_its_row():
    result = terminal(cloud("forecast"))(
        "feedback", MODEL, "--outcomes", "-", stdin="id,outcome\na-0,12.5\na-1,many\n"
    )
    assert "row 1, column 'outcome': 'many' is no finite number." in sentence(result)


def test_an_outcome_of_a_class_that_is_spelled_as_a_number_stays_text():
    made = cloud("multiclass")
    terminal(made)("feedback", MODEL, "--outcomes", "-", stdin="id,outcome\na-0,2\n")
    (key,) = made.features.keys("feedback/")
    assert b'"outcome":"2"' in made.features.read(key)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_captured_prediction_is_explained_again_as_it_was(problem):
    made = cloud(problem)
    letter = made.world.explain(ROW)["document"]["predictions"][0]
    lines = b"\n".join(msgspec.json.encode(capture) for capture in made.world.captures.captures)
    made.features.write(f"{captures_prefix(MODEL)}dt=2026-01-01/part", lines)
    command = terminal(made)

    found = read(command("explain", MODEL, "req-0", "--on", "2026-01-01", "--json"))

    assert {name: found[name] for name in letter} == letter
    assert found["again"] == letter.get("value", letter.get("probability"))
    shown = command("explain", MODEL, "req-0", "--on", "2026-01-01")
    assert f"answered {found['again']:.4f}" in shown.stdout
    assert ("'" + letter.get("label", "?") + "'" in shown.stdout) == ("label" in letter)
