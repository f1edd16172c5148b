"""When drift starts the workflow."""

import pytest
from evergreen.contracts.decision import RetrainDecision
from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RetrainOutput, RunInput
from evergreen.errors import InvalidRequest, NotFound
from evergreen.retrain import retrain, start
from msgspec.structs import replace

from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryWorkflow
from tests.fakes.registered import AT, MODEL, champion, draft, model_file, promoted

DECISION = RetrainDecision("d1", MODEL, 1, "speed drifted", "2025-12-31T00:00:00.000Z")
RUN_ID = "drift-crash-d1"


class FailingWorkflow(MemoryWorkflow):
    """A workflow that cannot be reached at first."""

    failures = 1

    def start(self, run: RunInput) -> bool:
        if self.failures:
            self.failures -= 1
            raise TimeoutError
        return super().start(run)


class World:
    """A model whose version 1 serves, with a cool-down of an hour."""

    def __init__(self) -> None:
        self.registry, self.clock = MemoryRegistry(), FixedClock()
        self.workflow = MemoryWorkflow()
        file = model_file(retrain=Retrain(cool_down_minutes=60))
        self.registry.apply(file, "ann", AT)
        for run_id in ("r1", "r2"):
            self.registry.register(draft(run_id), "workflow", AT)
        self.serve(1)

    def serve(self, number: int) -> None:
        before = self.registry.alias(MODEL, "champion")
        alias = champion(number, before)
        self.registry.move_alias(alias, promoted(number), expected=before)

    def retrain(self, decision: RetrainDecision = DECISION) -> RetrainOutput:
        return retrain(decision, registry=self.registry, workflow=self.workflow, clock=self.clock)

    def runs(self) -> list[tuple[str, str]]:
        return [(run.run_id, run.status) for run in self.registry.runs(MODEL)]


@pytest.fixture
def world() -> World:
    return World()


def other(decision_id: str) -> RetrainDecision:
    return replace(DECISION, decision_id=decision_id)


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
    world.clock.go_on(hours=2)
    assert world.retrain().started
    assert list(world.workflow.started) == [RUN_ID]


def test_another_decision_within_the_cool_down_is_refused_and_the_reason_recorded(
    world: World,
) -> None:
    world.retrain()
    world.clock.go_on(minutes=59)
    output = world.retrain(other("d2"))
    reason = "Another decision retrains 'crash'; the next one may from 2026-01-01T01:00:00.000Z."
    assert output == RetrainOutput(False, "drift-crash-d2", reason)
    assert list(world.workflow.started) == [RUN_ID]
    refused = world.registry.run("drift-crash-d2")
    assert (refused.status, refused.reason, refused.trigger) == ("refused", reason, "drift")


def test_a_refused_decision_stays_refused_when_its_event_comes_again(world: World) -> None:
    world.retrain()
    world.retrain(other("d2"))
    world.clock.go_on(minutes=90)
    assert not world.retrain(other("d2")).started
    assert list(world.workflow.started) == [RUN_ID]


def test_after_the_cool_down_another_decision_starts(world: World) -> None:
    world.retrain()
    world.clock.go_on(minutes=60)
    assert world.retrain(other("d2")).started
    assert list(world.workflow.started) == [RUN_ID, "drift-crash-d2"]


def test_drift_of_a_version_that_serves_no_longer_starts_nothing(world: World) -> None:
    world.serve(2)
    output = world.retrain()
    assert output.summary == "Drift was found for version 1, but version 2 serves now."
    assert world.workflow.started == {}
    assert world.runs() == [(RUN_ID, "refused")]
    assert world.registry.retrain_claim(MODEL) is None


def test_the_name_of_a_run_fits_step_functions_however_long_the_models_is() -> None:
    name, registry, workflow = "m" * 63, MemoryRegistry(), MemoryWorkflow()
    registry.apply(model_file(name=name), "ann", AT)
    registry.register(draft("r1", model=name), "workflow", AT)
    registry.move_alias(champion(1, None, model=name), promoted(1, model=name), expected=None)
    decision = replace(DECISION, model=name, decision_id="0123456789abcdef")
    output = retrain(decision, registry=registry, workflow=workflow, clock=FixedClock())
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
