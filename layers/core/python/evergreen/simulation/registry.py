"""The registry in memory."""

import functools
import threading
from typing import Any

import msgspec

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
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Registry


def one_at_a_time(method: Any) -> Any:
    """A method of a registry or store that no other thread's may interleave with."""

    @functools.wraps(method)
    def locked(self: Any, *args: Any, **kwargs: Any) -> Any:
        with self._lock:
            return method(self, *args, **kwargs)

    return locked


class MemoryRegistry(Registry):
    """The registry's table in dicts, for one process."""

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

    @one_at_a_time
    def apply(self, file: ModelFile, actor: str, at: str) -> Model:
        """See :meth:`Registry.apply`."""
        before = self._models.get(file.name)
        if before and before.file == file:
            return before
        model = Model(file, before.revision + 1 if before else 1, at, actor)
        self._models[file.name] = model
        self._log(AuditEvent(file.name, at, "applied", actor, f"Revision {model.revision}."))
        return model

    def model(self, name: str) -> Model:
        """See :meth:`Registry.model`."""
        if name not in self._models:
            raise NotFound(f"There is no model '{name}'; apply its model file first.")
        return self._models[name]

    def models(self) -> list[str]:
        """See :meth:`Registry.models`."""
        return sorted(self._models)

    @one_at_a_time
    def open_run(self, run: Run) -> Run:
        """See :meth:`Registry.open_run`."""
        self._runs.setdefault(run.run_id, run)
        return self.run(run.run_id)

    def record_stage(self, run_id: str, record: StageRecord) -> None:
        """See :meth:`Registry.record_stage`."""
        self._stages.setdefault(run_id, {})[record.stage] = record

    @one_at_a_time
    def close_run(self, run_id: str, status: str, reason: str, at: str) -> None:
        """See :meth:`Registry.close_run`."""
        if run_id not in self._runs:
            raise NotFound(f"There is no run '{run_id}'.")
        run = self._runs[run_id]
        if run.status == "running":
            self._runs[run_id] = msgspec.structs.replace(
                run, status=status, reason=reason, ended_at=at
            )

    def run(self, run_id: str) -> Run:
        """See :meth:`Registry.run`."""
        if run_id not in self._runs:
            raise NotFound(f"There is no run '{run_id}'.")
        stages = sorted(self._stages.get(run_id, {}).values(), key=lambda stage: stage.started_at)
        return msgspec.structs.replace(self._runs[run_id], stages=tuple(stages))

    def runs(self, model: str) -> list[Run]:
        """See :meth:`Registry.runs`."""
        mine = (run for run in self._runs.values() if run.model == model)
        return sorted(mine, key=lambda run: run.started_at, reverse=True)

    @one_at_a_time
    def register(self, draft: VersionDraft, actor: str, at: str) -> Version:
        """See :meth:`Registry.register`."""
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
        """See :meth:`Registry.version`."""
        for version in self._versions.get(model, []):
            if version.number == number:
                return version
        raise NotFound(f"Model '{model}' has no version {number}.")

    def versions(self, model: str) -> list[Version]:
        """See :meth:`Registry.versions`."""
        return list(self._versions.get(model, []))

    def alias(self, model: str, name: str) -> Alias | None:
        """See :meth:`Registry.alias`."""
        return self._aliases.get((model, name))

    @one_at_a_time
    def move_alias(self, alias: Alias, event: AuditEvent, *, expected: Alias | None) -> None:
        """See :meth:`Registry.move_alias`."""
        if self.alias(alias.model, alias.name) != expected:
            raise Conflict(
                f"The {alias.name} of '{alias.model}' was moved meanwhile; look and try again."
            )
        self._aliases[(alias.model, alias.name)] = alias
        self._log(event)

    @one_at_a_time
    def record(self, event: AuditEvent, what: str) -> None:
        """See :meth:`Registry.record`."""
        if (event.model, event.at, what) not in self._recorded:
            self._recorded.add((event.model, event.at, what))
            self._log(event)

    def audit(self, model: str) -> list[AuditEvent]:
        """See :meth:`Registry.audit`."""
        return sorted(self._audit.get(model, []), key=lambda event: event.at)

    @one_at_a_time
    def claim_retrain(self, claim: RetrainClaim) -> bool:
        """See :meth:`Registry.claim_retrain`."""
        held = self._claims.get(claim.model)
        if held and held.decision_id == claim.decision_id:
            return True
        if held and held.until > claim.claimed_at:
            return False
        self._claims[claim.model] = claim
        return True

    def retrain_claim(self, model: str) -> RetrainClaim | None:
        """See :meth:`Registry.retrain_claim`."""
        return self._claims.get(model)

    def _log(self, event: AuditEvent) -> None:
        self._audit.setdefault(event.model, []).append(event)
