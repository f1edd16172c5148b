"""One look at the model, as the schedule would have it."""

from evergreen.contracts.decision import Decision
from evergreen.simulation.world import World


def look(world: World) -> Decision | None:
    """Check the model, and announce what is decided; None where nothing was looked at."""
    raise NotImplementedError(world)
