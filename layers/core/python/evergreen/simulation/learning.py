"""One run of the workflow in this process, and what it would have cost."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from evergreen.contracts.registry import CHAMPION
from evergreen.contracts.stages import (
    DeployInput,
    EvaluateInput,
    FeaturesInput,
    IngestInput,
    RegisterInput,
    RunInput,
    ScoreInput,
    TrainInput,
)
from evergreen.deploy import deploy
from evergreen.errors import EvergreenError
from evergreen.evaluate import evaluate
from evergreen.features import features as features_stage
from evergreen.ingest import ingest
from evergreen.ports import SystemClock
from evergreen.prices import Worker, dollars, transitions
from evergreen.register import register
from evergreen.score import score
from evergreen.simulation.world import World
from evergreen.train import train
from evergreen.tune.search import search

WORKER = Worker("lambda", memory_gib=3008 / 1024)
"""What a stage runs on in a deployment; its seconds are those of this machine's processors."""

_STATES = 20
"""Of the workflow's transitions in a run, those of the search included."""

Result = TypeVar("Result")


class Learned(Struct, frozen=True, eq=False):
    """A run up to its verdict: what it left, so that another world need not do it again."""

    passed: bool
    summary: str
    dataset: str
    feature_set: str
    features: dict[str, bytes]
    artifacts: dict[str, bytes]
    dollars: float


class Failed(Struct, frozen=True):
    """A run that ended with an error, and what it cost until then."""

    sentence: str
    dollars: float


class Meter:
    """Adds up what calls cost."""

    def __init__(self) -> None:
        self.dollars = transitions(_STATES)

    def __call__(self, call: Callable[[], Result]) -> Result:
        """The call's result; its price is added."""
        began = time.process_time()
        try:
            return call()
        finally:
            self.dollars += dollars(WORKER, time.process_time() - began)


def learn(world: World, run: RunInput) -> Learned | Failed:
    """The stages from ingest to evaluate."""
    before = set(world.features.objects), set(world.artifacts.objects)
    meter = Meter()
    try:
        return _learn(world, run, meter, before)
    except EvergreenError as error:
        return Failed(error.sentence, meter.dollars)


def _learn(world: World, run: RunInput, meter: Meter, before: tuple[set[str], set[str]]) -> Learned:
    features, artifacts, registry = world.features, world.artifacts, world.registry
    views, clock = world.views, world.clock
    made = meter(
        lambda: ingest(
            IngestInput(run), features=features, registry=registry, views=views, clock=clock
        )
    )
    given = FeaturesInput(run, made.dataset)
    split = meter(
        lambda: features_stage(given, store=features, registry=registry, views=views)
    ).feature_set
    meter(
        lambda: search(
            run, split, features=features, artifacts=artifacts, registry=registry,
            clock=SystemClock(),  # whose minutes a search may be bounded by
        )
    )  # fmt: skip
    both: dict[str, Any] = {"features": features, "artifacts": artifacts, "registry": registry}
    meter(lambda: train(TrainInput(run, split), **both))
    scored = meter(lambda: score(ScoreInput(run, split), **both))
    judged = meter(
        lambda: evaluate(EvaluateInput(run, split, scored.champion), **both, clock=clock)
    )
    left, right = before
    return Learned(
        judged.passed,
        judged.summary,
        made.dataset,
        split,
        {key: body for key, body in features.objects.items() if key not in left},
        {key: body for key, body in artifacts.objects.items() if key not in right},
        meter.dollars,
    )


def take_over(world: World, learned: Learned, made_by: str, run: RunInput) -> None:
    """Give another world what a run left in the one that it ran in, under this run's name."""
    old, new = f"runs/{made_by}/", f"runs/{run.run_id}/"
    world.features.objects.update(learned.features)
    for key, body in learned.artifacts.items():
        named = new + key.removeprefix(old) if key.startswith(old) else key
        world.artifacts.objects[named] = body


def conclude(world: World, run: RunInput, learned: Learned | Failed) -> int | None:
    """End the run as its workflow would: register and promote what passed; gives the version."""
    if isinstance(learned, Failed):
        world.registry.close_run(run.run_id, "failed", learned.sentence, world.at)
        return None
    if not learned.passed:
        world.registry.close_run(
            run.run_id, "refused", learned.summary.removeprefix("refused: "), world.at
        )
        return None
    alias = world.registry.alias(run.model, CHAMPION)
    given = RegisterInput(run, learned.dataset, learned.feature_set)
    stores: dict[str, Any] = {
        "artifacts": world.artifacts,
        "registry": world.registry,
        "clock": world.clock,
    }
    number = register(given, features=world.features, **stores).version
    deploy(DeployInput(run, number, alias.version if alias else None), **stores)
    return number
