"""Every documented form of a prediction request means the same rows."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.serving import MODEL, ROW, World

PREDICT = f"/models/{MODEL}/predict"
INFER = f"/v2/models/{MODEL}/infer"


@pytest.fixture(scope="module")
def world():
    world = World()
    world.serve()
    return world


def instances(rows):
    return {"instances": rows}


def inputs(rows):
    return {"inputs": {name: [row[name] for row in rows] for name in rows[0]}}


def dataframe_split(rows):
    names = sorted(rows[0])
    data = [[row[name] for name in names] for row in rows]
    return {"dataframe_split": {"columns": names, "index": [*range(len(rows))], "data": data}}


def tensors(rows):
    return {
        "inputs": [
            {
                "name": name,
                "shape": [len(rows)],
                "datatype": "FP64" if name in ("age", "speed") else "BYTES",
                "data": [row[name] for row in rows],
            }
            for name in rows[0]
        ]
    }


FORMS = [instances, inputs, dataframe_split]


def probabilities(answer):
    assert answer["statusCode"] == 200, answer["document"]
    if "outputs" in answer["document"]:
        return answer["document"]["outputs"][0]["data"]
    return [row["probability"] for row in answer["document"]["predictions"]]


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "age": st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6),
            "speed": st.none() | st.floats(-1e38, 1e38),
            "belt": st.sampled_from(["belted", "none", "airbag", " none"]),
            "role": st.none() | st.sampled_from(["1", "driver", " pass", "other"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_equal_rows_give_equal_predictions_in_every_form(world, rows):
    expected = probabilities(world.call("POST", PREDICT, instances(rows)))

    for form in FORMS:
        assert probabilities(world.call("POST", PREDICT, form(rows))) == expected
    assert probabilities(world.call("POST", INFER, tensors(rows))) == expected


def test_every_form_is_captured_as_rows(world):
    for form, path in [*((form, PREDICT) for form in FORMS), (tensors, INFER)]:
        world.call("POST", path, form([ROW, ROW | {"age": 20}]))
        values = [row.values for row in world.captures.captures[-1].rows]
        assert values == [ROW, ROW | {"age": 20}]


@pytest.mark.parametrize("form", FORMS)
def test_everything_wrong_is_said_by_row_and_column_in_every_form(world, form):
    rows = [ROW | {"age": "x"}, ROW, ROW | {"belt": None, "speed": 1e39}]

    document = world.call("POST", PREDICT, form(rows))["document"]

    assert document["status"] == 422
    found = [(error["row"], error["column"]) for error in document["errors"]]
    assert found == [(0, "age"), (2, "speed"), (2, "belt")]


@pytest.mark.parametrize("form", FORMS)
def test_a_request_keeps_the_callers_id_in_every_form(world, form):
    answer = world.call("POST", PREDICT, form([ROW]) | {"id": "mine"})

    assert answer["document"]["predictions"][0]["id"] == "mine-0"


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "The form is wrong"),
        ({"id": "a"}, 400, "The form is wrong"),
        ({"instances": [ROW], "inputs": {}}, 400, "The form is wrong"),
        ({"inputs": []}, 400, "'inputs' must be an object with a list for each column"),
        ({"inputs": {}}, 400, "'inputs' must be an object"),
        ({"inputs": {"age": 3}}, 400, "Column 'age' of 'inputs' must be a list"),
        ({"inputs": {"age": []}}, 400, "it is empty"),
        ({"inputs": {"age": [1, 2], "speed": [1]}}, 400, "differ in their number of values"),
        ({"inputs": {"age": [1] * 1001}}, 413, "1,001 rows"),
        ({"dataframe_split": []}, 400, "'dataframe_split' has another form"),
        ({"dataframe_split": {"columns": []}}, 400, "'dataframe_split' has another form"),
        ({"dataframe_split": {"columns": 3, "data": [[]]}}, 400, "must be a list of column names"),
        ({"dataframe_split": {"columns": [3], "data": [[]]}}, 400, "list of column names"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}, 400, "a column twice"),
        ({"dataframe_split": {"columns": ["a"], "data": []}}, 400, "at least one row"),
        ({"dataframe_split": {"columns": ["a"], "data": [1]}}, 400, "Row 0 of 'data' is a number"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1], []]}}, 400, "row 1: 0"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1]] * 1001}}, 413, "1,001 rows"),
        ({"instances": [ROW], "id": "a b"}, 400, "'id' must be 1 to 100 letters"),
    ],
)
def test_a_form_that_is_broken_is_told_how(world, body, status, detail):
    document = world.call("POST", PREDICT, body)["document"]

    assert document["status"] == status
    assert detail in document["detail"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["age", "belt", "columns", "data"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SPLITS = st.fixed_dictionaries(
    {}, optional={"columns": JSON | st.lists(st.sampled_from([*ROW])), "data": JSON, "index": JSON}
)
BODIES = st.one_of(
    st.fixed_dictionaries({"inputs": JSON}, optional={"id": JSON}),
    st.fixed_dictionaries({"dataframe_split": JSON | SPLITS}, optional={"id": JSON}),
    st.fixed_dictionaries({}, optional={"instances": JSON, "inputs": JSON, "id": JSON}),
)


@given(BODIES)
@settings(max_examples=300, deadline=None)
def test_whatever_the_form_holds_the_answer_is_a_prediction_or_a_problem(world, body):
    answer = world.call("POST", PREDICT, json.dumps(body))

    assert answer["statusCode"] in {200, 400, 413, 422}
    if answer["statusCode"] != 200:
        assert answer["document"]["detail"]
