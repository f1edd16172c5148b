"""The buckets and the registry that one policy works on."""

from datetime import UTC, datetime

from evergreen.contracts.model_file import ModelFile
from evergreen.ports import Views, iso
from evergreen.simulation.outside import Events, Runs, SimulatedClock, Unheard
from evergreen.simulation.registry import MemoryRegistry
from evergreen.simulation.store import MemoryObjects


class World:
    """What a deployment is to one model. Objects of a bucket may be shared with other worlds."""

    def __init__(self, file: ModelFile, views: Views, features: MemoryObjects, now: int) -> None:
        """``features`` is copied; ``now`` is nanoseconds since 1970."""
        self.features = MemoryObjects(features.objects)
        self.artifacts = MemoryObjects()
        self.registry = MemoryRegistry()
        self.views = views
        self.clock = SimulatedClock(datetime.fromtimestamp(now / 1e9, UTC))
        self.events, self.runs, self.alerts = Events(), Runs(), Unheard()
        self.registry.apply(file, "simulation", self.at)

    @property
    def at(self) -> str:
        """The simulated moment, ISO 8601."""
        return iso(self.clock.now())

    def set_clock(self, now: int) -> None:
        """Go on to a moment, nanoseconds since 1970."""
        self.clock.moment = datetime.fromtimestamp(now / 1e9, UTC)
