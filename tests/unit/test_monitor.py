"""A check of one model, whole: what was served, beside what training saw, and what comes of it."""

from datetime import timedelta

import msgspec
import pytest
from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent, RetrainClaim
from evergreen.errors import NotFound
from evergreen.monitor import check
from evergreen.ports import iso

from tests.fakes.columnar import AT, MODEL, model_file, table
from tests.fakes.watched import NOW, SERVED, Watched, older


def test_a_model_without_a_champion_cannot_be_checked():
    world = Watched()
    world.registry.apply(model_file(name="new"), "somebody", AT)
    with pytest.raises(NotFound, match="No version of 'new' serves, so there is nothing to check"):
        check(
            "new",
            NOW,
            features=world.features,
            artifacts=world.artifacts,
            registry=world.registry,
        )


def test_too_few_predictions_are_not_judged():
    world = Watched()
    assert world.line() == "hold: 0 of 100 predictions"
    world.serve(older(40), at=SERVED)
    assert world.line(NOW + timedelta(minutes=1)).startswith("hold: 40 of 100 predictions")
    assert not world.bus.decisions


def test_the_same_kind_of_rows_as_in_training_is_watched():
    world = Watched()
    world.serve(table(500, seed=5), at=SERVED)
    assert world.line().startswith("watch: no drift in 500 predictions")


def test_drift_with_enough_outcomes_announces_a_retraining():
    world = Watched()
    world.serve(older(), at=SERVED)
    assert world.line().startswith("retrain: drift in age (PSI 1.")
    (decision,) = world.bus.decisions
    assert (decision.champion_version, decision.labelled_until) == (1, iso(NOW))
    report = world.report()
    assert [column.column for column in report.columns if column.drifted] == ["age"]
    assert (report.rows, report.outcomes) == (300, 300)


def test_drift_without_enough_outcomes_waits_for_them():
    world = Watched()
    world.serve(older(), at=SERVED, outcomes=20)
    assert world.line().startswith("hold: 20 of 50 outcomes")
    assert not world.bus.decisions


def test_a_claim_that_runs_holds_the_next_retraining_back_until_it_ends():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.sweep()
    first = world.bus.decisions[0].decision_id
    until = iso(NOW + timedelta(hours=2))
    world.registry.claim_retrain(RetrainClaim(MODEL, first, iso(NOW), until))
    world.serve(older(seed=9), at="2026-01-10T00:30:00.000Z")
    held = world.line(NOW + timedelta(hours=1))
    assert held.startswith("hold: cooling down until 2026-01-10 02:00 UTC")
    assert len(world.bus.decisions) == 1


def test_another_champion_is_another_decision():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.sweep()
    before = world.registry.alias(MODEL, CHAMPION)
    moved = Alias(MODEL, CHAMPION, 1, 1, 2, AT, "somebody")
    event = AuditEvent(MODEL, AT, "promoted", "somebody", "", 1)
    world.registry.move_alias(moved, event, expected=before)
    world.sweep(NOW + timedelta(minutes=1))
    assert len({decision.decision_id for decision in world.bus.decisions}) == 2


def test_only_the_champions_own_predictions_since_it_took_over_count():
    world = Watched()
    world.serve(older(), at="2025-12-31T12:00:00.000Z")
    world.serve(older(), at="2026-01-09T13:00:00.000Z", version=2)
    world.serve(table(30, seed=5), at=SERVED)
    assert world.line().startswith("hold: 30 of 100 predictions")


def test_the_window_of_the_model_file_is_how_far_a_check_looks_back():
    world = Watched(monitor={"window": "2d", "rows_at_least": 10})
    world.serve(older(), at="2026-01-05T12:00:00.000Z")
    world.serve(table(40, seed=5), at=SERVED)
    world.sweep()
    report = world.report()
    assert report.since == iso(NOW - timedelta(days=2))
    assert report.rows == 40


def test_a_check_that_finds_nothing_new_reads_no_capture_unless_a_person_asks(monkeypatch):
    world = Watched()
    world.serve(table(300, seed=5), at=SERVED)
    world.sweep()
    stored = dict(world.artifacts.objects)
    features = {"features": world.features, "artifacts": world.artifacts}
    with monkeypatch.context() as closed:
        closed.setattr(world.features, "read", lambda key: pytest.fail(f"read {key}"))
        again = check(MODEL, NOW + timedelta(minutes=5), registry=world.registry, **features)
    assert again.status == "unchanged"
    assert world.artifacts.objects == stored
    asked = check(
        MODEL, NOW + timedelta(minutes=5), registry=world.registry, asked=True, **features
    )
    assert asked.status == "checked"


def test_a_changed_model_file_is_followed_from_the_next_check_on():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.sweep()
    lenient = model_file(
        monitor={"psi_at_least": 9.0, "rows_at_least": 100}, retrain={"growth": 1.0}
    )
    world.registry.apply(lenient, "somebody", AT)
    assert world.line(NOW + timedelta(minutes=2)).startswith("watch: ")
    assert len(world.reports()) == 2


def test_a_metric_that_the_version_was_never_measured_by_is_said_to_be_the_reason():
    world = Watched()
    world.serve(table(300, seed=5), at=SERVED)
    quiet = {"monitor": {"rows_at_least": 100}, "retrain": {"on": ["performance"]}}
    stated = quiet | {"metric": "average_precision"}
    world.registry.apply(model_file(**stated), "somebody", AT)
    said = "Version 1 was not measured by average_precision, which the model file states since"
    assert said in world.line()
    assert world.report().unmeasured.startswith(said)
    page = world.artifacts.read(world.reports()[-1].replace("json", "html")).decode()
    assert f"{said}, so nothing is told of its performance" in page
    assert "too few outcomes" not in page


def test_values_that_training_never_saw_and_missing_ones_are_counted():
    world = Watched()
    rows = table(200, seed=5).astype({"age": object})
    rows["belt"] = ["three-point"] * 50 + ["belted"] * 150
    rows["age"] = [None] * 20 + [40] * 180
    world.serve(rows, at=SERVED)
    world.sweep()
    age, belt = world.report().columns
    assert (age.missing, belt.unseen) == (0.1, 0.25)
    assert belt.drifted


def test_what_captures_leave_out_is_not_said_to_have_moved():
    world = Watched()
    captured = tuple(CapturedRow(f"r{i}", {"age": 40}, 0.5) for i in range(200))
    world.put("captures", SERVED, Capture(MODEL, 1, SERVED, captured, redacted=("belt",)))
    world.sweep()
    report = world.report()
    assert [column.column for column in report.columns] == ["age"]
    assert report.unchecked == ("belt",)


def test_the_page_opens_with_the_decision_and_escapes_what_callers_sent():
    world = Watched()
    rows = table(200, seed=5).assign(belt="<b>none</b>")
    world.serve(rows, at=SERVED)
    world.sweep()
    page = world.artifacts.read(world.reports()[-1].replace("json", "html")).decode()
    (decision,) = world.decisions()
    assert page.index(decision.causes[0].sentence) < page.index("What it rests on")
    assert "<b>none" not in page
    assert "<script" not in page


def test_the_same_check_again_writes_the_same():
    world = Watched()
    world.serve(older(), at=SERVED)
    given = {"features": world.features, "artifacts": world.artifacts, "registry": world.registry}
    first = check(MODEL, NOW, **given)
    key = "reports/crash/last-check.json"
    body = world.artifacts.objects.pop(key)
    before = set(world.artifacts.objects)
    again = check(MODEL, NOW, **given)
    assert set(world.artifacts.objects) == before | {key}
    assert again.decision == first.decision
    assert (
        msgspec.json.decode(body)["seen"] == msgspec.json.decode(world.artifacts.read(key))["seen"]
    )
