"""In-memory adapters. They subclass the real ports and pass the same contract tests."""

import functools
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from evergreen.contracts.capture import Capture
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import (
    Alias,
    AuditEvent,
    Model,
    RetrainClaim,
    Run,
    StageRecord,
    Version,
    VersionDraft,
)
from evergreen.contracts.stages import RunInput
from evergreen.contracts.views import OnlineRow
from evergreen.errors import Conflict, NotFound
from evergreen.ports import (
    Alerts,
    CaptureStream,
    Clock,
    EventBus,
    OnlineStore,
    Registry,
    Workflow,
)

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


def _one_at_a_time(method: Any) -> Any:
    """A method of a registry or store that no other thread's may interleave with."""

    @functools.wraps(method)
    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return method(self, *args, **kwargs)

    return locked


class MemoryRegistry(Registry):
    """The registry's table in dicts."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._models: dict[str, Model] = {}
        self._runs: dict[str, Run] = {}
        self._stages: dict[str, dict[str, StageRecord]] = {}
        self._versions: dict[str, list[Version]] = {}
        self._aliases: dict[tuple[str, str], Alias] = {}
        self._audit: dict[str, list[AuditEvent]] = {}
        self._claims: dict[str, RetrainClaim] = {}
        self._recorded: set[tuple[str, str, str]] = set()

    @_one_at_a_time
    def apply(self, file: ModelFile, actor: str, at: str) -> Model:
        before = self._models.get(file.name)
        if before and before.file == file:
            return before
        model = Model(file, before.revision + 1 if before else 1, at, actor)
        self._models[file.name] = model
        self._log(AuditEvent(file.name, at, "applied", actor, f"Revision {model.revision}."))
        return model

    def model(self, name: str) -> Model:
        if name not in self._models:
            raise NotFound(f"There is no model '{name}'; apply its model file first.")
        return self._models[name]

    def models(self) -> list[str]:
        return sorted(self._models)

    @_one_at_a_time
    def open_run(self, run: Run) -> Run:
        self._runs.setdefault(run.run_id, run)
        return self.run(run.run_id)

    def record_stage(self, run_id: str, record: StageRecord) -> None:
        self._stages.setdefault(run_id, {})[record.stage] = record

    @_one_at_a_time
    def close_run(self, run_id: str, status: str, reason: str, at: str) -> None:
        if run_id not in self._runs:
            raise NotFound(f"There is no run '{run_id}'.")
        run = self._runs[run_id]
        if run.status == "running":
            self._runs[run_id] = msgspec.structs.replace(
                run, status=status, reason=reason, ended_at=at
            )

    def run(self, run_id: str) -> Run:
        if run_id not in self._runs:
            raise NotFound(f"There is no run '{run_id}'.")
        stages = sorted(self._stages.get(run_id, {}).values(), key=lambda stage: stage.started_at)
        return msgspec.structs.replace(self._runs[run_id], stages=tuple(stages))

    def runs(self, model: str) -> list[Run]:
        mine = (run for run in self._runs.values() if run.model == model)
        return sorted(mine, key=lambda run: run.started_at, reverse=True)

    @_one_at_a_time
    def register(self, draft: VersionDraft, actor: str, at: str) -> Version:
        versions = self._versions.setdefault(draft.model, [])
        for version in versions:
            if version.draft.lineage.run_id == draft.lineage.run_id:
                return version
        version = Version(number=len(versions) + 1, registered_at=at, draft=draft)
        versions.append(version)
        details = f"Made by run {draft.lineage.run_id}."
        self._log(AuditEvent(draft.model, at, "registered", actor, details, version.number))
        return version

    def version(self, model: str, number: int) -> Version:
        for version in self._versions.get(model, []):
            if version.number == number:
                return version
        raise NotFound(f"Model '{model}' has no version {number}.")

    def versions(self, model: str) -> list[Version]:
        return list(self._versions.get(model, []))

    def alias(self, model: str, name: str) -> Alias | None:
        return self._aliases.get((model, name))

    @_one_at_a_time
    def move_alias(self, alias: Alias, event: AuditEvent, *, expected: Alias | None) -> None:
        if self.alias(alias.model, alias.name) != expected:
            raise Conflict(
                f"The {alias.name} of '{alias.model}' was moved meanwhile; look and try again."
            )
        self._aliases[(alias.model, alias.name)] = alias
        self._log(event)

    @_one_at_a_time
    def record(self, event: AuditEvent, what: str) -> None:
        if (event.model, event.at, what) not in self._recorded:
            self._recorded.add((event.model, event.at, what))
            self._log(event)

    def audit(self, model: str) -> list[AuditEvent]:
        return sorted(self._audit.get(model, []), key=lambda event: event.at)

    @_one_at_a_time
    def claim_retrain(self, claim: RetrainClaim) -> bool:
        held = self._claims.get(claim.model)
        if held and held.decision_id == claim.decision_id:
            return True
        if held and held.until > claim.claimed_at:
            return False
        self._claims[claim.model] = claim
        return True

    def retrain_claim(self, model: str) -> RetrainClaim | None:
        return self._claims.get(model)

    def _log(self, event: AuditEvent) -> None:
        self._audit.setdefault(event.model, []).append(event)


class MemoryOnlineStore(OnlineStore):
    """The online store in a dict. Counts how often it was read."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.rows: dict[tuple[str, str], OnlineRow] = {}
        self._erased: dict[tuple[str, str], int] = {}
        self.reads: list[list[tuple[str, str]]] = []

    @_one_at_a_time
    def read(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], OnlineRow]:
        self.reads.append(keys)
        return {key: self.rows[key] for key in keys if key in self.rows}

    @_one_at_a_time
    def write(self, rows: list[OnlineRow]) -> int:
        return sum(self._offer(row) for row in rows)

    def _offer(self, row: OnlineRow) -> bool:
        there = self.rows.get((row.view, row.entity))
        newer = there is None or row.order > there.order
        if newer and self._may_come(row):
            self._put(row)
            return True
        return False

    @_one_at_a_time
    def replace(self, row: OnlineRow, before: OnlineRow | None) -> None:
        there = self.rows.get((row.view, row.entity))
        seen = before.order if before else None
        if (there.order if there else None) != seen or not self._may_come(row):
            raise Conflict(f"'{row.entity}' of '{row.view}' was changed meanwhile; try again.")
        self._put(row)

    @_one_at_a_time
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
        # In one step, so that of many threads one starts it.
        return self.started.setdefault(run.run_id, run) is run


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
