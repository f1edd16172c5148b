"""In-memory adapters. They subclass the real ports and pass the same contract tests."""

import threading
from datetime import UTC, datetime, timedelta

import msgspec
from evergreen.contracts.capture import Capture
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.stages import RunInput
from evergreen.contracts.views import OnlineRow
from evergreen.errors import Conflict
from evergreen.ports import (
    Alerts,
    CaptureStream,
    Clock,
    EventBus,
    OnlineStore,
    Workflow,
)
from evergreen.simulation.registry import MemoryRegistry, one_at_a_time

from tests.fakes.store import MemoryStore

__all__ = [
    "FixedClock",
    "MemoryAlerts",
    "MemoryBus",
    "MemoryCaptures",
    "MemoryOnlineStore",
    "MemoryRegistry",
    "MemoryStore",
    "MemoryWorkflow",
]


class MemoryOnlineStore(OnlineStore):
    """The online store in a dict. Counts how often it was read."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.rows: dict[tuple[str, str], OnlineRow] = {}
        self._erased: dict[tuple[str, str], int] = {}
        self.reads: list[list[tuple[str, str]]] = []

    @one_at_a_time
    def read(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], OnlineRow]:
        self.reads.append(keys)
        return {key: self.rows[key] for key in keys if key in self.rows}

    @one_at_a_time
    def write(self, rows: list[OnlineRow]) -> int:
        return sum(self._offer(row) for row in rows)

    def _offer(self, row: OnlineRow) -> bool:
        there = self.rows.get((row.view, row.entity))
        newer = there is None or row.order > there.order
        if newer and self._may_come(row):
            self._put(row)
            return True
        return False

    @one_at_a_time
    def replace(self, row: OnlineRow, before: OnlineRow | None) -> None:
        there = self.rows.get((row.view, row.entity))
        seen = before.order if before else None
        if (there.order if there else None) != seen or not self._may_come(row):
            raise Conflict(f"'{row.entity}' of '{row.view}' was changed meanwhile; try again.")
        self._put(row)

    @one_at_a_time
    def erase(self, view: str, entity: str, at: str) -> bool:
        moment = int(datetime.fromisoformat(at).timestamp() * 1e6) * 1000
        if self._erased.get((view, entity), moment - 1) >= moment:
            return False
        self._erased[view, entity] = moment
        return self.rows.pop((view, entity), None) is not None

    def _may_come(self, row: OnlineRow) -> bool:
        erased = self._erased.get((row.view, row.entity))
        return erased is None or erased <= row.known

    def _put(self, row: OnlineRow) -> None:
        # As JSON keeps it: NaN is null.
        values = msgspec.json.decode(msgspec.json.encode(row.values))
        self.rows[row.view, row.entity] = msgspec.structs.replace(row, values=values)


class MemoryWorkflow(Workflow):
    """Remembers what was started."""

    def __init__(self) -> None:
        self.started: dict[str, RunInput] = {}

    def start(self, run: RunInput) -> bool:
        # In one step, so that of many threads one starts it; a copy tells whose it is.
        mine = msgspec.structs.replace(run)
        return self.started.setdefault(run.run_id, mine) is mine


class MemoryBus(EventBus):
    """Remembers what was published."""

    def __init__(self) -> None:
        self.decisions: list[RetrainDecision] = []
        self.announced: list[Decision] = []

    def publish(self, decision: RetrainDecision) -> None:
        self.decisions.append(decision)

    def announce(self, decision: Decision) -> None:
        self.announced.append(decision)


class MemoryAlerts(Alerts):
    """Remembers what was told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, subject: str, message: str) -> None:
        self.sent.append((subject, message))


class MemoryCaptures(CaptureStream):
    """Remembers what was captured."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []

    def put(self, capture: Capture) -> None:
        self.captures.append(capture)


class FixedClock(Clock):
    """A clock that stands still until it is told to go on."""

    def __init__(self, moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def go_on(self, **duration: float) -> None:
        """Move the clock by a ``timedelta`` of these keywords."""
        self.moment += timedelta(**duration)
