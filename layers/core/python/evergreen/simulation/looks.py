"""One sweep of a deployment's schedule, over the one model that there is."""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.decision import Decision
from evergreen.contracts.sweep import BatchInput, ConcludeInput, ContestInput, DueInput
from evergreen.errors import EvergreenError
from evergreen.monitor import check_batch, conclude, due
from evergreen.score import contest
from evergreen.simulation.world import World


class CheckFailed(EvergreenError):
    """A check could not be made; in a deployment it would be reported, and made again."""

    title = "Check failed"


def look(world: World, model: str) -> Decision | None:
    """Check the model and announce what is decided; None where there was nothing new to look at.

    Raises:
        CheckFailed: says why.
    """
    features, artifacts, registry = world.features, world.artifacts, world.registry
    stores: dict[str, Any] = {"features": features, "artifacts": artifacts, "registry": registry}
    planned = due(DueInput(world.at), **stores)
    if not planned.batches:
        return None
    for batch in msgspec.json.decode(artifacts.read(planned.items), type=list[BatchInput]):
        for asked in check_batch(batch, **stores).contests:
            contest(ContestInput(planned.sweep, asked), **stores)
    with redirect_stdout(StringIO()):  # where a function's metrics go
        told = conclude(
            ConcludeInput(planned.sweep, planned.at),
            artifacts=artifacts,
            registry=registry,
            bus=world.events,
            alerts=world.alerts,
            clock=world.clock,
        )
    failed = told.models.get(model, "").partition("failed: ")[2]
    if failed:
        raise CheckFailed(f"The check of {world.at} failed: {failed}")
    return _newest(world, model)


def _newest(world: World, model: str) -> Decision | None:
    """The last decision that was recorded, if this sweep did."""
    below = keys.decision(model, world.at, "")
    recorded = list(world.artifacts.keys(below.removesuffix(".json")))
    if not recorded:
        return None
    return msgspec.json.decode(world.artifacts.read(recorded[-1]), type=Decision)
