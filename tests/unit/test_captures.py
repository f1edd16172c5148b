"""What a team relies on that limits what is kept of its predictions."""

import math

import msgspec
import pytest
from evergreen import captured
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.contracts.policies import CapturePolicy
from evergreen.contracts.quality_report import QualityReport
from evergreen.errors import InvalidModelFile
from evergreen.infer.selection import sampled, select
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import columnar
from tests.fakes.serving import MODEL, ROW, World, model_file
from tests.fakes.watched import NOW, SERVED, Watched, older


def captures(world):
    return [row for capture in world.captures.captures for row in capture.rows]


def test_a_redacted_column_is_scored_and_never_kept():
    world = World(model_file(capture={"redact": ["belt", "sex"]}))
    open_world = World()
    for each in (world, open_world):
        each.serve()

    answer = world.predict(ROW | {"sex": "f"})["document"]["predictions"][0]

    assert answer == open_world.predict(ROW | {"sex": "f"})["document"]["predictions"][0]
    (capture,) = world.captures.captures
    assert capture.redacted == ("belt", "sex")
    assert capture.rows[0].values == {"age": 40, "speed": 55.5, "role": "driver"}


def test_a_share_of_the_predictions_is_kept_and_all_are_answered():
    world = World(model_file(capture={"share": 0.25}))
    world.serve()

    answered = world.predict(*[ROW] * 1000)["document"]["predictions"]

    kept = {row.id for row in captures(world)}
    assert len(answered) == 1000
    assert kept == {a["id"] for a in answered if sampled(a["id"], 0.25)}
    assert abs(len(kept) - 250) < 5 * math.sqrt(1000 * 0.25 * 0.75)


def test_a_request_of_which_nothing_is_kept_waits_for_no_stream():
    world = World(model_file(capture={"share": 0.5}))
    world.serve()
    left_out = next(f"r{n}" for n in range(100) if not sampled(f"r{n}-0", 0.5))
    assert world.predict(ROW, request=left_out)["statusCode"] == 200
    assert world.captures.captures == []


@given(st.text(), st.floats(0.001, 1), st.floats(0.001, 1))
def test_a_larger_share_keeps_all_that_a_smaller_one_does(prediction, one, other):
    assert sampled(prediction, 1.0)
    if sampled(prediction, min(one, other)):
        assert sampled(prediction, max(one, other))


def test_without_a_policy_a_capture_is_kept_as_it_is():
    capture = Capture("m", 1, "", (CapturedRow("a", {"x": 1}, 0.5),))
    assert select(capture, CapturePolicy()) is capture


def test_captures_from_before_there_was_redaction_are_read_as_before():
    line = (
        b'{"model":"m","version":1,"at":"","rows":[{"id":"a","values":{"x":1},"probability":0.5}]}'
    )
    capture = msgspec.json.decode(line, type=Capture)
    assert captured.predictions([capture])["a"].redacted == ()


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ({"share": 0}, "capture.share"),
        ({"share": 1.5}, "capture.share"),
        ({"redact": ["dead"]}, "names 'dead', which is no feature"),
        ({"redact": ["colour"]}, "names 'colour', which is no feature"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_the_model_file(policy, sentence):
    with pytest.raises(InvalidModelFile, match=sentence):
        model_file(capture=policy)


def test_a_redacted_column_is_not_checked_for_drift_and_the_others_are():
    watched = Watched()
    _serve(watched, redacted=("belt",))
    watched.sweep()
    report = watched.report()
    assert [column.column for column in report.columns] == ["age"]
    assert report.columns[0].drifted
    assert report.unchecked == ("belt",)


def test_drift_of_a_model_that_redacts_a_feature_asks_for_a_new_table_not_for_a_run():
    watched = Watched(capture={"redact": ["belt"]})
    _serve(watched, redacted=("belt",))
    assert "captures leave out belt, so train on a new table" in watched.line(NOW)
    assert watched.bus.decisions == []


def _serve(world, redacted):
    """An older public, with its outcomes, captured without some columns."""
    world.serve(older(), at=SERVED)
    for key in list(world.features.keys("captures/")):
        capture = msgspec.json.decode(world.features.read(key), type=Capture)
        hidden = CapturePolicy(redact=redacted)
        world.features.write(key, msgspec.json.encode(select(capture, hidden)))


def test_predictions_captured_without_a_feature_are_counted_and_not_learned_from():
    world = columnar.World()
    at = "2026-01-02T00:00:00.000Z"
    world.serve(columnar.table(30, seed=1), at=at)
    before = set(world.features.keys("captures/"))
    world.serve(columnar.table(20, seed=2), at="2026-01-03T00:00:00.000Z")
    for key in set(world.features.keys("captures/")) - before:
        capture = msgspec.json.decode(world.features.read(key), type=Capture)
        hidden = CapturePolicy(redact=("belt",))
        world.features.write(key, msgspec.json.encode(select(capture, hidden)))

    output = world.ingest(columnar.csv(columnar.table()), until="2026-01-05T00:00:00.000Z")

    assert output.rows == 630
    report = world.document(f"datasets/{output.dataset}/report.json", QualityReport)
    assert (report.labelled.rows, report.labelled.redacted) == (30, 20)
    page = world.features.read(f"datasets/{output.dataset}/report.html").decode()
    assert "20 predictions with their outcome were captured without a feature" in page


def test_numbers_that_turned_out_become_the_targets_of_training_rows():
    world = columnar.World(
        problem="regression", target={"column": "price"}, metric="rmse", exclude=None
    )
    at, known = "2026-01-02T00:00:00.000Z", [0.5, -3, 12345.678, 1e22]
    rows = tuple(CapturedRow(f"r-{n}", {"age": 30, "belt": "none"}, value=9.0) for n in range(4))
    world.put("captures", at, Capture(columnar.MODEL, 1, at, rows))
    told = tuple(Outcome(f"r-{n}", outcome) for n, outcome in enumerate(known))
    world.put("feedback", at, Feedback(columnar.MODEL, at, told))
    table = columnar.table().drop(columns=["dead", "severity"]).assign(price=1.5)

    output = world.ingest(columnar.csv(table), until="2026-01-05T00:00:00.000Z")

    prices = world.frame(output.dataset)["price"]
    assert sorted(prices[prices != 1.5]) == sorted(known)


def feedback(world, *outcomes, model=MODEL):
    body = {"outcomes": [{"id": i, "outcome": o} for i, o in outcomes]}
    return world.call("POST", f"/models/{model}/feedback", body)


def said(world):
    period = captured.Period("", "2027-01-01T00:00:00.000Z")
    return captured.outcomes(captured.feedback(world.features, MODEL, period).lines)


def test_an_outcome_that_comes_days_late_or_twice_counts_once():
    world = World()
    world.serve()
    (answer,) = world.predict(ROW)["document"]["predictions"]
    world.clock.go_on(days=40)
    for _ in range(2):
        assert feedback(world, (answer["id"], "dead"))["statusCode"] == 202
    world.clock.go_on(days=3)
    assert feedback(world, (answer["id"], "dead"))["statusCode"] == 202
    assert said(world) == {answer["id"]: "dead"}


def test_of_outcomes_that_contradict_each_other_the_newest_counts_whatever_order_they_lie_in():
    world = World()
    world.serve()
    for outcome in ("dead", "alive", "dead", "alive"):
        world.clock.go_on(minutes=1)
        feedback(world, ("a", outcome), ("b", "dead"))
    assert said(world) == {"a": "alive", "b": "dead"}
    world.clock.go_on(days=2)
    feedback(world, ("a", "dead"))
    assert said(world)["a"] == "dead"


def test_of_several_outcomes_for_one_prediction_in_a_request_the_last_counts():
    world = World()
    world.serve()
    answer = feedback(world, ("a", "dead"), ("b", "alive"), ("a", "alive"), ("b", "alive"))
    assert answer["document"] == {"accepted": 4}
    assert said(world) == {"a": "alive", "b": "alive"}
