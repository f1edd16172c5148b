from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent, RetrainClaim
from evergreen.monitor import monitor
from evergreen.ports import iso

from tests.fakes.columnar import AT, MODEL, World, csv, model_file, table
from tests.fakes.memory import MemoryBus, MemoryRegistry, MemoryStore

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SERVED = "2026-01-09T12:00:00.000Z"


class Watched(World):
    """A champion on 600 rows, and the bus that hears of decisions."""

    def __init__(self) -> None:
        super().__init__()
        self.bus = MemoryBus()
        self.promote(self.split(self.ingest(csv(table())).dataset))

    def check(self, now: datetime = NOW):
        return monitor(
            now,
            features=self.features,
            artifacts=self.artifacts,
            registry=self.registry,
            bus=self.bus,
        )

    def line(self, now: datetime = NOW) -> str:
        return self.check(now).models[MODEL]

    def reports(self) -> list[str]:
        return [key for key in self.artifacts.keys(f"reports/{MODEL}/drift/") if "json" in key]

    def report(self) -> DriftReport:
        return msgspec.json.decode(self.artifacts.read(self.reports()[-1]), type=DriftReport)


def older(rows: int = 300):
    """People twenty years older than those trained on."""
    return table(rows, seed=3).assign(age=lambda frame: frame["age"] + 20)


def test_without_a_champion_there_is_nothing_to_check():
    registry = MemoryRegistry()
    store = MemoryStore()
    bus = MemoryBus()
    output = monitor(NOW, features=store, artifacts=store, registry=registry, bus=bus)
    assert (output.models, output.summary) == ({}, "0 models")
    registry.apply(model_file(), "somebody", AT)
    output = monitor(NOW, features=store, artifacts=store, registry=registry, bus=bus)
    assert output.summary == "0 models"


def test_too_few_predictions_are_not_judged():
    world = Watched()
    assert world.line() == "hold: 0 of 100 predictions"
    world.serve(older(40), at=SERVED)
    assert world.line() == "hold: 40 of 100 predictions"
    assert not world.bus.decisions


def test_the_same_kind_of_rows_as_in_training_is_watched():
    world = Watched()
    world.serve(table(500, seed=5), at=SERVED)
    assert world.line().startswith("watch: no drift in 500 predictions; largest PSI 0.0")


def test_drift_with_enough_outcomes_announces_a_retraining():
    world = Watched()
    world.serve(older(), at=SERVED)
    output = world.check()
    assert output.models[MODEL].startswith("retrain: drift in age (PSI 1.")
    assert output.summary == "1 model: 1 retrain"
    decision = world.bus.decisions[0]
    assert decision.champion_version == 1
    assert decision.labelled_until == iso(NOW)
    report = world.report()
    assert [column.column for column in report.columns if column.drifted] == ["age"]
    assert (report.rows, report.outcomes) == (300, 300)


def test_drift_without_enough_outcomes_waits_for_them():
    world = Watched()
    world.serve(older(), at=SERVED, outcomes=20)
    assert world.line().endswith("; 20 of 50 outcomes")
    assert not world.bus.decisions


def test_a_claim_that_runs_holds_the_next_retraining_back_until_it_ends():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.check()
    first = world.bus.decisions[0].decision_id
    until = iso(NOW + timedelta(hours=1))
    world.registry.claim_retrain(RetrainClaim(MODEL, first, iso(NOW), until))
    assert world.line().endswith(f"; cooling down until {until}")
    assert len(world.bus.decisions) == 1
    assert world.line(NOW + timedelta(hours=2)).startswith("retrain: ")
    assert world.bus.decisions[1].decision_id != first


def test_checks_before_the_claim_repeat_one_decision():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.check()
    world.check(NOW + timedelta(minutes=1))
    world.serve(older(), at="2026-01-09T13:00:00.000Z")
    world.check(NOW + timedelta(minutes=2))
    assert len(world.bus.decisions) == 3
    assert len({decision.decision_id for decision in world.bus.decisions}) == 1


def test_another_champion_is_another_decision():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.check()
    before = world.registry.alias(MODEL, CHAMPION)
    moved = Alias(MODEL, CHAMPION, 1, 1, 2, AT, "somebody")
    event = AuditEvent(MODEL, AT, "promoted", "somebody", "", 1)
    world.registry.move_alias(moved, event, expected=before)
    world.check()
    assert len({decision.decision_id for decision in world.bus.decisions}) == 2


def test_only_the_champions_own_predictions_since_it_took_over_count():
    world = Watched()
    world.serve(older(), at="2025-12-31T12:00:00.000Z")
    world.serve(older(), at="2026-01-09T13:00:00.000Z", version=2)
    world.serve(table(30, seed=5), at=SERVED)
    assert world.line() == "hold: 30 of 100 predictions"


def test_a_check_that_finds_nothing_new_writes_nothing_and_reads_no_capture(monkeypatch):
    world = Watched()
    world.serve(table(300, seed=5), at=SERVED)
    first = world.line()
    stored = dict(world.artifacts.objects)
    monkeypatch.setattr(world.features, "read", lambda key: pytest.fail(f"read {key}"))
    assert world.line(NOW + timedelta(minutes=5)) == first
    assert world.artifacts.objects == stored


def test_new_predictions_and_a_changed_model_file_are_checked_anew():
    world = Watched()
    world.serve(older(), at=SERVED)
    world.check()
    world.serve(older(), at="2026-01-10T00:00:01.000Z")
    world.check(NOW + timedelta(minutes=1))
    lenient = model_file(monitor={"psi_at_least": 9.0, "rows_at_least": 100})
    world.registry.apply(lenient, "somebody", AT)
    assert world.line(NOW + timedelta(minutes=2)).startswith("watch: ")
    assert len(world.reports()) == 3


def test_performance_stands_beside_the_one_at_training():
    world = Watched()
    rows = older()
    captured = tuple(
        CapturedRow(f"{SERVED}/{i}", {"age": age}, (age - 20) / 100)
        for i, age in enumerate(rows["age"].tolist())
    )
    world.serve(rows, at=SERVED)
    for key in list(world.features.keys("captures/")):
        del world.features.objects[key]
    world.put("captures", SERVED, Capture(MODEL, 1, SERVED, captured))
    world.check()
    found = world.report().performance
    assert (found.metric, found.at_training, found.outcomes) == ("roc_auc", 0.8, 300)
    assert 0.6 < found.value < 0.95


def test_outcomes_of_one_class_say_no_performance():
    world = Watched()
    world.serve(table(200, seed=5).assign(dead="no"), at=SERVED)
    world.check()
    assert world.report().performance is None


def test_values_that_training_never_saw_and_missing_ones_are_counted():
    world = Watched()
    rows = table(200, seed=5).astype({"age": object})
    rows["belt"] = ["three-point"] * 50 + ["belted"] * 150
    rows["age"] = [None] * 20 + [40] * 180
    world.serve(rows, at=SERVED)
    world.check()
    age, belt = world.report().columns
    assert (age.missing, belt.unseen) == (0.1, 0.25)
    assert belt.drifted


def test_a_changed_artifact_fails_its_model_and_no_other():
    world = Watched()
    world.registry.apply(model_file(name="other"), "somebody", AT)
    version = world.registry.version(MODEL, 1)
    draft = msgspec.structs.replace(version.draft, model="other")
    world.registry.register(draft, "somebody", AT)
    event = AuditEvent("other", AT, "promoted", "somebody", "", 1)
    alias = Alias("other", CHAMPION, 1, None, 1, AT, "somebody")
    world.registry.move_alias(alias, event, expected=None)
    broken = "models/broken/profile.json"
    artifact = msgspec.structs.replace(draft.profile, key=broken)
    world.artifacts.write(broken, b"{}")
    other = world.registry._versions["other"]
    changed = msgspec.structs.replace(draft, profile=artifact)
    other[0] = msgspec.structs.replace(other[0], draft=changed)
    output = world.check()
    assert output.models["other"] == (
        f"failed: '{broken}' is not what was registered; restore the object's earlier version."
    )
    assert output.models[MODEL] == "hold: 0 of 100 predictions"
    assert output.summary == "2 models: 1 failed, 1 hold"


def test_the_page_opens_with_the_decision_and_escapes_what_callers_sent():
    world = Watched()
    rows = table(200, seed=5).assign(belt="<b>none</b>")
    world.serve(rows, at=SERVED)
    line = world.line()
    page = world.artifacts.read(world.reports()[-1].replace("json", "html")).decode()
    assert page.index(line.removeprefix("retrain: ")) < page.index("What it rests on")
    assert "never seen in training" in page
    assert "<b>" not in page
    assert "<script" not in page
