"""Requests that cannot be answered: problem details with the right status, and what to fix."""

from typing import Any

import pytest
from evergreen.contracts.inference import BODY_BYTES_AT_MOST, ROWS_AT_MOST
from evergreen.contracts.registry import Run

from tests.localstack import loans
from tests.localstack.http import Answer, Caller

ROW = loans.request(loans.rows(range(2019, 2020), count=1, seed=4)[0])


def refused(answer: Answer, status: int) -> str:
    """The detail of a problem document that says ``status`` wherever a client may look."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.document["status"] == status
    assert answer.document["title"]
    assert answer.document["request_id"]
    detail: str = answer.document["detail"]
    assert detail.endswith(".")
    return detail


@pytest.fixture
def predict(first_run: Run) -> str:
    """The path that the first model is asked at."""
    return f"/models/{first_run.model}/predict"


def test_a_good_request_is_answered(call: Caller, predict: str) -> None:
    answer = call("POST", predict, {"instances": [ROW]})

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.document["unseen"] == {}
    (prediction,) = answer.document["predictions"]
    assert 0 < prediction["probability"] < 1


def test_an_unknown_model_is_not_found(call: Caller, first_run: Run) -> None:
    detail = refused(call("POST", "/models/nobody/predict", {"instances": [ROW]}), 404)

    assert "'nobody'" in detail


@pytest.mark.parametrize(
    ("change", "column", "says"),
    [
        ({"income": ...}, "income", "missing"),
        ({"colour": "red"}, "colour", "takes no column"),
        ({"debt": "much"}, "debt", "text where a number belongs"),
        ({"debt": True}, "debt", "boolean where a number belongs"),
        ({"region": ["north"]}, "region", "a list where a single value belongs"),
        ({"income": 1e300}, "income", "too large"),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_column(
    call: Caller, predict: str, change: dict[str, Any], column: str, says: str
) -> None:
    bad = {name: value for name, value in (ROW | change).items() if value is not ...}

    answer = call("POST", predict, {"instances": [ROW, bad]})

    detail = refused(answer, 422)
    assert "row 1" in detail
    assert f"'{column}'" in detail
    (error,) = answer.document["errors"]
    assert (error["row"], error["column"]) == (1, column)
    assert says in error["detail"]


def test_a_category_that_training_never_saw_is_answered_and_counted(
    call: Caller, predict: str
) -> None:
    rows = [ROW, ROW | {"region": "atlantis"}, ROW | {"region": "mars"}]

    answer = call("POST", predict, {"instances": rows})

    assert answer.status == 200
    assert len(answer.document["predictions"]) == 3
    assert answer.document["unseen"] == {"region": 2}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"rows": []}', b'{"instances": []}', b'{"instances": [1]}'],
)
def test_what_is_no_request_is_told_the_form(call: Caller, predict: str, body: bytes) -> None:
    refused(call("POST", predict, body), 400)


def test_a_body_over_the_limit_is_refused(call: Caller, predict: str) -> None:
    refused(call("POST", predict, b" " * (BODY_BYTES_AT_MOST + 1)), 413)


def test_more_rows_than_the_limit_are_refused(call: Caller, predict: str) -> None:
    detail = refused(call("POST", predict, {"instances": [ROW] * (ROWS_AT_MOST + 1)}), 413)

    assert "1,001" in detail


def test_a_wrong_method_names_the_right_one(call: Caller, predict: str) -> None:
    answer = call("GET", predict)

    assert "POST" in refused(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/", "/nothing/here", "/models/loans/predict/more"])
def test_an_unknown_path_is_not_found(call: Caller, first_run: Run, path: str) -> None:
    assert "/models/{model}/predict" in refused(call("GET", path), 404)


def test_an_outcome_that_is_no_label_is_refused(call: Caller, first_run: Run) -> None:
    outcomes = {"outcomes": [{"id": "x-0", "outcome": "perhaps"}]}

    detail = refused(call("POST", f"/models/{first_run.model}/feedback", outcomes), 422)

    assert "'perhaps'" in detail
