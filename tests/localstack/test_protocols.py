"""The deployed API speaks what its own document says, through API Gateway and its authorization."""

import pytest
from evergreen.cli.api import Refused
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run


def test_every_example_of_the_deployed_document_is_answered_as_it_stands(
    client: Client, first_run: Run
) -> None:
    model = first_run.model
    document = client.cloud.api.call("GET", f"/models/{model}/openapi.json")
    base = document["servers"][0]["url"]
    examples = [
        (path.replace("{version}", "1"), example["value"])
        for path, item in document["paths"].items()
        if "post" in item and not path.endswith("/feedback")
        for example in (
            item["post"]["requestBody"]["content"]["application/json"]["examples"].values()
        )
    ]

    answers = [client.cloud.api.call("POST", path, body) for path, body in examples]

    assert base == "../../"
    assert len(answers) == 5
    assert {answer.get("model") or answer["model_name"] for answer in answers} == {model}


def test_the_open_inference_protocol_is_spoken(client: Client, first_run: Run) -> None:
    api, model = client.cloud.api, first_run.model

    assert api.call("GET", "/v2/health/ready") == {"ready": True}
    assert "1" in api.call("GET", f"/v2/models/{model}")["versions"]
    ready = api.call("GET", f"/v2/models/{model}/versions/1/ready")
    assert ready == {"name": model, "ready": True}
    with pytest.raises(Refused, match="no version 99"):
        api.call("GET", f"/v2/models/{model}/versions/99")


def test_models_are_listed_a_page_at_a_time(client: Client, first_run: Run) -> None:
    listed: list[str] = []
    after = "-"
    while after:
        page = client.cloud.api.call("GET", f"/models?limit=1&after={after}")
        found = [model["name"] for model in page["models"]]
        assert len(found) <= 1
        listed += found
        after = found[0] if found else ""

    assert first_run.model in listed
    assert listed == sorted(set(listed))
