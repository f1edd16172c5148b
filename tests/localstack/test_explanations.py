"""Why a decision was made, asked of the deployed API."""

import pytest
from evergreen.cli.api import Refused
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run

from tests.localstack import loans
from tests.localstack.records import with_versions


def test_a_refused_person_is_told_the_principal_reasons(client: Client, first_run: Run) -> None:
    # The first model may have moved on, by another test.
    model = loans.new_name("reasons")
    with_versions(client, first_run, model, 1)
    client.promote(model, 1, "the first one")
    path = f"/models/{model}/predict?explain=reasons"
    row = loans.request(loans.rows(range(2019, 2020), count=1, seed=4)[0]) | {"income": 5.0}
    body = {"instances": [row]}
    answer = client.cloud.api.call("POST", path, body)
    (prediction,) = answer["predictions"]
    why = prediction["explanation"]
    assert prediction["label"] == "yes"
    assert {c["column"] for c in why["contributions"]} == {"income", "debt", "region"}
    assert why["contributions"][0]["column"] == "income"
    assert why["reasons"][0] == {"code": "income", "text": "The income is low."}
    again = client.cloud.api.call("POST", path, body)
    assert again["predictions"][0]["explanation"] == why


def test_what_cannot_be_asked_is_refused_with_what_can(client: Client, first_run: Run) -> None:
    row = loans.request(loans.rows(range(2019, 2020), count=1, seed=4)[0])
    with pytest.raises(Refused, match="use 'explain=reasons'") as refused:
        client.cloud.api.call(
            "POST", f"/models/{first_run.model}/predict?explain=all", {"instances": [row]}
        )
    assert refused.value.status == 400
