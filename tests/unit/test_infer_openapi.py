"""The OpenAPI document says what the service does, checked by clients that read such documents."""

import subprocess
import sys

import pytest
from evergreen.contracts.registry import Artifact
from msgspec.structs import replace

from tests.fakes.http import served
from tests.fakes.serving import ROW, SIGNATURE, World, model_file

# A row too many is refused as too large. JSON Schema cannot say that columns are of one length, or
# that a tensor has as many values as its shape tells and they are of its datatype, so requests that
# fit their schema may still be in no right form (400), or ask for too many explanations (413);
# values of /predict always fit (no 422).
CONFIG = """
[checks.negative_data_rejection]
expected-statuses = [400, 404, 405, 413, 422]

[[operations]]
include-path-regex = "/predict$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 413]

[[operations]]
include-path-regex = "/infer$"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 422]
"""


@pytest.fixture(scope="module")
def world():
    world = World()
    world.serve()
    world.register()
    return world


def test_schemathesis_finds_no_answer_that_the_document_does_not_tell_of(world, tmp_path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    with served(world.inference) as address:
        found = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", f"http://{address}/openapi.json", "--checks", "all", "--no-color"),
                *("--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--seed", "1"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert found.returncode == 0, found.stdout + found.stderr
    assert "15 selected / 15 total" in found.stdout


def test_every_example_is_answered_as_it_stands(world):
    document = world.call("GET", "/openapi.json")["document"]
    examples = [
        (path.replace("{version}", "2"), example["value"])
        for path, item in document["paths"].items()
        if "post" in item
        for example in (
            item["post"]["requestBody"]["content"]["application/json"]["examples"].values()
        )
    ]

    assert len(examples) == 6
    for path, body in examples:
        assert world.call("POST", path, body)["statusCode"] in (200, 202), path


def test_each_model_has_a_schema_of_its_own(world):
    row = world.call("GET", "/openapi.json")["document"]["components"]["schemas"]["crash.row"]

    assert row["required"] == [column.name for column in SIGNATURE.inputs]
    assert row["properties"]["belt"]["examples"] == ["belted", "none"]
    assert row["properties"]["speed"]["type"] == ["number", "null"]
    assert "sex" in row["properties"]
    assert not row["additionalProperties"]


def fleet(count):
    world = World(model_file(name="m000"))
    for number in range(count):
        name = f"m{number:03}"
        world.registry.apply(model_file(name=name), "me", "2026")
        world.promote(world.register(model=name).number, model=name)
    return world


def test_many_models_are_described_a_page_at_a_time():
    world = fleet(5)
    names, after = [], ""
    for _ in range(3):
        answer = world.call("GET", "/models", query={"limit": "2", "after": after})["document"]
        names.append([model["name"] for model in answer["models"]])
        after = answer.get("next")

    assert names == [["m000", "m001"], ["m002", "m003"], ["m004"]]
    assert after is None
    page = world.call("GET", "/openapi.json", query={"limit": "2", "after": "m001"})["document"]
    assert {"/models/m002", "/models/m003"} < set(page["paths"])
    assert "/models/m004" not in page["paths"]
    assert "after=m003" in page["info"]["description"]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"x": "1"}])
def test_a_page_that_cannot_be_is_a_bad_request(world, query):
    for path in ("/models", "/openapi.json"):
        assert world.call("GET", path, query=query)["statusCode"] == 400


def test_one_models_document_tells_of_it_alone():
    document = fleet(2).call("GET", "/models/m001/openapi.json")["document"]

    assert "/models/m001/predict" in document["paths"]
    assert "/models/m000/predict" not in document["paths"]
    assert document["servers"] == [{"url": "../../"}]


def test_a_model_that_is_broken_hides_no_other():
    world = fleet(2)
    draft = world.registry.version("m000", 1).draft
    lineage = replace(draft.lineage, run_id="another")
    lost = replace(draft, lineage=lineage, profile=Artifact("nowhere", "0" * 64, 1))
    world.promote(world.registry.register(lost, "workflow", "2026").number, model="m000")

    document = world.call("GET", "/openapi.json")["document"]

    assert "/models/m001" in document["paths"]
    assert "/models/m000" not in document["paths"]


def test_a_model_without_a_champion_is_listed_and_has_no_paths(world):
    world.registry.apply(model_file(name="young"), "me", "2026")

    assert "young" in [m["name"] for m in world.call("GET", "/models")["document"]["models"]]
    assert "/models/young" not in world.call("GET", "/openapi.json")["document"]["paths"]
    assert world.call("GET", "/models/young/openapi.json")["statusCode"] == 404


def test_the_document_is_read_without_opening_a_graph():
    world = fleet(3)
    world.call("GET", "/openapi.json")

    assert world.inference._graphs.held["versions"] == 0
    assert world.call("POST", "/models/m000/predict", {"instances": [ROW]})["statusCode"] == 200
    assert world.inference._graphs.held["versions"] == 1
