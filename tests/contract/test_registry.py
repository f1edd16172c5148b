"""What every registry must do."""

from datetime import UTC, datetime, timedelta

import pytest
from evergreen.contracts.registry import (
    CHAMPION,
    Artifact,
    AuditEvent,
    Challenger,
    RetrainClaim,
    StageRecord,
)
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Registry, iso
from msgspec.structs import replace

from tests.fakes.registered import MODEL, champion, draft, model_file, promoted, run


def at(minute: int) -> str:
    """A moment of the tests' day."""
    return iso(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))


def test_an_applied_model_is_read_back_as_it_was_stated(registry: Registry) -> None:
    stated = model_file(metric="log_loss")
    applied = registry.apply(stated, "ann", at(0))
    assert registry.model(MODEL) == applied
    assert (applied.file, applied.revision, applied.applied_by) == (stated, 1, "ann")


def test_the_same_model_file_again_changes_nothing(registry: Registry) -> None:
    first = registry.apply(model_file(), "ann", at(0))
    assert registry.apply(model_file(), "bob", at(1)) == first
    assert [event.actor for event in registry.audit(MODEL)] == ["ann"]


def test_a_changed_model_file_is_the_next_revision_and_an_event(registry: Registry) -> None:
    registry.apply(model_file(), "ann", at(0))
    changed = registry.apply(model_file(metric="log_loss"), "bob", at(1))
    assert (changed.revision, changed.applied_by) == (2, "bob")
    events = [(event.kind, event.actor, event.at) for event in registry.audit(MODEL)]
    assert events == [("applied", "ann", at(0)), ("applied", "bob", at(1))]


def test_an_unknown_model_is_named_with_what_to_do(registry: Registry) -> None:
    with pytest.raises(NotFound, match="no model 'crash'; apply its model file first"):
        registry.model(MODEL)


def test_all_models_are_listed_by_name_once(registry: Registry) -> None:
    assert registry.models() == []
    for name in ("wheat", "crash", "wheat"):
        registry.apply(model_file(name=name, metric="log_loss"), "ann", at(0))
    registry.apply(model_file(name="wheat"), "ann", at(1))
    assert registry.models() == ["crash", "wheat"]


def test_a_run_is_opened_once_and_keeps_its_first_start(registry: Registry) -> None:
    opened = registry.open_run(run("r1", at(0)))
    assert opened == run("r1", at(0))
    assert registry.open_run(run("r1", at(5))) == opened
    assert [r.started_at for r in registry.runs(MODEL)] == [at(0)]


def test_a_run_shows_its_stages_in_the_order_they_started(registry: Registry) -> None:
    registry.open_run(run("r1", at(0)))
    registry.record_stage("r1", StageRecord("tune: suggest", "done", at(1), at(2), "4 trials"))
    registry.record_stage("r1", StageRecord("evaluate", "running", at(4)))
    registry.record_stage("r1", StageRecord("ingest", "done", at(0), at(1), "9 rows"))
    registry.record_stage("r1", StageRecord("tune: suggest", "done", at(3), at(4), "0 trials"))
    stages = registry.run("r1").stages
    assert [stage.stage for stage in stages] == ["ingest", "tune: suggest", "evaluate"]
    assert stages[1] == StageRecord("tune: suggest", "done", at(3), at(4), "0 trials")


def test_opening_a_run_again_gives_it_with_its_stages(registry: Registry) -> None:
    registry.open_run(run("r1", at(0)))
    registry.record_stage("r1", StageRecord("ingest", "running", at(1)))
    assert [s.stage for s in registry.open_run(run("r1", at(2))).stages] == ["ingest"]


def test_a_run_that_has_ended_keeps_its_first_end(registry: Registry) -> None:
    registry.open_run(run("r1", at(0)))
    registry.close_run("r1", "refused", "The metric is too low.", at(3))
    registry.close_run("r1", "failed", "Something else.", at(4))
    ended = registry.run("r1")
    assert (ended.status, ended.reason, ended.ended_at) == (
        "refused",
        "The metric is too low.",
        at(3),
    )


def test_a_run_that_does_not_exist_can_neither_be_read_nor_ended(registry: Registry) -> None:
    with pytest.raises(NotFound, match="no run 'r9'"):
        registry.run("r9")
    with pytest.raises(NotFound, match="no run 'r9'"):
        registry.close_run("r9", "failed", "", at(0))
    assert registry.runs(MODEL) == []


def test_runs_are_listed_newest_first_with_how_they_ended(registry: Registry) -> None:
    for number in (2, 1, 3):
        registry.open_run(run(f"r{number}", at(number)))
    registry.open_run(run("x", at(9), model="other"))
    registry.record_stage("r2", StageRecord("ingest", "done", at(2)))
    registry.close_run("r2", "deployed", "", at(8))
    listed = registry.runs(MODEL)
    assert [(r.run_id, r.status, r.stages) for r in listed] == [
        ("r3", "running", ()),
        ("r2", "deployed", ()),
        ("r1", "running", ()),
    ]


def test_more_runs_than_one_read_holds_are_all_listed(registry: Registry) -> None:
    for number in range(120):
        registry.open_run(run(f"r{number}", at(number)))
    assert [r.run_id for r in registry.runs(MODEL)] == [f"r{n}" for n in reversed(range(120))]


def test_a_version_is_read_back_to_the_last_digit(registry: Registry) -> None:
    version = registry.register(draft("r1"), "workflow", at(0))
    assert version.draft == draft("r1")
    assert registry.version(MODEL, 1) == version
    assert registry.versions(MODEL) == [version]


def test_a_version_is_read_back_with_what_it_is_expected_to_do_or_without(
    registry: Registry,
) -> None:
    artifact = Artifact(f"models/{MODEL}/r1/expectation.json", "1" * 64, 20)
    registry.register(replace(draft("r1"), expectation=artifact), "workflow", at(0))
    registry.register(draft("r2"), "workflow", at(1))
    assert registry.version(MODEL, 1).draft.expectation == artifact
    assert registry.version(MODEL, 2).draft.expectation is None


def test_versions_count_from_one_for_each_model(registry: Registry) -> None:
    numbers = [registry.register(draft(f"r{n}"), "workflow", at(n)).number for n in range(12)]
    assert numbers == list(range(1, 13))
    assert [v.number for v in registry.versions(MODEL)] == numbers
    assert registry.register(draft("q", model="other"), "workflow", at(0)).number == 1


def test_a_run_registered_again_is_the_same_version_and_no_second_event(
    registry: Registry,
) -> None:
    first = registry.register(draft("r1"), "workflow", at(0))
    registry.register(draft("r2"), "workflow", at(1))
    assert registry.register(draft("r1"), "workflow", at(2)) == first
    assert [(e.kind, e.version) for e in registry.audit(MODEL)] == [
        ("registered", 1),
        ("registered", 2),
    ]


def test_a_version_that_does_not_exist_is_named(registry: Registry) -> None:
    with pytest.raises(NotFound, match="Model 'crash' has no version 7"):
        registry.version(MODEL, 7)


def test_an_alias_points_nowhere_until_it_is_moved(registry: Registry) -> None:
    assert registry.alias(MODEL, CHAMPION) is None
    first = champion(1, None)
    registry.move_alias(first, promoted(1, at(0)), expected=None)
    assert registry.alias(MODEL, CHAMPION) == first
    second = champion(2, first)
    registry.move_alias(second, promoted(2, at(1)), expected=first)
    assert registry.alias(MODEL, CHAMPION) == second
    assert registry.audit(MODEL) == [promoted(1, at(0)), promoted(2, at(1))]


def test_a_trial_beside_the_champion_is_read_back_to_the_last_digit(registry: Registry) -> None:
    first = champion(1, None)
    registry.move_alias(first, promoted(1, at(0)), expected=None)
    challenger = Challenger(2, "r2", 0.1 + 0.2, at(1))
    split = replace(first, challenger=challenger, revision=2)
    event = AuditEvent(MODEL, at(1), "split", "workflow", "30 % of the requests.", 2)
    registry.move_alias(split, event, expected=first)
    assert registry.alias(MODEL, CHAMPION) == split
    assert registry.audit(MODEL)[-1] == event
    ended = replace(split, challenger=None, revision=3)
    registry.move_alias(ended, promoted(1, at(2)), expected=split)
    assert registry.alias(MODEL, CHAMPION) == ended


def test_a_move_from_a_state_that_is_gone_changes_nothing(registry: Registry) -> None:
    first = champion(1, None)
    registry.move_alias(first, promoted(1, at(0)), expected=None)
    second = champion(2, first)
    registry.move_alias(second, promoted(2, at(1)), expected=first)
    for stale in (None, first):
        with pytest.raises(Conflict, match="moved meanwhile"):
            registry.move_alias(champion(3, stale), promoted(3, at(2)), expected=stale)
    with pytest.raises(Conflict):
        registry.move_alias(
            champion(3, second, model="other"), promoted(3, model="other"), expected=second
        )
    assert registry.alias(MODEL, CHAMPION) == second
    assert len(registry.audit(MODEL)) == 2
    assert registry.audit("other") == []


def test_the_audit_trail_is_in_the_order_of_time(registry: Registry) -> None:
    registry.apply(model_file(), "ann", at(1))
    registry.register(draft("r1"), "workflow", at(10))
    registry.move_alias(champion(1, None), promoted(1, at(11)), expected=None)
    registry.apply(model_file(metric="log_loss"), "ann", at(9))
    assert [(e.kind, e.at) for e in registry.audit(MODEL)] == [
        ("applied", at(1)),
        ("applied", at(9)),
        ("registered", at(10)),
        ("promoted", at(11)),
    ]


def test_a_retrain_is_claimed_by_one_decision_until_it_runs_out(registry: Registry) -> None:
    assert registry.retrain_claim(MODEL) is None
    first = RetrainClaim(MODEL, "d1", at(0), at(60))
    assert registry.claim_retrain(first)
    assert not registry.claim_retrain(RetrainClaim(MODEL, "d2", at(59), at(119)))
    assert registry.retrain_claim(MODEL) == first
    later = RetrainClaim(MODEL, "d3", at(60), at(120))
    assert registry.claim_retrain(later)
    assert registry.retrain_claim(MODEL) == later


def test_the_same_decision_keeps_its_claim_without_lengthening_it(registry: Registry) -> None:
    first = RetrainClaim(MODEL, "d1", at(0), at(60))
    registry.claim_retrain(first)
    for minute in (1, 90):
        again = RetrainClaim(MODEL, "d1", at(minute), at(minute + 60))
        assert registry.claim_retrain(again)
        assert registry.retrain_claim(MODEL) == first


def test_models_do_not_share_claims(registry: Registry) -> None:
    assert registry.claim_retrain(RetrainClaim(MODEL, "d1", at(0), at(60)))
    assert registry.claim_retrain(RetrainClaim("other", "d2", at(1), at(61)))


def test_an_event_that_changes_nothing_stands_in_the_audit_trail_once(registry: Registry) -> None:
    registry.apply(model_file(), "ann", at(0))
    event = AuditEvent(MODEL, at(2), "erased", "ann", "2 rows removed.")
    for _ in range(2):
        registry.record(event, "erased-1")
    registry.record(replace(event, details="none"), "erased-2")
    assert [e.details for e in registry.audit(MODEL)[1:]] == ["2 rows removed.", "none"]
    assert registry.audit(MODEL)[1] == event
