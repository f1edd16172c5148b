"""The two small examples on real tables do what their READMEs say, in the deployed cloud."""

from pathlib import Path

import msgspec
import pytest
from evergreen.cli.client import Client
from evergreen.contracts import keys
from evergreen.contracts.registry import Run
from evergreen.contracts.verdict import Verdict

from examples import ask, outcome
from examples.catalogue import Example
from tests.localstack import loans

Trained = tuple[Example, Run, Path]


def trained(client: Client, example: Example, folder: Path) -> Trained:
    """The example's run, under a name that no other test took, and its table."""
    name = loans.new_name(example.name)
    named = example.model_file.read_text().replace(f"name: {example.name}\n", f"name: {name}\n")
    file = folder / "model.yaml"
    file.write_text(named)
    client.apply(file)
    table = example.write(folder)[example.name]
    return example, client.follow(client.train(name, [table])), table


@pytest.fixture(scope="module")
def credit(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(client, Example("credit"), tmp_path_factory.mktemp("credit"))


@pytest.fixture(scope="module")
def breast_cancer(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(client, Example("breast-cancer"), tmp_path_factory.mktemp("breast-cancer"))


def verdict(client: Client, run: Run) -> Verdict:
    body = client.cloud.artifacts.read(keys.run(run.run_id, "verdict.json"))
    return msgspec.json.decode(body, type=Verdict)


@pytest.mark.parametrize(("name", "rows"), [("credit", 2_380), ("breast_cancer", 569)])
def test_a_version_serves_with_the_score_that_the_readme_promises(
    client: Client, name: str, rows: int, request: pytest.FixtureRequest
) -> None:
    example, run, table = request.getfixturevalue(name)
    assert run.status == "deployed", run.reason
    model = client.cloud.registry.model(run.model).file

    asked = ask.predictions(client, model, table)
    found = outcome.read(client, example, run, 1.0, asked)

    assert (found.version, found.rows_read, found.rows) == (1, rows, rows)
    assert found.metric == example.promise.metric
    assert found.as_expected, outcome.lines(found)
    assert found.interval[0] < found.score < found.interval[1]
    assert "there is no time column" in found.split
    assert found.leaks == found.learned_leaks == {}
    assert found.breaches == []
    assert len(asked) == ask.ROWS
    assert all(0 <= each["answer"]["probability"] <= 1 for each in asked)
    assert all(model.target.column not in each["row"] for each in asked)


def test_the_fairness_gate_judged_race_and_marital_status(client: Client, credit: Trained) -> None:
    _, run, _ = credit
    found = verdict(client, run)

    judged = [gate.sentence for gate in found.gates if gate.name == "fairness"]

    assert [sentence.split(" lie ")[0] for sentence in judged] == [
        "True positive rates by afam",
        "True positive rates by single",
    ]
    assert {(rate.column, rate.group) for rate in found.groups} == {
        ("afam", "no"),
        ("afam", "yes"),
        ("single", "no"),
        ("single", "yes"),
    }


def test_a_denied_applicant_is_told_the_reasons_that_the_file_words(
    client: Client, credit: Trained
) -> None:
    _, run, _ = credit
    worded = client.cloud.registry.model(run.model).file.decision.reasons
    row = {"pirat": 1.2, "hirat": 0.9, "lvrat": 1.4, "chist": 6, "mhist": 4, "unemp": 3.2}
    row |= {"phist": "yes", "selfemp": "no", "condomin": "no", "hschool": "yes"}

    answer = client.cloud.api.call(
        "POST", f"/models/{run.model}/predict?explain=reasons", {"instances": [row]}
    )

    (prediction,) = answer["predictions"]
    assert prediction["label"] == "yes"
    reasons = prediction["explanation"]["reasons"]
    assert reasons
    assert all(worded[reason["code"]] == reason["text"] for reason in reasons)
