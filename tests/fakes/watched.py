"""A model that serves, and sweeps over it in this process, state by state as the workflow does."""

from datetime import UTC, datetime

import msgspec
from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.fleet import FleetReport
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent
from evergreen.contracts.sweep import BatchInput, ConcludeInput, ConcludeOutput, DueInput
from evergreen.monitor import check_batch, conclude, due
from evergreen.ports import iso

from tests.fakes.columnar import AT, MODEL, World, csv, table
from tests.fakes.memory import MemoryAlerts, MemoryBus

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SERVED = "2026-01-09T12:00:00.000Z"


def older(rows: int = 300, seed: int = 3):
    """People twenty years older than those trained on."""
    return table(rows, seed=seed).assign(age=lambda frame: frame["age"] + 20)


class Watched(World):
    """A champion on 600 rows, and all that a sweep needs. One check is enough to believe it."""

    def __init__(self, retrain=None, **changes) -> None:
        policy = {"outcomes_at_least": 50, "cool_down_minutes": 60, "confirmations": 1}
        super().__init__(
            retrain={"on": ["performance", "drift", "growth"], "growth": 1.0}
            | policy
            | (retrain or {}),
            **changes,
        )
        self.bus = MemoryBus()
        self.alerts = MemoryAlerts()
        self.promote(self.split(self.ingest(csv(table())).dataset))

    def add(self, name: str) -> None:
        """Another model that serves the same version."""
        file = msgspec.structs.replace(self.model, name=name)
        self.registry.apply(file, "somebody", AT)
        draft = self.registry.version(MODEL, 1).draft
        self.registry.register(msgspec.structs.replace(draft, model=name), "somebody", AT)
        event = AuditEvent(name, AT, "promoted", "somebody", "", 1)
        alias = Alias(name, CHAMPION, 1, None, 1, AT, "somebody")
        self.registry.move_alias(alias, event, expected=None)

    def due(self, now: datetime = NOW, models: tuple[str, ...] = (), execution: str = "e1"):
        given = DueInput(iso(now), models, execution)
        return due(given, features=self.features, artifacts=self.artifacts, registry=self.registry)

    def batches(self, planned) -> list[BatchInput]:
        if not planned.batches:
            return []
        return msgspec.json.decode(self.artifacts.read(planned.items), type=list[BatchInput])

    def check(self, batch: BatchInput, **changes):
        return check_batch(
            batch,
            features=self.features,
            artifacts=self.artifacts,
            registry=self.registry,
            **changes,
        )

    def conclude(self, planned) -> ConcludeOutput:
        return conclude(
            ConcludeInput(planned.sweep, planned.at),
            artifacts=self.artifacts,
            registry=self.registry,
            bus=self.bus,
            alerts=self.alerts,
            clock=self.clock,
            link=lambda key: f"https://console/{key}",
        )

    def sweep(self, now: datetime = NOW, models: tuple[str, ...] = ()) -> ConcludeOutput | None:
        """A whole sweep; None where nothing was due."""
        self.clock.moment = now
        planned = self.due(now, models)
        for batch in self.batches(planned):
            self.check(batch)
        return self.conclude(planned) if planned.batches else None

    def line(self, now: datetime = NOW) -> str:
        swept = self.sweep(now)
        assert swept is not None
        return swept.models[MODEL]

    def reports(self) -> list[str]:
        return [key for key in self.artifacts.keys(f"reports/{MODEL}/drift/") if "json" in key]

    def report(self) -> DriftReport:
        return msgspec.json.decode(self.artifacts.read(self.reports()[-1]), type=DriftReport)

    def fleet(self) -> FleetReport:
        return msgspec.json.decode(self.artifacts.read("reports/fleet.json"), type=FleetReport)

    def decisions(self) -> list[Decision]:
        found = self.artifacts.keys(f"reports/{MODEL}/decisions/")
        return [msgspec.json.decode(self.artifacts.read(key), type=Decision) for key in found]


def moved() -> Watched:
    """A world that served older people than its model was trained on."""
    world = Watched()
    world.serve(older(), at=SERVED)
    return world
