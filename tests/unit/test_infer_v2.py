"""The Open Inference Protocol, as its specification words it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.serving import MODEL, ROW, World

INFER = f"/v2/models/{MODEL}/infer"
KINDS = {"age": "INT64", "speed": "FP32", "belt": "BYTES", "role": "BYTES"}


@pytest.fixture
def world():
    world = World()
    world.serve()
    return world


def tensor(name, *values, **changes):
    return {
        "name": name,
        "shape": [len(values)],
        "datatype": KINDS[name],
        "data": list(values),
    } | changes


def body(*changed, **more):
    tensors = {name: tensor(name, value) for name, value in ROW.items()}
    tensors |= {change["name"]: change for change in changed}
    return {"inputs": list(tensors.values()), **more}


def infer(world, *changed, path=INFER, **more):
    return world.call("POST", path, body(*changed, **more))


def test_the_server_says_that_it_lives_and_is_ready(world):
    assert world.call("GET", "/v2")["document"]["name"] == "evergreen"
    assert world.call("GET", "/v2/health/live")["document"] == {"live": True}
    assert world.call("GET", "/v2/health/ready")["document"] == {"ready": True}


def test_the_server_is_not_ready_while_its_registry_is_silent(world, monkeypatch):
    def fail(*_):
        raise ConnectionError("the table at 10.0.0.1 is down")

    monkeypatch.setattr(world.registry, "alias", fail)
    answer = world.call("GET", "/v2/health/ready")

    assert answer["statusCode"] == 503
    assert "10.0.0.1" not in answer["body"]
    assert world.call("GET", "/v2/health/live")["statusCode"] == 200


def test_a_models_metadata_names_its_tensors_and_versions(world):
    world.register()

    assert world.call("GET", f"/v2/models/{MODEL}")["document"] == {
        "name": MODEL,
        "versions": ["1", "2"],
        "platform": "onnxruntime_onnx",
        "inputs": [
            {"name": "age", "datatype": "FP64", "shape": [-1]},
            {"name": "speed", "datatype": "FP64", "shape": [-1]},
            {"name": "belt", "datatype": "BYTES", "shape": [-1]},
            {"name": "role", "datatype": "BYTES", "shape": [-1]},
        ],
        "outputs": [
            {"name": "probability", "datatype": "FP64", "shape": [-1]},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
    }


def test_the_answer_is_the_prediction_of_the_simple_form(world):
    simple = world.predict(ROW)["document"]["predictions"][0]

    assert infer(world, id="mine")["document"] == {
        "model_name": MODEL,
        "model_version": "1",
        "id": "mine",
        "outputs": [
            {
                "name": "probability",
                "datatype": "FP64",
                "shape": [1],
                "data": [simple["probability"]],
            },
            {"name": "label", "datatype": "BYTES", "shape": [1], "data": [simple["label"]]},
        ],
    }


def test_a_version_that_is_named_answers_instead_of_the_champion(world):
    world.register()
    champion, named = infer(world), infer(world, path=f"/v2/models/{MODEL}/versions/2/infer")

    assert champion["document"]["model_version"] == "1"
    assert named["document"]["model_version"] == "2"
    assert champion["document"]["outputs"][0]["data"] != named["document"]["outputs"][0]["data"]
    assert [capture.version for capture in world.captures.captures] == [1, 2]


@pytest.mark.parametrize("version", ["9", "0", "x", "-1", "1.0", "1" * 50, "²"])
@pytest.mark.parametrize("rest", ["", "/ready", "/infer"])
def test_a_version_that_is_not_there_is_not_found(world, version, rest):
    method = "POST" if rest == "/infer" else "GET"
    path = f"/v2/models/{MODEL}/versions/{version}{rest}"

    answer = world.call(method, path, body() if rest == "/infer" else None)

    assert answer["statusCode"] == 404
    assert "version" in answer["document"]["detail"]


def test_an_error_is_said_as_the_protocol_and_as_problem_details_say_it(world):
    answer = world.call("GET", "/v2/models/nobody")

    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["document"]["error"] == answer["document"]["detail"]


def test_a_tensor_may_have_a_second_dimension_of_one(world):
    flat = infer(world, tensor("age", 40, 50), *two_rows())
    nested = infer(world, tensor("age", [40], [50], shape=[2, 1]), *two_rows())
    straight = infer(world, tensor("age", 40, 50, shape=[2, 1]), *two_rows())

    assert flat["statusCode"] == 200
    assert flat["document"]["outputs"] == nested["document"]["outputs"]
    assert flat["document"]["outputs"] == straight["document"]["outputs"]


def two_rows():
    return [tensor(name, ROW[name], ROW[name]) for name in ("speed", "belt", "role")]


def test_a_missing_number_is_null_or_nan(world):
    null = infer(world, tensor("speed", None))
    nan = infer(world, tensor("speed", float("nan")))

    assert null["statusCode"] == 200
    assert null["document"]["outputs"] == nan["document"]["outputs"]


@pytest.mark.parametrize("kind", ["FP16", "FP32", "FP64", "INT8", "INT32", "INT64", "UINT16"])
def test_a_number_may_come_in_any_numeric_datatype(world, kind):
    assert (
        infer(world, tensor("age", 40, datatype=kind))["document"]["outputs"]
        == (infer(world)["document"]["outputs"])
    )


def test_a_category_may_come_as_a_whole_number(world):
    text, number = tensor("role", "1"), tensor("role", 1, datatype="INT32")

    assert infer(world, text)["document"]["outputs"] == infer(world, number)["document"]["outputs"]


def test_only_the_outputs_that_are_asked_for_are_given(world):
    answer = infer(world, outputs=[{"name": "label", "parameters": {"binary_data": True}}])

    assert [output["name"] for output in answer["document"]["outputs"]] == ["label"]


def test_unseen_categories_are_counted(world):
    answer = infer(world, tensor("belt", "airbag"))

    assert answer["document"]["parameters"] == {"unseen.belt": 1}


def test_everything_wrong_with_values_is_said_at_once(world):
    answer = infer(
        world,
        tensor("age", "old", 1.5, None),
        tensor("speed", 1e39, 1, 2),
        tensor("belt", "none", 3, "none"),
        tensor("role", "1", "1", "1"),
    )

    assert answer["statusCode"] == 422
    assert [(e["row"], e["column"], e["detail"]) for e in answer["document"]["errors"]] == [
        (0, "age", "The value is text in a tensor of datatype INT64."),
        (0, "speed", "The number is infinite or too large for 32-bit floating point."),
        (1, "age", "The value is a number in a tensor of datatype INT64."),
        (1, "belt", "The value is a number in a tensor of datatype BYTES."),
        (2, "age", "The value is missing, and the model needs one."),
    ]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"shape": [2]}, "has the shape [2] and 1 values"),
        ({"shape": [1, 2]}, "it may be [n] or [n, 1]"),
        ({"shape": []}, "it may be [n] or [n, 1]"),
        ({"shape": [0], "data": []}, "has the shape [0] and 0 values"),
        ({"shape": [2], "data": [1, 2]}, "has another number of rows than 'speed'"),
        ({"datatype": "STRING"}, "has the datatype 'STRING'"),
        ({"data": 3}, "The form is wrong"),
        ({"name": 3}, "The form is wrong"),
        ({"name": "speed"}, "comes more than once"),
    ],
)
def test_a_tensor_that_is_misshapen_is_told_how(world, changes, detail):
    others = [tensor(name, ROW[name]) for name in ("speed", "belt", "role")]

    answer = world.call("POST", INFER, {"inputs": [*others, tensor("age", 40) | changes]})

    assert answer["statusCode"] == 400
    assert detail in answer["document"]["detail"]


def test_an_output_that_there_is_not_is_named(world):
    answer = infer(world, outputs=[{"name": "logit"}])

    assert answer["statusCode"] == 400
    assert "There is no output 'logit'" in answer["document"]["detail"]


def test_a_client_that_sends_binary_tensors_is_told_what_to_do(world):
    answer = world.call("POST", INFER, json.dumps(body()) + "\x01\x02")

    assert answer["statusCode"] == 400
    assert "binary_data=False" in answer["document"]["detail"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=8,
)
TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([*ROW, "sex", "z"]) | JSON,
        "shape": st.lists(st.integers(-2, 3), max_size=3) | JSON,
        "datatype": st.sampled_from(["FP32", "INT64", "BYTES", "BOOL", "X"]) | JSON,
        "data": st.lists(JSON, max_size=3) | JSON,
        "parameters": JSON,
    },
)
SOME = World()
SOME.serve()


@given(
    st.fixed_dictionaries(
        {},
        optional={"inputs": st.lists(TENSORS, max_size=5) | JSON, "outputs": JSON, "id": JSON},
    )
    | JSON
)
@settings(max_examples=300, deadline=None)
def test_whatever_the_request_holds_the_answer_is_an_inference_or_a_problem(document):
    answer = SOME.call("POST", INFER, json.dumps(document))

    assert answer["statusCode"] in {200, 400, 413, 422}
    if answer["statusCode"] != 200:
        assert answer["document"]["error"]


def test_a_thousand_rows_are_taken_and_one_more_is_not(world):
    for count, status in ((1000, 200), (1001, 413)):
        tensors = [tensor(name, *[value] * count) for name, value in ROW.items()]
        assert world.call("POST", INFER, {"inputs": tensors})["statusCode"] == status
    assert np.shape(world.captures.captures[-1].rows) == (1000,)
