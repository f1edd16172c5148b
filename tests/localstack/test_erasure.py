"""A person's columns never reach the deployed buckets, and the person can be erased from them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from evergreen import captured, privacy
from evergreen.cli.client import Client
from evergreen.contracts.erasure import is_sealed
from evergreen.contracts.registry import Run
from evergreen.object_versions import VersionedStore
from evergreen.ports import iso

from tests.localstack import loans
from tests.localstack.conftest import HISTORY, Command

ANN = "ann.lee@example.org"


def people(count: int, seed: int) -> list[dict[str, Any]]:
    """Loans of customers, Ann's among them."""
    rows = loans.rows(HISTORY, count=count, seed=seed)
    for number, row in enumerate(rows):
        row["customer"] = ANN if number % 10 == 0 else f"customer-{number}@example.org"
        row["full_name"] = "Ann Lee" if number % 10 == 0 else "Somebody Else"
    return rows


def asked(row: dict[str, Any]) -> dict[str, Any]:
    return loans.request(row) | {name: row[name] for name in ("customer", "full_name")}


@pytest.fixture(scope="module")
def private(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A model whose customers are hashed and whose names are forgotten."""
    folder = tmp_path_factory.mktemp("private")
    (folder / "people.csv").write_bytes(loans.as_csv(people(1500, seed=4)))
    file = loans.write_model_file(
        folder,
        name=loans.new_name("private"),
        group="customer",
        personal={"customer": "hash", "full_name": "drop"},
        search={"trials": 1, "seed": 1},
    )
    client.apply(file)
    name = file.stem
    run = client.follow(client.train(name, [folder / "people.csv"]))
    assert run.status == "deployed", run.reason
    return run


def answered(client: Client, model: str) -> list[str]:
    """Ids of ten predictions, captured, the first of them Ann's, each with an outcome."""
    found = client.predict(model, [asked(row) for row in people(10, seed=5)])
    ids = [prediction["id"] for prediction in found["predictions"]]
    client.feedback(model, [{"id": one, "outcome": "no"} for one in ids])
    deadline = time.monotonic() + 30
    while not set(ids) <= set(rows(client, model)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return ids


def rows(client: Client, model: str) -> dict[str, captured.Prediction]:
    period = captured.Period("", iso(client.cloud.clock.now()))
    return captured.predictions(captured.captures(client.cloud.features, model, period).lines)


def outcomes(client: Client, model: str) -> dict[str, str]:
    period = captured.Period("", iso(client.cloud.clock.now()))
    return captured.outcomes(captured.feedback(client.cloud.features, model, period).lines)


def holding(store: VersionedStore, text: str, *, without: str | tuple[str, ...]) -> list[str]:
    """Keys of objects of which a version holds the text."""
    found = []
    for version in store.versions(""):
        body = captured.unpacked(store.read_version(version))
        if text.encode() in body and not version.key.startswith(without):
            found.append(version.key)
    return found


def test_a_person_is_a_digest_in_every_bucket_and_is_erased_from_what_was_served(
    client: Client, private: Run, evergreen: Command, tmp_path: Path
) -> None:
    model, features, artifacts = private.model, client.cloud.features, client.cloud.artifacts
    ids = answered(client, model)
    ann = privacy.digest(ANN, features.read(privacy.KEY))

    assert rows(client, model)[ids[0]].values["customer"] == ann
    for bucket in (features, artifacts):
        for text in (ANN, "Ann Lee"):
            assert holding(bucket, text, without="raw/") == []

    shown = evergreen("erase", f"customer={ANN}", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "captured rows" in shown.stdout
    assert ids[0] in rows(client, model)

    done = evergreen("erase", f"customer={ANN}", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)

    removed = {part["kind"]: part["rows"] for part in document["removed"]}
    assert removed == {"captured rows": 1, "outcomes": 1}
    assert not {ids[0]} & (rows(client, model).keys() | outcomes(client, model).keys())
    assert set(ids[1:]) <= rows(client, model).keys() & outcomes(client, model).keys()
    assert holding(features, ann, without=("datasets/", "feature-sets/")) == []
    remains = {part["kind"] for part in document["remains"] if model in part["name"]}
    assert remains == {"raw file", "model version"}
    assert {"dataset", "feature set"} <= {part["kind"] for part in document["remains"]}

    body = artifacts.read(document["key"].replace(".html", ".json"))
    assert is_sealed(body)
    assert ANN.encode() not in body
    assert client.cloud.registry.audit(model)[-1].kind == "erased"

    again = evergreen("erase", f"customer={ANN}")
    assert again.returncode == 0, again.stderr
    assert "Nothing was left to erase." in again.stdout
