"""What a caller of the prediction API relies on."""

import base64
import json

import msgspec
import numpy as np
import pytest
from evergreen.contracts.capture import Capture, Feedback
from evergreen.contracts.signature import encode
from evergreen.graph import Graph
from evergreen.ports import CaptureStream

from tests.fakes.serving import MODEL, ROW, SIGNATURE, World, graph, model_file


@pytest.fixture
def world():
    world = World()
    world.serve()
    return world


def test_a_row_is_answered_with_the_probability_of_the_registered_graph(world):
    columns = {
        "age": np.array([40.0]),
        "speed": np.array([55.5]),
        "belt": np.array(["none"]),
        "role": np.array(["driver"]),
    }
    expected = Graph(graph(1)).probabilities(encode(SIGNATURE, columns))[0]

    answer = world.predict(ROW)

    assert answer["statusCode"] == 200
    assert answer["document"] == {
        "model": MODEL,
        "version": 1,
        "predictions": [
            {
                "id": "req-0",
                "probability": pytest.approx(expected, abs=1e-12),
                "label": "dead" if expected >= 0.5 else "alive",
            }
        ],
        "unseen": {},
    }


def test_the_positive_label_is_answered_from_the_versions_threshold_on(world):
    probability = world.predict(ROW)["document"]["predictions"][0]["probability"]
    for threshold, label in ((probability, "dead"), (probability + 1e-9, "alive")):
        other = World()
        other.serve(threshold)
        assert other.predict(ROW)["document"]["predictions"][0]["label"] == label


def test_one_category_spelled_in_several_ways_is_one_category(world):
    rows = [ROW | {"role": role} for role in (1, 1.0, "1", " 1 ")]

    found = world.predict(*rows)["document"]

    assert len({p["probability"] for p in found["predictions"]}) == 1
    assert found["unseen"] == {}


def test_an_unseen_category_is_answered_and_counted(world):
    rows = [ROW | {"belt": "airbag"}, ROW | {"belt": "helmet"}, ROW]

    answer = world.predict(*rows)

    assert answer["statusCode"] == 200
    assert answer["document"]["unseen"] == {"belt": 2}


def test_a_missing_value_is_scored_where_training_saw_missing_ones(world):
    answer = world.predict(ROW | {"speed": None, "role": None}, ROW | {"role": ""})

    assert answer["statusCode"] == 200
    assert answer["document"]["unseen"] == {}
    assert all(p["probability"] is not None for p in answer["document"]["predictions"])


def test_context_is_captured_and_changes_no_prediction(world):
    without, with_sex = (world.predict(row) for row in (ROW, ROW | {"sex": "f"}))

    assert without["document"]["predictions"] == with_sex["document"]["predictions"]
    assert world.captures.captures[1].rows[0].values == ROW | {"sex": "f"}


def test_every_answered_row_was_captured_under_the_id_that_was_answered(world):
    answer = world.predict(ROW, ROW | {"age": 20}, request="abc")

    (capture,) = world.captures.captures
    assert (capture.model, capture.version) == (MODEL, 1)
    assert capture.at == "2026-01-01T00:00:00.000Z"
    assert [(r.id, r.probability) for r in capture.rows] == [
        (p["id"], p["probability"]) for p in answer["document"]["predictions"]
    ]
    assert [r.values for r in capture.rows] == [ROW, ROW | {"age": 20}]


class BrokenStream(CaptureStream):
    def put(self, capture: Capture) -> None:
        raise ConnectionError("the stream at 10.0.0.1 is down")


def test_a_prediction_that_cannot_be_captured_is_withheld():
    world = World()
    world.inference._captures = BrokenStream()
    world.serve()

    answer = world.predict(ROW)

    assert answer["statusCode"] == 503
    assert "send the request again" in answer["document"]["detail"]
    assert "probability" not in answer["body"]
    assert "10.0.0.1" not in answer["body"]


def test_a_rejected_request_leaves_no_capture(world):
    assert world.predict(ROW, {})["statusCode"] == 422
    assert world.captures.captures == []


def test_a_promotion_is_seen_when_the_cache_has_aged_and_not_before(world):
    assert world.predict(ROW)["document"]["version"] == 1
    world.register()
    world.promote(2)

    world.ticks.seconds = 9.9
    assert world.predict(ROW)["document"]["version"] == 1
    world.ticks.seconds = 10.0
    assert world.predict(ROW)["document"]["version"] == 2


def test_a_rollback_serves_the_old_graph_again(world):
    before = world.predict(ROW)["document"]["predictions"]
    world.serve()
    world.ticks.seconds = 10
    between = world.predict(ROW)["document"]["predictions"]
    world.promote(1)
    world.ticks.seconds = 20

    assert world.predict(ROW)["document"]["predictions"] == before != between


@pytest.mark.parametrize("name", ["graph", "signature"])
def test_a_changed_artifact_is_refused(name):
    world = World()
    version = world.serve()
    world.artifacts.write(getattr(version.draft, name).key, graph(7))

    answer = world.predict(ROW)

    assert answer["statusCode"] == 500
    assert answer["document"]["title"] == "Artifact changed"
    assert f"The {name} of version 1 of model 'crash'" in answer["document"]["detail"]
    assert world.captures.captures == []


def test_a_lost_artifact_is_the_services_fault_and_not_the_callers():
    world = World()
    del world.artifacts.objects[world.serve().draft.graph.key]

    answer = world.predict(ROW)

    assert answer["statusCode"] == 500
    assert "no longer stored" in answer["document"]["detail"]


def test_a_binary_body_is_read(world):
    body = base64.b64encode(json.dumps({"instances": [ROW]}).encode()).decode()
    event = {
        "httpMethod": "POST",
        "path": f"/models/{MODEL}/predict",
        "body": body,
        "isBase64Encoded": True,
    }

    assert world.inference.answer(event)["statusCode"] == 200


def test_a_repeated_report_of_outcomes_is_stored_once(world):
    body = {"outcomes": [{"id": "req-0", "outcome": "dead"}, {"id": "req-1", "outcome": " alive"}]}

    first = world.call("POST", f"/models/{MODEL}/feedback", body)
    world.clock.go_on(minutes=5)
    second = world.call("POST", f"/models/{MODEL}/feedback", body)

    assert (first["statusCode"], first["document"]) == (202, {"accepted": 2})
    assert second["document"] == {"accepted": 2}
    (key,) = world.features.keys("feedback/")
    assert key.startswith("feedback/crash/dt=2026-01-01/")
    kept = msgspec.json.decode(world.features.read(key), type=Feedback)
    assert [(o.id, o.outcome) for o in kept.outcomes] == [("req-0", "dead"), ("req-1", " alive")]


def test_different_reports_are_both_kept(world):
    for outcome in ("dead", "alive"):
        body = {"outcomes": [{"id": "req-0", "outcome": outcome}]}
        world.call("POST", f"/models/{MODEL}/feedback", body)

    assert len(list(world.features.keys("feedback/crash/"))) == 2


def test_the_list_of_models_shows_who_serves_and_how_good_it_was(world):
    world.registry.apply(model_file(name="young"), "me", "2026-01-01T00:00:00.000Z")

    assert world.call("GET", "/models")["document"] == {
        "models": [
            {"name": "crash", "version": 1, "metric": {"name": "roc_auc", "value": 0.9}},
            {"name": "young", "version": None, "metric": {"name": "roc_auc", "value": None}},
        ]
    }


def test_a_models_example_request_is_answered_as_it_stands(world):
    described = world.call("GET", f"/models/{MODEL}")["document"]

    assert described["signature"] == json.loads(msgspec.json.encode(SIGNATURE))
    assert described["example"]["instances"][0]["age"] == 35.0
    answer = world.call("POST", f"/models/{MODEL}/predict", described["example"])
    assert answer["statusCode"] == 200
    assert answer["document"]["unseen"] == {}


def test_health_is_answered_without_looking_at_anything():
    assert World().call("GET", "/health")["document"] == {"status": "ok"}
