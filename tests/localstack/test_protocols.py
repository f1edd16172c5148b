"""The deployed API speaks what its own document says, through API Gateway and its authorization."""

import pytest
from evergreen.cli.api import Refused
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run


def test_every_example_of_the_deployed_document_is_answered_as_it_stands(
    client: Client, first_run: Run
) -> None:
    document = client.cloud.api.call("GET", "/openapi.json")
    examples = [
        (path.replace("{version}", "1"), example["value"])
        for path, item in document["paths"].items()
        if "post" in item and path != "/models/loans/feedback"
        for example in (
            item["post"]["requestBody"]["content"]["application/json"]["examples"].values()
        )
    ]

    answers = [client.cloud.api.call("POST", path, body) for path, body in examples]

    assert first_run.model == "loans"
    assert len(answers) == 5
    assert {answer.get("model") or answer["model_name"] for answer in answers} == {"loans"}


def test_the_open_inference_protocol_is_spoken(client: Client, first_run: Run) -> None:
    api = client.cloud.api

    assert api.call("GET", "/v2/health/ready") == {"ready": True}
    assert "1" in api.call("GET", f"/v2/models/{first_run.model}")["versions"]
    assert api.call("GET", "/v2/models/loans/versions/1/ready") == {"name": "loans", "ready": True}
    with pytest.raises(Refused, match="no version 99"):
        api.call("GET", "/v2/models/loans/versions/99")


def test_models_are_listed_a_page_at_a_time(client: Client, first_run: Run) -> None:
    page = client.cloud.api.call("GET", "/models?limit=1")

    assert [model["name"] for model in page["models"]] == [first_run.model]
    assert client.cloud.api.call("GET", "/models?after=zzz") == {"models": []}
