"""What a caller relies on, whatever a model answers: a probability, a class, or a number."""

import jsonschema_rs
import msgspec
import numpy as np
import pytest
from evergreen.captured import predictions
from evergreen.contracts.capture import Capture, Feedback
from evergreen.contracts.explanation import LinearExplanation, Term
from evergreen.infer.reader import Reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.answering import CLASSES, PROBLEMS, fitted, serve, signature, steep, world
from tests.fakes.serving import MODEL, ROW, World

NUMBERS = st.floats(-1e4, 1e4, width=32)
ROWS = st.fixed_dictionaries(
    {
        "age": NUMBERS | st.integers(0, 100),
        "speed": st.none() | NUMBERS,
        "belt": st.sampled_from(["belted", "none", "airbag"]),
        "role": st.sampled_from([None, "1", 1, "driver", " pass ", "rear"]),
    }
)
FEEDBACK = f"/models/{MODEL}/feedback"
INFER = f"/v2/models/{MODEL}/infer"
PREDICT = f"/models/{MODEL}/predict"


@pytest.fixture(scope="module")
def worlds():
    return {problem: world(problem) for problem in PROBLEMS}


def of_pipeline(problem, rows):
    return fitted(problem).answers(Reader(signature(problem)).read(rows).matrix)


def stated(problem, prediction):
    """An answer as the pipeline states it."""
    if problem == "multiclass":
        return [prediction["probabilities"][label] for label in CLASSES]
    if problem == "binary":
        return [1 - prediction["probability"], prediction["probability"]]
    return [prediction["value"]]


@pytest.mark.parametrize("problem", PROBLEMS)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROWS, min_size=1, max_size=6))
def test_a_request_is_answered_as_the_pipeline_would_answer_it(worlds, problem, rows):
    answers = worlds[problem].predict(*rows)["document"]["predictions"]
    found = [stated(problem, answer) for answer in answers]
    np.testing.assert_allclose(found, of_pipeline(problem, rows), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("problem", PROBLEMS)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROWS, min_size=2, max_size=6))
def test_a_row_is_answered_alike_alone_and_among_others(worlds, problem, rows):
    together = worlds[problem].predict(*rows)["document"]["predictions"]
    alone = [worlds[problem].predict(row)["document"]["predictions"][0] for row in rows]
    assert [answer | {"id": ""} for answer in together] == [a | {"id": ""} for a in alone]


@pytest.mark.parametrize("problem", PROBLEMS)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(ROWS, min_size=1, max_size=4))
def test_what_was_captured_is_what_was_answered(worlds, problem, rows):
    worlds[problem].captures.captures.clear()
    answers = worlds[problem].predict(*rows)["document"]["predictions"]
    (kept,) = worlds[problem].captures.captures
    line = msgspec.json.decode(msgspec.json.encode(kept), type=Capture)
    assert line == kept
    found = predictions([line])
    for row, answer in zip(rows, answers, strict=True):
        captured = found[answer["id"]]
        assert captured.values == row
        numbers = stated(problem, answer)
        assert list(captured.answer) == (numbers[1:] if problem == "binary" else numbers)


def test_the_likeliest_class_is_the_label_and_its_probability_stands_beside_it(worlds):
    (found,) = worlds["multiclass"].predict(ROW)["document"]["predictions"]
    assert list(found) == ["id", "label", "probability", "probabilities"]
    assert list(found["probabilities"]) == list(CLASSES)
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    assert found["probability"] == max(found["probabilities"].values())
    assert found["probabilities"][found["label"]] == found["probability"]
    assert worlds["multiclass"].captures.captures[-1].rows[0].label == found["label"]


@pytest.mark.parametrize("problem", ["regression", "forecast"])
def test_a_number_is_answered_as_a_value(worlds, problem):
    (found,) = worlds[problem].predict(ROW)["document"]["predictions"]
    assert list(found) == ["id", "value"]


def test_a_row_without_a_finite_answer_is_named_and_nothing_is_kept():
    made = steep()
    answer = made.predict(ROW | {"age": 0, "speed": 0, "belt": "belted"}, ROW | {"age": 1e9})
    assert answer["statusCode"] == 422
    (error,) = answer["document"]["errors"]
    assert (error["row"], error["column"]) == (1, "dead")
    assert "The model has no answer" in error["detail"]
    assert made.captures.captures == []


@pytest.mark.parametrize("problem", PROBLEMS)
def test_answers_fit_the_documented_schema_and_every_example_is_answered(worlds, problem):
    document = worlds[problem].call("GET", "/openapi.json")["document"]
    for path in (PREDICT, FEEDBACK, INFER):
        described = document["paths"][path]["post"]
        examples = described["requestBody"]["content"]["application/json"]["examples"]
        (status,) = {"200", "202"} & described["responses"].keys()
        gives = described["responses"][status]["content"]["application/json"]["schema"]
        schema = gives | {"components": document["components"]}
        for example in examples.values():
            answer = worlds[problem].call("POST", path, example["value"])
            assert answer["statusCode"] == int(status), answer["body"]
            jsonschema_rs.validate(schema, answer["document"])


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_model_tells_what_it_answers_with(worlds, problem):
    described = worlds[problem].call("GET", f"/models/{MODEL}")["document"]
    assert described["problem"] == problem
    assert described["signature"]["classes"] == list(signature(problem).classes)
    assert ("threshold" in described) == (problem == "binary")


TENSORS = [
    {"name": name, "shape": [2], "datatype": kind, "data": [value, value]}
    for name, kind, value in (
        ("age", "FP64", 40.0),
        ("speed", "FP64", 55.5),
        ("belt", "BYTES", "none"),
        ("role", "BYTES", "driver"),
    )
]
OUTPUTS = {
    "binary": [("probability", "FP64", []), ("label", "BYTES", [])],
    "multiclass": [("probabilities", "FP64", [4]), ("label", "BYTES", [])],
    "regression": [("value", "FP64", [])],
    "forecast": [("value", "FP64", [])],
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_open_protocol_declares_and_sends_the_outputs_of_the_problem(worlds, problem):
    rows = worlds[problem].predict(ROW, ROW)["document"]["predictions"]
    metadata = worlds[problem].call("GET", f"/v2/models/{MODEL}")["document"]
    outputs = worlds[problem].call("POST", INFER, {"inputs": TENSORS})["document"]["outputs"]
    assert [(o["name"], o["datatype"], o["shape"]) for o in metadata["outputs"]] == [
        (name, kind, [-1, *width]) for name, kind, width in OUTPUTS[problem]
    ]
    assert [(o["name"], o["datatype"], o["shape"]) for o in outputs] == [
        (name, kind, [2, *width]) for name, kind, width in OUTPUTS[problem]
    ]
    for output in outputs:
        sent = np.array(output["data"]).reshape(output["shape"]).tolist()
        expected = [row[output["name"]] for row in rows]
        several = output["name"] == "probabilities"
        assert sent == ([list(row.values()) for row in expected] if several else expected)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_an_output_of_another_problem_is_refused_with_those_that_there_are(worlds, problem):
    asked = "value" if problem in ("binary", "multiclass") else "label"
    body = {"inputs": TENSORS, "outputs": [{"name": asked}]}
    answer = worlds[problem].call("POST", INFER, body)
    assert answer["statusCode"] == 400
    assert answer["document"]["detail"].startswith(f"There is no output '{asked}'; there ")


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        ("multiclass", "unhurt"),
        ("multiclass", 2),
        ("multiclass", 2.0),
        ("regression", 0.5),
        ("regression", -3),
        ("forecast", 1e300),
    ],
)
def test_an_outcome_that_fits_the_problem_is_kept_as_it_came(problem, outcome):
    made = world(problem)
    body = {"outcomes": [{"id": "req-0", "outcome": outcome}]}
    assert made.call("POST", FEEDBACK, body)["statusCode"] == 202
    (key,) = made.features.keys("feedback/")
    kept = msgspec.json.decode(made.features.read(key), type=Feedback)
    assert kept.outcomes[0].outcome == outcome


@pytest.mark.parametrize(
    ("problem", "outcome", "detail"),
    [
        ("multiclass", 0.5, "'0.5' is none of the model's labels: '2', 'alive', 'dead', 'unhurt'."),
        ("multiclass", "Dead", "'Dead' is none of the model's labels"),
        ("regression", "12", "'12' is no finite number."),
        ("regression", True, "'True' is no finite number."),
        pytest.param("regression", 10**400, "is no finite number.", id="too large"),
        ("forecast", "NaN", "'NaN' is no finite number."),
    ],
)
def test_an_outcome_that_does_not_fit_the_problem_is_named(worlds, problem, outcome, detail):
    before = list(worlds[problem].features.keys("feedback/"))
    body = {"outcomes": [{"id": "req-0", "outcome": outcome}]}
    answer = worlds[problem].call("POST", FEEDBACK, body)
    assert answer["statusCode"] == 422
    assert detail in answer["document"]["errors"][0]["detail"]
    assert list(worlds[problem].features.keys("feedback/")) == before


@pytest.mark.parametrize("problem", ["multiclass", "regression", "forecast"])
def test_contributions_add_up_to_the_number_or_the_labels_probability(worlds, problem):
    (found,) = worlds[problem].explain(ROW)["document"]["predictions"]
    why = found["explanation"]
    answered = found["value"] if "value" in found else found["probability"]
    assert why["unit"] == ("value" if "value" in found else "probability")
    total = why["base"] + sum(each["contribution"] for each in why["contributions"])
    assert total == pytest.approx(answered, abs=1e-6)
    assert why["reasons"] == []


def test_a_linear_number_is_explained_by_its_terms():
    terms = tuple(Term(slope=s, fill=1.0, mean=s) for s in (1.0, 2.0))
    terms += (Term(values=(0.5, 1.5), mean=1.0), Term(values=(0.0, 3.0, 0.0), mean=0.0))
    made = world("regression", LinearExplanation(10.0, terms))
    why = made.explain(ROW)["document"]["predictions"][0]["explanation"]
    assert (why["unit"], why["base"]) == ("value", 14.0)
    assert {each["column"]: each["contribution"] for each in why["contributions"]} == {
        "age": 39.0, "speed": 109.0, "belt": 0.5, "role": 3.0
    }  # fmt: skip


@pytest.mark.parametrize("problem", ["multiclass", "regression"])
def test_a_version_that_cannot_explain_says_so_and_goes_on_answering(problem):
    made = world(problem, explanation=None)
    answer = made.explain(ROW)
    assert answer["statusCode"] == 422
    assert "was registered without an explanation" in answer["document"]["detail"]
    assert made.predict(ROW)["statusCode"] == 200


def test_models_of_every_problem_answer_at_one_endpoint(worlds):
    one = World()
    for problem in PROBLEMS:
        file = worlds[problem].registry.model(MODEL).file
        one.registry.apply(msgspec.structs.replace(file, name=problem), "me", "2026")
        version = one.register(
            model=problem, body=fitted(problem).graph, signature=signature(problem)
        )
        one.promote(version.number, model=problem)
    for problem in PROBLEMS:
        found = one.call("POST", f"/models/{problem}/predict", {"instances": [ROW]})["document"]
        expected = worlds[problem].predict(ROW)["document"]["predictions"]
        assert found["predictions"] == expected


def test_a_promotion_of_another_graph_changes_the_number():
    made = world("regression")
    before = made.predict(ROW)["document"]["predictions"][0]["value"]
    serve(made, "regression", seed=1)
    made.ticks.seconds = 10
    assert made.predict(ROW)["document"]["predictions"][0]["value"] != before
