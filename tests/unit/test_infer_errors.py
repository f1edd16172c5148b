"""Bad requests: the right status, and a sentence that says what to mend."""

import json

import pytest
from evergreen.contracts.registry import Alias
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.memory import MemoryRegistry
from tests.fakes.serving import MODEL, ROW, SIGNATURE, World


@pytest.fixture(scope="module")
def world():
    world = World()
    world.serve()
    return world


PREDICT = f"/models/{MODEL}/predict"
FEEDBACK = f"/models/{MODEL}/feedback"


def refused(answer, status):
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    document = answer["document"]
    assert document["status"] == status
    assert document["type"].startswith("urn:evergreen:problem:")
    assert document["request_id"] == "req"
    return document


@pytest.mark.parametrize(
    ("change", "column", "detail"),
    [
        ({"age": "40"}, "age", "The value is text where a number belongs."),
        ({"age": True}, "age", "The value is a boolean where a number belongs."),
        ({"age": [40]}, "age", "The value is a list where a number belongs."),
        ({"age": None}, "age", "The value is missing, and the model needs one."),
        ({"belt": None}, "belt", "The value is missing, and the model needs one."),
        ({"belt": "  "}, "belt", "The value is missing, and the model needs one."),
        ({"belt": {"a": 1}}, "belt", "The value is an object where a single value belongs."),
        ({"sex": ["f"]}, "sex", "The value is a list where a single value belongs."),
        ({"belt": "x" * 1001}, "belt", "The text has 1,001 characters and may have 1,000."),
        ({"speed": float("nan")}, "speed", "The value is NaN; send null for a missing value."),
        ({"belt": float("nan")}, "belt", "The value is NaN; send null for a missing value."),
        ({"speed": float("inf")}, "speed", "infinite or too large"),
        ({"speed": -1e39}, "speed", "infinite or too large"),
        ({"speed": 10**400}, "speed", "infinite or too large"),
        ({"colour": "red"}, "colour", "The model takes no column 'colour'; leave it out."),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_row_and_column(world, change, column, detail):
    document = refused(world.predict(ROW, ROW | change), 422)

    (error,) = document["errors"]
    assert (error["row"], error["column"]) == (1, column)
    assert detail in error["detail"]
    assert f"in row 1, column '{column}'" in document["detail"]


def test_a_missing_column_is_named(world):
    row = {name: value for name, value in ROW.items() if name != "speed"}

    (error,) = refused(world.predict(row), 422)["errors"]

    assert error == {
        "row": 0,
        "column": "speed",
        "detail": "The column is missing; the model takes it.",
    }


def test_everything_wrong_with_a_batch_is_said_at_once(world):
    document = refused(world.predict(ROW | {"age": "x", "colour": 1}, ROW, {}), 422)

    assert [(e["row"], e["column"]) for e in document["errors"]] == [
        (0, "age"),
        (0, "colour"),
        *((2, column.name) for column in SIGNATURE.inputs),
    ]


def test_a_long_list_of_errors_is_cut_and_says_how_many_more(world):
    document = refused(world.predict(*[{}] * 10), 422)

    assert len(document["errors"]) == 20
    assert "40 problems" in document["detail"]
    assert "there are 20 more" in document["detail"]


def test_a_number_beyond_json_is_named_like_any_other(world):
    answer = world.call("POST", PREDICT, json.dumps({"instances": [ROW]}).replace("55.5", "1e999"))

    (error,) = refused(answer, 422)["errors"]
    assert (error["row"], error["column"]) == (0, "speed")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("", "The body is empty"),
        ("{", "no valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"instances": [{"belt": "\\ud800"}]}', "no valid JSON"),
        ('{"instances": [{"age": ' + "1" * 5000 + "}]}", "no valid JSON"),
        ("[]", "The form is wrong"),
        ('{"instance": []}', "The form is wrong"),
        ('{"instances": [], "more": 1}', "The form is wrong"),
        ('{"instances": {}}', "'instances' must be a list"),
        ('{"instances": []}', "at least one row"),
        ('{"instances": [{}, 3]}', "Row 1 is a number and no object"),
    ],
)
def test_a_body_that_is_not_the_documented_form_is_a_bad_request(world, body, detail):
    assert detail in refused(world.call("POST", PREDICT, body), 400)["detail"]


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"outcomes": []}',
        '{"outcomes": [{"id": "a"}]}',
        '{"outcomes": [{"id": 1, "outcome": 1}]}',
        '{"outcomes": [{"id": "a", "outcome": null}]}',
        '{"outcomes": [{"id": "a", "outcome": 1}], "more": 1}',
    ],
)
def test_outcomes_that_are_not_the_documented_form_are_a_bad_request(world, body):
    document = refused(world.call("POST", FEEDBACK, body), 400)

    assert '{"outcomes": [{"id"' in document["detail"]
    assert list(world.features.keys("feedback/")) == []


def test_an_outcome_that_is_no_label_of_the_model_is_named(world):
    outcomes = [{"id": "a", "outcome": o} for o in ("dead", "Dead", 1, True, 0.5)]

    document = refused(world.call("POST", FEEDBACK, {"outcomes": outcomes}), 422)

    assert [e["row"] for e in document["errors"]] == [1, 2, 3, 4]
    assert document["errors"][0]["detail"] == "'Dead' is neither 'alive' nor 'dead'."
    assert document["errors"][3]["detail"] == "'0.5' is neither 'alive' nor 'dead'."
    assert list(world.features.keys("feedback/")) == []


def test_a_body_over_the_limit_is_too_large(world):
    document = refused(world.call("POST", PREDICT, " " * (1024 * 1024 + 1)), 413)

    assert "1,048,577 bytes and may have 1,048,576" in document["detail"]


def test_a_body_of_exactly_the_limit_is_read(world):
    text = json.dumps({"instances": [ROW]})

    assert world.call("POST", PREDICT, text.ljust(1024 * 1024))["statusCode"] == 200


def test_too_many_rows_are_too_large_and_the_limit_itself_is_not(world):
    assert world.predict(*[ROW] * 1000)["statusCode"] == 200
    assert "1,001 rows" in refused(world.predict(*[ROW] * 1001), 413)["detail"]


@pytest.mark.parametrize("path", [PREDICT, f"/models/{MODEL}", FEEDBACK])
def test_an_unknown_model_is_not_found(world, path):
    method = "GET" if path.endswith(MODEL) else "POST"
    for name in ("nobody", "n" * 5000):
        answer = world.call(method, path.replace(MODEL, name), {"instances": [ROW]})
        detail = refused(answer, 404)["detail"]
        assert "There is no model" in detail
        assert len(detail) < 200


def test_a_model_without_a_champion_is_not_found():
    world = World()
    world.register()

    assert "no champion yet" in refused(world.predict(ROW), 404)["detail"]
    assert "no champion yet" in refused(world.call("GET", f"/models/{MODEL}"), 404)["detail"]


@pytest.mark.parametrize("path", ["/", "/model", f"/models/{MODEL}/explain", f"{PREDICT}/more"])
def test_an_unknown_path_is_not_found_and_told_which_there_are(world, path):
    assert "/models/{model}/predict" in refused(world.call("POST", path), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", PREDICT, "POST"), ("DELETE", f"/models/{MODEL}", "GET"), ("POST", "/health", "GET")],
)
def test_a_wrong_method_is_told_the_right_one(world, method, path, allowed):
    answer = world.call(method, path)

    refused(answer, 405)
    assert answer["headers"]["Allow"] == allowed


def test_a_misspelt_query_parameter_is_not_passed_over(world):
    answer = world.call("POST", PREDICT, {"instances": [ROW]}, query={"explian": "reasons"})

    assert "no query parameter 'explian'; there is explain" in refused(answer, 400)["detail"]


class BrokenRegistry(MemoryRegistry):
    def alias(self, model: str, name: str) -> Alias | None:
        raise RuntimeError("secret-table is throttled")


def test_an_unexpected_failure_says_nothing_of_the_inside():
    world = World()
    world.serve()
    world.inference._champions._registry.__class__ = BrokenRegistry

    answer = world.predict(ROW)

    assert "quote the request_id" in refused(answer, 500)["detail"]
    assert "secret-table" not in answer["body"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["age", "speed", "belt", "role", "sex"]) | st.text(max_size=3)
ROWS = st.dictionaries(NAMES, VALUES, max_size=6) | VALUES
BODIES = (
    VALUES
    | st.builds(lambda rows: {"instances": rows}, st.lists(ROWS, max_size=4))
    | st.builds(
        lambda rows: {"outcomes": rows},
        st.lists(st.fixed_dictionaries({"id": VALUES, "outcome": VALUES}), max_size=3),
    )
)


@given(BODIES.map(json.dumps) | st.text(), st.sampled_from(["predict", "feedback"]))
@settings(max_examples=300, deadline=None)
def test_whatever_the_body_the_answer_is_a_prediction_or_a_problem(world, body, path):
    answer = world.call("POST", f"/models/{MODEL}/{path}", body)

    assert answer["statusCode"] in {200, 202, 400, 413, 422}
    if answer["statusCode"] >= 400:
        document = refused(answer, answer["statusCode"])
        assert document["detail"]
    elif path == "predict":
        assert all(0 <= p["probability"] <= 1 for p in answer["document"]["predictions"])


GOOD_ROWS = st.fixed_dictionaries(
    {
        "age": st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6),
        "speed": st.none() | st.floats(-1e38, 1e38),
        "belt": st.text(min_size=1).filter(lambda text: text.strip("\0").strip()),
        "role": st.none() | st.sampled_from([1, 1.0, " driver", "pass", True]),
    }
)


@given(st.lists(GOOD_ROWS, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_a_row_is_answered_alike_alone_and_in_a_batch(world, rows):
    together = world.predict(*rows)
    if together["statusCode"] == 422:  # text such as "NA" says missing, which belt may not be
        return
    alone = [world.predict(row)["document"]["predictions"][0]["probability"] for row in rows]

    assert [p["probability"] for p in together["document"]["predictions"]] == alone
