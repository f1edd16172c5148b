"""When a decision starts the workflow."""

import json
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RetrainOutput, RunInput
from evergreen.errors import InvalidRequest, NotFound
from evergreen.retrain import retrain, start
from msgspec.structs import replace

from tests.fakes.memory import (
    FixedClock,
    MemoryBus,
    MemoryRegistry,
    MemoryStore,
    MemoryWorkflow,
)
from tests.fakes.registered import AT, MODEL, champion, draft, model_file, promoted, run
from tests.fakes.retraining import DECISION, RUN_ID, FailingWorkflow, World, other


@pytest.fixture
def world() -> World:
    return World()


def test_a_decision_starts_one_run_on_the_champions_sources_and_new_labels(world: World) -> None:
    output = world.retrain()
    assert output == RetrainOutput(True, RUN_ID, f"run {RUN_ID} started: speed drifted")
    assert world.workflow.started == {
        RUN_ID: RunInput(
            run_id=RUN_ID,
            model=MODEL,
            sources=("raw/1997.csv", "raw/1998.csv"),
            trigger="drift",
            labelled_until="2025-12-31T00:00:00.000Z",
        )
    }
    assert world.runs() == [(RUN_ID, "running")]


def test_an_event_delivered_twice_starts_one_run(world: World) -> None:
    world.retrain()
    world.clock.go_on(minutes=5)
    output = world.retrain()
    assert output == RetrainOutput(
        False, RUN_ID, f"run {RUN_ID} was started by this decision before"
    )
    assert list(world.workflow.started) == [RUN_ID]
    assert world.runs() == [(RUN_ID, "running")]


def test_an_event_delivered_again_after_its_run_has_ended_starts_nothing(world: World) -> None:
    world.retrain()
    world.registry.close_run(RUN_ID, "deployed", "", AT)
    world.serve(2)
    output = world.retrain()
    assert (output.started, output.summary) == (False, "this decision's run has ended as deployed")
    assert list(world.workflow.started) == [RUN_ID]


def test_an_event_delivered_again_while_somebody_promoted_does_not_end_its_run(
    world: World,
) -> None:
    world.retrain()
    world.serve(2)
    assert not world.retrain().started
    assert world.runs() == [(RUN_ID, "running")]


def test_a_start_that_failed_is_made_up_for_by_the_same_event(world: World) -> None:
    world.workflow = FailingWorkflow()
    with pytest.raises(TimeoutError):
        world.retrain()
    assert world.runs() == []
    world.clock.go_on(minutes=5)
    assert world.retrain().started
    assert list(world.workflow.started) == [RUN_ID]


def refusal(world: World, decision: RetrainDecision) -> str:
    """Why a decision starts nothing; it is on record and on the bus, and no run is."""
    before = list(world.workflow.started)
    output = world.retrain(decision)
    assert not output.started
    assert list(world.workflow.started) == before
    assert output.run_id not in dict(world.runs())
    said = world.bus.announced[-1]
    assert (said.action, said.reason) == ("hold", f"{output.summary}; {decision.reason}")
    key = keys.decision(MODEL, said.at, said.decision_id)
    recorded = msgspec.json.decode(world.artifacts.read(key), type=Decision)
    assert recorded.decision_id == f"{decision.decision_id}-held"
    return output.summary


def test_another_decision_within_the_cool_down_is_held_and_the_reason_recorded(
    world: World,
) -> None:
    world.retrain()
    world.end(RUN_ID, "failed", "")
    world.clock.go_on(minutes=59)
    assert refusal(world, other("d2")) == "cooling down until 2026-01-01 01:00 UTC"


def test_after_the_cool_down_another_decision_starts(world: World) -> None:
    world.retrain()
    world.end(RUN_ID, "failed", "")
    world.clock.go_on(minutes=60)
    assert world.retrain(other("d2")).started
    assert list(world.workflow.started) == [RUN_ID, "drift-crash-d2"]


def test_what_held_a_decision_back_may_be_over_when_a_check_decides_it_again(world: World) -> None:
    world.registry.open_run(run("r9"))
    assert refusal(world, DECISION) == "run r9 is in progress"
    world.end("r9", "failed", "")
    assert world.retrain(replace(DECISION, labelled_until=AT)).started


@pytest.mark.parametrize("cool_down", [0, 60])
def test_a_run_in_progress_holds_whatever_the_cool_down(world: World, cool_down: float) -> None:
    world.policy(cool_down_minutes=cool_down)
    world.retrain()
    world.clock.go_on(hours=3)
    assert refusal(world, other("d2")) == f"run {RUN_ID} is in progress"


def test_without_a_cool_down_a_claim_holds_until_its_run_is_surely_on_record(world: World) -> None:
    world.policy(cool_down_minutes=0)
    world.workflow = FailingWorkflow()
    with pytest.raises(TimeoutError):
        world.retrain()
    assert refusal(world, other("d2")).startswith("cooling down until 2026-01-01 00:15")
    world.clock.go_on(minutes=15)
    assert world.retrain(other("d2")).started


def test_after_refusals_in_a_row_the_claim_waits_longer(world: World) -> None:
    for number, hours in enumerate((2, 4, 8, 16, 16)):
        decision = other(f"d{number}")
        assert world.retrain(decision).started
        world.end(f"drift-crash-d{number}")
        world.clock.go_on(hours=hours, minutes=-1)
        assert refusal(world, other("again")).startswith("retraining would not have helped on")
        world.clock.go_on(minutes=1)


def test_what_a_month_may_cost_is_asked_again_at_the_start(world: World) -> None:
    world.policy(cool_down_minutes=1, dollars_per_month=1.0)
    world.retrain()
    world.end(RUN_ID, "failed", "")
    report = {"search": {"dollars": 0.5, "other_dollars": 0.1}, "run_id": RUN_ID}
    world.artifacts.write(keys.run_report(RUN_ID, "json"), json.dumps(report).encode())
    world.clock.go_on(hours=1)
    spent = "$0.60 of $1.00 spent this month, and a run costs about $0.60"
    assert refusal(world, other("d2")) == spent
    world.clock.go_on(days=31)
    assert world.retrain(other("d2")).started


def test_an_event_that_comes_after_maintenance_has_closed_starts_nothing(world: World) -> None:
    world.policy(maintenance=("Thu 00:00-01:00",))
    world.clock.go_on(hours=2)
    assert refusal(world, DECISION) == "maintenance opens Thu 00:00"


def test_a_decision_about_a_version_that_serves_no_longer_starts_nothing(world: World) -> None:
    world.serve(2)
    assert refusal(world, DECISION) == "decided for version 1, but version 2 serves now"
    assert world.registry.retrain_claim(MODEL) is None


@pytest.mark.parametrize("cool_down", [0, 60])
def test_of_many_events_at_once_one_run_comes(world: World, cool_down: float) -> None:
    world.policy(cool_down_minutes=cool_down)
    decisions = [other(f"d{n % 3}") for n in range(24)]
    with ThreadPoolExecutor(12) as pool:
        outputs = list(pool.map(world.retrain, decisions))
    assert [output.started for output in outputs].count(True) == 1
    assert len(world.workflow.started) == len(world.runs()) == 1


def test_the_name_of_a_run_fits_step_functions_however_long_the_models_is() -> None:
    name, registry, workflow = "m" * 63, MemoryRegistry(), MemoryWorkflow()
    registry.apply(model_file(name=name), "ann", AT)
    registry.register(draft("r1", model=name), "workflow", AT)
    registry.move_alias(champion(1, None, model=name), promoted(1, model=name), expected=None)
    decision = replace(DECISION, model=name, decision_id="0123456789abcdef")
    output = retrain(
        decision,
        registry=registry,
        artifacts=MemoryStore(),
        workflow=workflow,
        bus=MemoryBus(),
        clock=FixedClock(),
    )
    assert output.started
    assert len(output.run_id) <= 80


def given(**changes: object) -> RunInput:
    return replace(RunInput(run_id="manual-1", model=MODEL, sources=("raw/a.csv",)), **changes)


def test_a_run_started_by_hand_is_on_record(world: World) -> None:
    assert start(world.registry, world.workflow, given(), world.clock)
    assert world.registry.runs(MODEL) == [
        Run(
            run_id="manual-1",
            model=MODEL,
            trigger="manual",
            sources=("raw/a.csv",),
            started_at="2026-01-01T00:00:00.000Z",
        )
    ]
    assert not start(world.registry, world.workflow, given(), world.clock)


def test_a_run_that_could_not_start_leaves_no_record(world: World) -> None:
    with pytest.raises(TimeoutError):
        start(world.registry, FailingWorkflow(), given(), world.clock)
    assert world.runs() == []


def test_a_run_of_a_model_nobody_applied_does_not_start(world: World) -> None:
    with pytest.raises(NotFound, match="no model 'none'"):
        start(world.registry, world.workflow, given(model="none"), world.clock)
    assert world.workflow.started == {}


def test_a_build_of_a_view_starts_though_no_model_bears_its_name(world: World) -> None:
    build = RunInput(run_id="r-view", model="view/weather", sources=("raw/view/weather/1.csv",))

    assert start(world.registry, world.workflow, build, world.clock)

    assert world.workflow.started == {"r-view": build}


@pytest.mark.parametrize("name", ["", "a" * 81, "a b", "a/b", "größe"])
def test_a_name_that_no_execution_may_bear_is_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidRequest, match="must be 1 to 80 letters, digits, hyphens"):
        start(world.registry, world.workflow, given(run_id=name), world.clock)
    assert world.workflow.started == {}
