"""A version on trial beside a champion, with as much traffic as a test asks for."""

import msgspec
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, Role
from evergreen.contracts.policies import Deploy, Step
from evergreen.contracts.registry import CHAMPION, Alias, Artifact, AuditEvent, Challenger
from evergreen.contracts.stages import DeployInput, DeployOutput, RunInput
from evergreen.contracts.verdict import Contest, Verdict
from evergreen.deploy import deploy, promote, watch
from evergreen.digest import sha256
from evergreen.ports import iso
from msgspec.structs import replace

from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryStore
from tests.fakes.registered import AT, MODEL, draft, model_file, run
from tests.fakes.serving import MODEL as SERVED
from tests.fakes.serving import World

STEPS = (Step(share=0.1, minutes=10.0), Step(share=0.5, minutes=10.0))
LIKELY = tuple(n / 100 for n in range(1, 100))
"""Probabilities as a model spreads them."""


class TrialWorld:
    """Version 1 serves; the runs r2 and r3 made the versions 2 and 3."""

    def __init__(self, plan: Deploy | None = None) -> None:
        self.registry, self.clock = MemoryRegistry(), FixedClock()
        self.features, self.artifacts = MemoryStore(), MemoryStore()
        self.apply(plan or Deploy(steps=STEPS))
        for run_id in ("r1", "r2", "r3"):
            body = f"graph of {run_id}".encode()
            graph = Artifact(f"models/crash/{run_id}/model.onnx", sha256(body), len(body))
            self.artifacts.write(graph.key, body)
            self.registry.open_run(run(run_id))
            self.registry.register(replace(draft(run_id), graph=graph), "workflow", AT)
        self.promote(1)

    def apply(self, plan: Deploy) -> None:
        """State another plan in the model file."""
        self.registry.apply(model_file(deploy=plan), "ann", AT)

    def promote(self, number: int) -> None:
        self.clock.go_on(seconds=1)
        promote(self.registry, MODEL, number, "ann", "Looks better.", self.clock)

    def start(self, number: int = 2, champion: int = 1) -> DeployOutput:
        """The state "deploy" of the run that made the version."""
        return deploy(
            _given(number, champion),
            artifacts=self.artifacts,
            registry=self.registry,
            clock=self.clock,
        )

    def look(self, number: int = 2, minutes: float = 0) -> DeployOutput:
        """The state "deploy: watch" of that run, some minutes later."""
        self.clock.go_on(minutes=minutes)
        return watch(
            _given(number, 1),
            features=self.features,
            artifacts=self.artifacts,
            registry=self.registry,
            clock=self.clock,
        )

    def traffic(
        self,
        version: int,
        role: Role,
        probabilities: tuple[float, ...] = LIKELY,
        *,
        milliseconds: float = 1.0,
        errors: int = 0,
    ) -> None:
        """A request of one row for each probability, and as many that failed."""
        at = iso(self.clock.now())
        lines = [
            Capture(
                MODEL,
                version,
                at,
                (CapturedRow(f"{role}-{at}-{n}-0", {}, p),),
                role=role,
                milliseconds=milliseconds,
            )
            for n, p in enumerate(probabilities)
        ]
        failed = Capture(MODEL, version, at, (), role=role, error="The graph is broken.")
        body = b"\n".join(msgspec.json.encode(line) for line in [*lines, *[failed] * errors])
        day = f"captures/{MODEL}/dt={at[:10]}/"
        self.features.write(f"{day}{len(self.features.objects)}.jsonl", body)

    def contest(self, psi: float) -> None:
        """What evaluate found on the hold-out of run r2."""
        verdict = Verdict(
            metric="roc_auc", value=0.9, interval=(0.8, 1.0), metrics={}, threshold=0.5,
            rows=100, positives=10, newest="", oldest="", groups=(), gates=(),
            contest=Contest(1, 0.8, 0.9, 0.99, psi),
        )  # fmt: skip
        self.artifacts.write(keys.run("r2", "verdict.json"), msgspec.json.encode(verdict))

    @property
    def alias(self) -> Alias:
        alias = self.registry.alias(MODEL, CHAMPION)
        assert alias
        return alias

    @property
    def share(self) -> float | None:
        """What the challenger answers, None where there is none."""
        return self.alias.challenger.share if self.alias.challenger else None

    @property
    def events(self) -> list[AuditEvent]:
        """What happened since version 1 was promoted."""
        moves = [e for e in self.registry.audit(MODEL) if e.kind not in ("registered", "applied")]
        return moves[1:]


def put_on_trial(world: World, number: int, share: float) -> None:
    """Give a version of the served model a share of the requests, or with 0 make it a shadow."""
    before = world.registry.alias(SERVED, CHAMPION)
    assert before
    challenger = Challenger(number, f"run-{number}", share, AT)
    alias = replace(before, challenger=challenger, revision=before.revision + 1)
    event = AuditEvent(SERVED, AT, "split", "workflow", "A trial.", number)
    world.registry.move_alias(alias, event, expected=before)


def _given(number: int, champion: int) -> DeployInput:
    return DeployInput(RunInput(run_id=f"r{number}", model=MODEL, sources=()), number, champion)
