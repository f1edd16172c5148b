"""A model that decisions are made for, and what retrains it."""

from evergreen.contracts.decision import NOT_HELPFUL, RetrainDecision
from evergreen.contracts.policies import Retrain
from evergreen.contracts.stages import RetrainOutput, RunInput
from evergreen.ports import iso
from evergreen.retrain import retrain
from msgspec.structs import replace

from tests.fakes.memory import (
    FixedClock,
    MemoryBus,
    MemoryRegistry,
    MemoryStore,
    MemoryWorkflow,
)
from tests.fakes.registered import AT, MODEL, champion, draft, model_file, promoted

DECISION = RetrainDecision("d1", MODEL, 1, "speed drifted", "2025-12-31T00:00:00.000Z")
RUN_ID = "drift-crash-d1"


def other(decision_id: str) -> RetrainDecision:
    return replace(DECISION, decision_id=decision_id)


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
        self.workflow, self.artifacts, self.bus = MemoryWorkflow(), MemoryStore(), MemoryBus()
        self.policy(cool_down_minutes=60)
        for run_id in ("r1", "r2"):
            self.registry.register(draft(run_id), "workflow", AT)
        self.serve(1)

    def policy(self, **stated: object) -> None:
        self.registry.apply(model_file(retrain=Retrain(**stated)), "ann", AT)

    def serve(self, number: int) -> None:
        before = self.registry.alias(MODEL, "champion")
        alias = champion(number, before)
        self.registry.move_alias(alias, promoted(number), expected=before)

    def retrain(self, decision: RetrainDecision = DECISION) -> RetrainOutput:
        return retrain(
            decision,
            registry=self.registry,
            artifacts=self.artifacts,
            workflow=self.workflow,
            bus=self.bus,
            clock=self.clock,
        )

    def end(self, run_id: str, status: str = "refused", reason: str = NOT_HELPFUL) -> None:
        self.registry.close_run(run_id, status, reason, iso(self.clock.now()))

    def runs(self) -> list[tuple[str, str]]:
        return [(run.run_id, run.status) for run in self.registry.runs(MODEL)]
