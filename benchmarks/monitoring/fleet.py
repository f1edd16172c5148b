"""A sweep over ten, a hundred and a thousand models, each with a profile and captures of its own.

All of it runs in this process, by the very functions that the state machine calls, one batch after
the other: seconds are the processor's, without the network. What a sweep asks of services is
counted, and costs what they say; each request is taken to last 20 ms of a worker's time.
"""

import gzip
import json
import resource
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from evergreen import prices
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent
from evergreen.contracts.sweep import BatchInput, ConcludeInput, ConcludeOutput, DueInput, DueOutput
from evergreen.monitor import check_batch, conclude, due
from evergreen.monitor.due import MODELS_AT_MOST
from evergreen.ports import iso
from evergreen.prices import Worker

from benchmarks.monitoring.rows import MODEL, SINCE, baseline, capture, columns, model_file
from tests.fakes.memory import FixedClock, MemoryAlerts, MemoryBus, MemoryRegistry, MemoryStore

OUT = Path("build/bench-monitoring/fleet.json")
SIZES = (10, 100, 1000)
TRAINED, SERVED = 20_000, 1_000
MOVED = 0.02
"""Share of the models that were moved."""
MONITOR = Worker("lambda", 1769 / 1024)
REQUEST_SECONDS = 0.02
NOW = datetime(2026, 1, 10, tzinfo=UTC)


class CountedStore(MemoryStore):
    """A bucket that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def read(self, key: str) -> bytes:
        self.asked["reads"] += 1
        return super().read(key)

    def write(self, key: str, body: bytes, content_type: str = "") -> None:
        self.asked["writes"] += 1
        super().write(key, body, content_type)

    def create(self, key: str, body: bytes, content_type: str = "") -> bool:
        self.asked["writes"] += 1
        return super().create(key, body, content_type)

    def keys(self, prefix: str) -> Any:
        self.asked["writes"] += 1
        return super().keys(prefix)


class Fleet:
    """So many models that serve."""

    def __init__(self, models: int) -> None:
        self.features, self.artifacts = CountedStore(), CountedStore()
        self.registry, self.clock = MemoryRegistry(), FixedClock(NOW)
        self.bus, self.alerts = MemoryBus(), MemoryAlerts()
        bodies = [_captured(moved=moved) for moved in (False, True)]
        found = baseline(columns(7, moved=False, rows=TRAINED))
        self._parts = {
            "profile": msgspec.json.encode(found.profile),
            "signature": msgspec.json.encode(found.signature),
        }
        self._version = found.version
        self.moved = {f"m{i:05}" for i in range(models) if i % round(1 / MOVED) == 0}
        for i in range(models):
            name = f"m{i:05}"
            self._add(name, bodies[name in self.moved])

    def _add(self, name: str, served: dict[str, bytes]) -> None:
        draft = msgspec.structs.replace(self._version.draft, model=name)
        for part, body in self._parts.items():
            key = f"models/{name}/{part}.json"
            self.artifacts.objects[key] = body
            artifact = msgspec.structs.replace(getattr(draft, part), key=key)
            draft = msgspec.structs.replace(draft, **{part: artifact})
        file = msgspec.structs.replace(model_file(), name=name)
        self.registry.apply(file, "somebody", SINCE)
        self.registry.register(draft, "somebody", SINCE)
        alias = Alias(name, CHAMPION, 1, None, 1, SINCE, "somebody")
        event = AuditEvent(name, SINCE, "promoted", "somebody", "", 1)
        self.registry.move_alias(alias, event, expected=None)
        for key, body in served.items():
            text = body.replace(f'"model":"{MODEL}"'.encode(), f'"model":"{name}"'.encode())
            self.features.objects[key.replace(f"/{MODEL}/", f"/{name}/")] = gzip.compress(text, 1)

    def due(self, now: datetime) -> DueOutput:
        self.clock.moment = now
        stores = {"features": self.features, "artifacts": self.artifacts}
        return due(DueInput(iso(now)), registry=self.registry, **stores)

    def check(self, planned: DueOutput) -> None:
        items = self.artifacts.objects.get(planned.items, b"[]")
        for batch in msgspec.json.decode(items, type=list[BatchInput]):
            check_batch(
                batch,
                features=self.features,
                artifacts=self.artifacts,
                registry=self.registry,
                worker=MONITOR,
            )

    def conclude(self, planned: DueOutput) -> ConcludeOutput:
        return conclude(
            ConcludeInput(planned.sweep, planned.at),
            artifacts=self.artifacts,
            registry=self.registry,
            bus=self.bus,
            alerts=self.alerts,
            clock=self.clock,
        )

    def asked(self) -> Counter[str]:
        """What was asked of both buckets since the last time."""
        found = self.features.asked + self.artifacts.asked
        self.features.asked.clear()
        self.artifacts.asked.clear()
        return found


def main() -> None:
    """Measure and write the figures."""
    measured = [measure(models) for models in SIZES]
    per_model = measured[-1]
    found = {
        "measured": measured,
        "computed": [computed(per_model, models) for models in (1, 100, 1000, 10_000)],
        "rows_of_a_model": SERVED,
        "columns": len(model_file().features),
        "peak_mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=2) + "\n")
    print(OUT.read_text())  # noqa: T201


def measure(models: int) -> dict[str, Any]:
    """A first sweep, in which all are due, and one in which nothing came."""
    fleet = Fleet(models)
    planned, look = _timed(lambda: fleet.due(NOW))
    _, checks = _timed(lambda: fleet.check(planned))
    output, end = _timed(lambda: fleet.conclude(planned))
    asked = fleet.asked()
    drifted = {line.model for line in _health(fleet) if line.drifted_columns}
    calm, idle = _timed(lambda: fleet.due(NOW + timedelta(hours=1)))
    idle_asked = fleet.asked()
    print(models, output.summary, calm.summary)  # noqa: T201
    return {
        "models": models,
        "due_seconds_per_model": look / models,
        "check_seconds_per_model": checks / models,
        "conclude_seconds_per_model": end / models,
        "reads_per_model": asked["reads"] / models,
        "writes_per_model": asked["writes"] / models,
        "idle_seconds_per_model": idle / models,
        "idle_reads_per_model": idle_asked["reads"] / models,
        "idle_lists_per_model": idle_asked["writes"] / models,
        "due_when_idle": calm.models,
        "found": len(drifted & fleet.moved),
        "moved": len(fleet.moved),
        "falsely_found": len(drifted - fleet.moved),
    }


def computed(measured: dict[str, Any], models: int) -> dict[str, float]:
    """What a sweep costs in dollars, and a month of 720 in which a tenth of the models were asked
    something new each hour."""
    requests = measured["reads_per_model"] + measured["writes_per_model"]
    # Models are looked at and concluded sixteen together, and checked one by one.
    seconds = (
        measured["check_seconds_per_model"]
        + measured["conclude_seconds_per_model"]
        + requests * REQUEST_SECONDS
    )
    batches = -(-models // MODELS_AT_MOST)
    busy = (
        prices.dollars(MONITOR, seconds * models)
        + measured["reads_per_model"] * models * prices.STORE_READ
        + measured["writes_per_model"] * models * prices.STORE_WRITE
        + models * prices.EVENT
        + prices.transitions(4 + 4 * batches)
    )
    idle_requests = measured["idle_reads_per_model"] + measured["idle_lists_per_model"] + 4
    idle_seconds = measured["idle_seconds_per_model"] + idle_requests * REQUEST_SECONDS / 16
    idle = (
        prices.dollars(MONITOR, idle_seconds * models)
        + measured["idle_reads_per_model"] * models * prices.STORE_READ
        + measured["idle_lists_per_model"] * models * prices.STORE_WRITE
        + 4 * models * prices.TABLE_READ
        + prices.transitions(4)
    )
    return {
        "models": models,
        "sweep_dollars": busy,
        "sweep_dollars_per_model": busy / models,
        "idle_sweep_dollars": idle,
        "idle_month_dollars": 720 * idle,
        "month_dollars": 720 * (idle + busy / 10),
        "transitions": 4 + 4 * batches,
    }


def _health(fleet: Fleet) -> Any:
    from evergreen.contracts.fleet import FleetReport

    body = fleet.artifacts.objects["reports/fleet.json"]
    return msgspec.json.decode(body, type=FleetReport).models


def _captured(*, moved: bool) -> dict[str, bytes]:
    store = MemoryStore()
    capture(store, columns(11 + moved, moved=moved, rows=SERVED))
    return {key: gzip.decompress(body) for key, body in store.objects.items()}


def _timed(call: Any) -> tuple[Any, float]:
    began = time.process_time()
    found = call()
    return found, time.process_time() - began


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
