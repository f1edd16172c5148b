"""A sweep over ten, a hundred and a thousand models, each with a profile and captures of its own.

All of it runs in this process, by the very functions that the state machine calls, one batch after
the other: seconds are the processor's, without the network. What a sweep asks of services is
counted, and costs what they say; each request is taken to last 20 ms of a worker's time.
"""

import gzip
import resource
import time
from collections import Counter, defaultdict
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

from benchmarks.figures import Figure, alone, lower
from benchmarks.monitoring.in_memory import MODEL, SINCE, baseline, model_file
from benchmarks.monitoring.rows import capture, columns
from tests.fakes.memory import FixedClock, MemoryAlerts, MemoryBus, MemoryRegistry, MemoryStore

OUT = Path("build/bench-monitoring/fleet.json")
SIZES = (10, 100, 1000)
COMPUTED = 10_000
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
        self._folders: defaultdict[str, list[str]] = defaultdict(list)

    def read(self, key: str) -> bytes:
        self.asked["reads"] += 1
        return super().read(key)

    def write(self, key: str, body: bytes, content_type: str = "") -> None:
        self.asked["writes"] += 1
        if key not in self.objects:
            self._folders[_folder(key)].append(key)
        super().write(key, body, content_type)

    def create(self, key: str, body: bytes, content_type: str = "") -> bool:
        self.asked["writes"] += 1
        made = super().create(key, body, content_type)
        if made:
            self._folders[_folder(key)].append(key)
        return made

    def keys(self, prefix: str) -> Any:
        """Without looking at every object of every model, as a bucket does not either."""
        self.asked["writes"] += 1
        return iter(sorted(k for k in self._folders[_folder(prefix)] if k.startswith(prefix)))


def _folder(key: str) -> str:
    """Of one model and kind: ``captures/m00001``."""
    return "/".join(key.split("/")[:2])


class Fleet:
    """So many models that serve."""

    def __init__(self, models: int) -> None:
        self.features, self.artifacts = CountedStore(), CountedStore()
        self.registry, self.clock = MemoryRegistry(), FixedClock(NOW)
        self.bus, self.alerts = MemoryBus(), MemoryAlerts()
        bodies = [_captured(moved=moved) for moved in (False, True)]
        learned = columns(7, moved=False, rows=TRAINED)
        self._file = model_file(learned)
        found = baseline(self._file, learned)
        self._parts = {
            "profile": msgspec.json.encode(found.profile),
            "signature": msgspec.json.encode(found.signature),
        }
        self._version = found.version
        self.moved = {f"m{i:05}" for i in range(models) if i % round(1 / MOVED) == 0}
        for i in range(models):
            name = f"m{i:05}"
            self._add(name, bodies[name in self.moved])
        self.asked()

    def _add(self, name: str, served: dict[str, bytes]) -> None:
        draft = msgspec.structs.replace(self._version.draft, model=name)
        for part, body in self._parts.items():
            key = f"models/{name}/{part}.json"
            self.artifacts.write(key, body)
            artifact = msgspec.structs.replace(getattr(draft, part), key=key)
            draft = msgspec.structs.replace(draft, **{part: artifact})
        file = msgspec.structs.replace(self._file, name=name)
        self.registry.apply(file, "somebody", SINCE)
        self.registry.register(draft, "somebody", SINCE)
        alias = Alias(name, CHAMPION, 1, None, 1, SINCE, "somebody")
        event = AuditEvent(name, SINCE, "promoted", "somebody", "", 1)
        self.registry.move_alias(alias, event, expected=None)
        for key, body in served.items():
            text = body.replace(f'"model":"{MODEL}"'.encode(), f'"model":"{name}"'.encode())
            own = key.replace(f"/{MODEL}/", f"/{name}/")
            self.features.write(own, gzip.compress(text, 1))

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
    found = figures({models: measure(models) for models in SIZES})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")


def figures(measured: dict[int, dict[str, Any]]) -> list[Figure]:
    """Seconds and dollars for each model, beside those of the smallest fleet: 1 is flat."""
    seconds = {models: _seconds(each) for models, each in measured.items()}
    dollars = {models: computed(each, models) for models, each in measured.items()}
    # A line through the totals: what a sweep takes anyhow, and what each model adds.
    slope, anyhow = np.polyfit(SIZES, [seconds[models] * models for models in SIZES], 1)
    seconds[COMPUTED] = float(slope + anyhow / COMPUTED)
    dollars[COMPUTED] = computed(measured[SIZES[-1]], COMPUTED)
    busy = {models: each["sweep_dollars_per_model"] for models, each in dollars.items()}
    month = {models: each["month_dollars"] / models for models, each in dollars.items()}
    most = measured[SIZES[-1]]
    return [
        *_beside("a sweep, processor time a model", seconds, "s"),
        *_beside("a sweep, cost a model", busy, "$"),
        *_beside("a month of hourly looks, a tenth of them busy, a model", month, "$"),
        alone(f"{SIZES[-1]:,} models: moved ones found", most["found"], unit=f"of {most['moved']}"),
        alone(f"{SIZES[-1]:,} models: others found", most["falsely_found"], unit="models"),
        alone(f"{SIZES[-1]:,} models in one process, peak", _peak(), unit="MiB"),
    ]


def _beside(name: str, values: dict[int, float], unit: str) -> list[Figure]:
    first = SIZES[0]
    return [
        lower(
            f"{models:,} models: {name}" + (", computed" if models == COMPUTED else ""),
            value,
            values[first],
            f"{first} models",
            unit=unit,
            goal="1, flat",
        )
        for models, value in values.items()
    ]


def _seconds(measured: dict[str, Any]) -> float:
    return sum(measured[f"{step}_seconds_per_model"] for step in ("due", "check", "conclude"))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
