"""The end of a sweep: what is announced, who is told, and that all of it may happen twice."""

from datetime import timedelta

import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.drift import Measured
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent
from evergreen.contracts.sweep import Contest, ContestResult, Progress
from evergreen.monitor.conclude import Unfinished

from tests.fakes.columnar import MODEL, table
from tests.fakes.watched import NOW, SERVED, Watched, moved, older

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> Watched:
    return moved()


def checked(world, now=NOW):
    world.clock.moment = now
    planned = world.due(now)
    for batch in world.batches(planned):
        world.check(batch)
    return planned


def test_a_decision_to_retrain_is_a_record_an_event_and_a_message(world):
    output = world.sweep()
    (decision,) = world.decisions()
    (event,) = world.bus.decisions
    ((subject, message),) = world.alerts.sent
    assert output.models[MODEL].startswith("retrain: drift in age (PSI 1.")
    assert output.summary == "1 model: 1 retrain"
    assert (decision.action, decision.report) == ("retrain", world.reports()[-1])
    assert (event.decision_id, event.champion_version) == (decision.decision_id, 1)
    assert subject.startswith("Evergreen: crash is being retrained: drift in age (PSI 1.")
    assert "age: PSI 1." in message
    assert "since 2026-01-10 00:00 UTC" in message
    assert "A retraining starts" in message
    assert f"https://console/{decision.report.replace('.json', '.html')}" in message
    assert "evergreen report crash" in message


def test_what_is_only_watched_is_announced_and_wakes_nobody():
    world = Watched()
    world.serve(table(500, seed=5), at=SERVED)
    world.sweep()
    assert [decision.action for decision in world.bus.announced] == ["watch"]
    assert not world.alerts.sent
    assert not world.bus.decisions


def test_an_unchanged_model_is_not_announced_again_unless_it_waits_to_be_retrained(world):
    world.sweep()
    world.sweep(NOW + HOUR)
    assert len({event.decision_id for event in world.bus.decisions}) == 1
    assert len(world.bus.decisions) == 2
    assert len(world.alerts.sent) == 1
    assert len(world.reports()) == 1


def test_batches_that_are_lost_in_a_row_are_told_once_and_tried_less_often(
    world,
):
    looks = []
    for quarter in range(24):
        planned = world.due(NOW + quarter * HOUR / 4)
        if planned.batches:
            looks.append(quarter)
            world.conclude(planned)
            world.conclude(planned)
    # After the second failure in a row half an hour passes, then an hour, two, ...
    assert looks == [0, 1, 3, 7, 15]
    ((subject, message),) = world.alerts.sent
    assert subject == "Evergreen: checks of crash fail"
    assert message.startswith("The last 2 checks of crash failed: Its batch ended before")


def test_a_check_whose_end_was_lost_with_its_batch_is_told_as_it_ended(world):
    planned = checked(world)
    del world.artifacts.objects[keys.sweep(planned.sweep, "findings/0001.json")]
    assert world.conclude(planned).models[MODEL].startswith("retrain: drift in age (PSI 1.")


class Died(BaseException):
    """The function's process ended."""


def test_a_conclusion_that_dies_between_any_two_writes_comes_to_the_same_end(world):
    calm = Watched()
    calm.serve(older(), at=SERVED)
    calm.conclude(checked(calm))
    wanted = dict(calm.artifacts.objects)

    planned, attempts = checked(world), 0
    while attempts < 60:
        attempts += 1
        lives = dying_after(world, attempts)
        try:
            world.conclude(planned)
        except (Died, Unfinished):
            continue
        finally:
            lives.undo()
        break
    assert attempts > 5
    assert world.artifacts.objects.keys() == wanted.keys()
    assert {event.decision_id for event in world.bus.decisions} == {
        event.decision_id for event in calm.bus.decisions
    }
    assert 1 <= len(world.alerts.sent) <= 2
    assert world.fleet() == calm.fleet()


def dying_after(world, steps):
    """The process ends at so many-th write, event or message."""
    patch, left = pytest.MonkeyPatch(), [steps]

    def counted(call):
        def step(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                raise Died
            return call(*args, **kwargs)

        return step

    for thing, names in (
        (world.artifacts, ("write", "create")),
        (world.bus, ("publish", "announce")),
        (world.alerts, ("send",)),
    ):
        for name in names:
            patch.setattr(thing, name, counted(getattr(thing, name)))
    return patch


def test_a_model_whose_decision_cannot_be_carried_out_holds_no_other_up(world, monkeypatch):
    world.add("another")
    planned = checked(world)
    with monkeypatch.context() as down:
        down.setattr(world.bus, "publish", lambda decision: 1 / 0)
        with pytest.raises(Unfinished, match=f"The decisions for {MODEL} could not be carried"):
            world.conclude(planned)
    assert [decision.model for decision in world.bus.announced] == ["another"]
    assert {line.model for line in world.fleet().models} == {"another", MODEL}
    world.conclude(planned)
    assert [decision.model for decision in world.bus.decisions] == [MODEL]


def test_a_batch_that_was_lost_is_told_of_every_model_of_it(world):
    world.add("another")
    output = world.conclude(world.due())
    assert output.summary == "2 models: 2 failed"
    assert all("Its batch ended before it was checked" in line for line in output.models.values())
    assert {line.health for line in world.fleet().models} == {"failing"}


def test_drift_that_is_no_discovery_among_all_models_is_watched_instead(world):
    for number in range(20):
        world.add(f"calm-{number:02d}")
    planned = checked(world)
    weaken(world, planned, p_value=0.004)
    output = world.conclude(planned)
    assert output.models[MODEL].startswith("watch: may be chance: ")
    assert not world.bus.decisions
    report = world.report()
    assert report.decision.action == "watch"
    page = world.artifacts.read(world.reports()[-1].replace("json", "html")).decode()
    assert "may be chance" in page
    assert not world.due(NOW + HOUR).batches


def test_drift_that_is_a_discovery_among_all_models_is_retrained_on(world):
    for number in range(20):
        world.add(f"calm-{number:02d}")
    planned = checked(world)
    weaken(world, planned, p_value=0.0004)
    world.conclude(planned)
    assert [decision.model for decision in world.bus.decisions] == [MODEL]


def test_models_that_were_not_due_count_among_those_that_may_drift_by_chance(world):
    for number in range(20):
        world.add(f"calm-{number:02d}")
    world.sweep(NOW - HOUR)
    world.serve(older(150, seed=8), at="2026-01-09T23:30:00.000Z")
    planned = checked(world)
    assert planned.models == 1
    weaken(world, planned, p_value=0.004)
    assert world.conclude(planned).models[MODEL].startswith("watch: may be chance: ")


def weaken(world, planned, p_value):
    """What drifted did so with this significance."""
    key = keys.sweep(planned.sweep, "findings/0001.json")
    progress = msgspec.json.decode(world.artifacts.read(key), type=Progress)
    findings = [
        msgspec.structs.replace(f, p_value=p_value if f.model == MODEL else 1.0)
        for f in progress.findings
    ]
    world.artifacts.write(key, msgspec.json.encode(Progress(tuple(findings))))


def test_a_version_that_loses_its_contest_is_taken_back_and_people_are_told(world):
    before = world.registry.alias(MODEL, CHAMPION)
    draft = world.registry.version(MODEL, 1).draft
    lineage = msgspec.structs.replace(draft.lineage, run_id="r2")
    world.registry.register(msgspec.structs.replace(draft, lineage=lineage), "somebody", SERVED)
    event = AuditEvent(MODEL, SERVED, "promoted", "workflow", "", 2)
    moved = Alias(MODEL, CHAMPION, 2, 1, 2, SERVED, "workflow")
    world.registry.move_alias(moved, event, expected=before)
    planned = checked(world)
    contest = Contest(MODEL, 2, 1, SERVED, planned.at)
    lose(world, planned, contest)
    output = world.conclude(planned)
    assert output.models[MODEL].startswith("roll back: version 2 answered 400 rows with roc_auc")
    assert world.registry.alias(MODEL, CHAMPION).version == 1
    ((subject, message),) = world.alerts.sent
    assert subject == "Evergreen: crash was rolled back to version 1"
    assert "Version 1 answers again since " in message
    assert world.fleet().models[0].decision.action == "roll back"
    world.conclude(planned)
    assert world.registry.alias(MODEL, CHAMPION).version == 1
    assert len(world.alerts.sent) == 1


def lose(world, planned, contest):
    key = keys.sweep(planned.sweep, "findings/0001.json")
    progress = msgspec.json.decode(world.artifacts.read(key), type=Progress)
    asked = [msgspec.structs.replace(f, contest=contest) for f in progress.findings]
    world.artifacts.write(key, msgspec.json.encode(Progress(tuple(asked))))
    worse, better = Measured(0.6, 0.55, 0.65, 400), Measured(0.8, 0.76, 0.84, 400)
    result = ContestResult(contest, "roc_auc", 400, worse, better, 0.99)
    key = keys.sweep(planned.sweep, f"contests/{MODEL}.json")
    world.artifacts.write(key, msgspec.json.encode(result))


def test_the_fleets_page_keeps_what_earlier_sweeps_found(world):
    world.add("another")
    world.sweep()
    world.serve(older(seed=8), at="2026-01-10T00:30:00.000Z")
    world.sweep(NOW + HOUR)
    lines = {line.model: line for line in world.fleet().models}
    assert lines["another"].checked_at.startswith("2026-01-10T00:00")
    assert lines[MODEL].checked_at.startswith("2026-01-10T01:00")
    assert lines[MODEL].health == "drifting"
    assert b"another" in world.artifacts.read("reports/fleet.html")


def test_figures_of_the_fleet_are_metrics_and_of_a_model_only_where_something_is_wrong(
    world, capsys
):
    world.add("calm")
    world.sweep()
    told = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    fleet, *models = [line for line in told if "_aws" in line]
    assert (fleet["ModelsChecked"], fleet["ModelsDrifting"]) == ([2.0], [1.0])
    assert [line["Model"] for line in models] == [MODEL]
    assert models[0]["DriftedColumns"] == [1.0]
