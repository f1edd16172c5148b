"""The registry in DynamoDB. :mod:`evergreen.aws.items` describes the table."""

from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from evergreen.aws.items import MODELS, key, of_model, of_run, of_version
from evergreen.aws.table import ABSENT, Lost, Plain, Table, Write, pauses
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

# Each loser of a race reads again, and with every round at least one rival is done.
_REGISTER_ATTEMPTS = 40

Record = TypeVar("Record", bound=msgspec.Struct)


class DynamoRegistry(Registry):
    """One table, through a low-level boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._table = Table(client, table)

    def apply(self, file: ModelFile, actor: str, at: str) -> Model:
        """See :meth:`Registry.apply`."""
        before = self._model(file.name)
        if before and before.file == file:
            return before
        revision = before.revision + 1 if before else 1
        model = Model(file, revision, at, actor)
        item = key(of_model(file.name), "MODEL") | {"revision": revision, "doc": _json(model)}
        event = AuditEvent(file.name, at, "applied", actor, f"Revision {revision}.")
        try:
            self._table.transact(
                self._replacing(item, before.revision if before else None),
                self._table.putting(key(MODELS, file.name)),
                self._auditing(event, f"model-{revision:06d}"),
            )
        except Lost:
            return self._applied_meanwhile(file)
        return model

    def model(self, name: str) -> Model:
        """See :meth:`Registry.model`."""
        found = self._model(name)
        if found is None:
            raise NotFound(f"There is no model '{name}'; apply its model file first.")
        return found

    def models(self) -> list[str]:
        """See :meth:`Registry.models`."""
        return [item["sk"] for item in self._table.query(MODELS)]

    def open_run(self, run: Run) -> Run:
        """See :meth:`Registry.open_run`."""
        if self._table.get(of_run(run.run_id), "RUN"):
            return self.run(run.run_id)
        listing = key(of_model(run.model), f"RUN#{run.started_at}#{run.run_id}")
        values = _values(run)
        values.pop("stages")
        try:
            self._table.transact(
                self._table.putting(key(of_run(run.run_id), "RUN") | values, ABSENT),
                self._table.putting(listing | {"run_id": run.run_id}, ABSENT),
            )
        except Lost:
            return self.run(run.run_id)
        return run

    def record_stage(self, run_id: str, record: StageRecord) -> None:
        """See :meth:`Registry.record_stage`."""
        self._table.put(key(of_run(run_id), f"STAGE#{record.stage}") | _values(record))

    def close_run(self, run_id: str, status: str, reason: str, at: str) -> None:
        """See :meth:`Registry.close_run`."""
        end = {"status": status, "reason": reason, "at": at, "running": "running"}
        change = "SET #status = :status, #reason = :reason, #ended_at = :at"
        try:
            self._table.update(of_run(run_id), "RUN", change, "#status = :running", **end)
        except Lost as lost:
            if lost.found is None:
                raise NotFound(f"There is no run '{run_id}'.") from None

    def run(self, run_id: str) -> Run:
        """See :meth:`Registry.run`."""
        items = {item["sk"]: item for item in self._table.query(of_run(run_id))}
        head = items.pop("RUN", None)
        if head is None:
            raise NotFound(f"There is no run '{run_id}'.")
        stages = [msgspec.convert(item, StageRecord) for item in items.values()]
        ordered = tuple(sorted(stages, key=lambda stage: stage.started_at))
        return msgspec.structs.replace(msgspec.convert(head, Run), stages=ordered)

    def runs(self, model: str) -> list[Run]:
        """See :meth:`Registry.runs`."""
        listed = self._table.query(of_model(model), "RUN#", backward=True)
        keys = [key(of_run(item["run_id"]), "RUN") for item in listed]
        return [msgspec.convert(item, Run) for item in self._table.get_all(keys)]

    def register(self, draft: VersionDraft, actor: str, at: str) -> Version:
        """See :meth:`Registry.register`.

        Raises:
            Conflict: so many runs register at once that none of many attempts came through.
        """
        for _ in pauses(_REGISTER_ATTEMPTS):
            made = self._table.get(of_model(draft.model), f"RUNVERSION#{draft.lineage.run_id}")
            if made:
                return self.version(draft.model, made["number"])
            counter = self._table.get(of_model(draft.model), "COUNTER")
            number = counter["number"] + 1 if counter else 1
            version = Version(number=number, registered_at=at, draft=draft)
            try:
                self._table.transact(*self._registering(version, actor))
            except Lost:
                continue
            return version
        raise Conflict(
            f"Too many runs of '{draft.model}' register at once; run the stage again later."
        )

    def version(self, model: str, number: int) -> Version:
        """See :meth:`Registry.version`."""
        item = self._table.get(of_model(model), of_version(number))
        if item is None:
            raise NotFound(f"Model '{model}' has no version {number}.")
        return msgspec.json.decode(item["doc"], type=Version)

    def versions(self, model: str) -> list[Version]:
        """See :meth:`Registry.versions`."""
        items = self._table.query(of_model(model), "VERSION#")
        return [msgspec.json.decode(item["doc"], type=Version) for item in items]

    def alias(self, model: str, name: str) -> Alias | None:
        """See :meth:`Registry.alias`."""
        item = self._table.get(of_model(model), f"ALIAS#{name}")
        if item and item.get("challenger"):
            item["challenger"] = msgspec.json.decode(item["challenger"])
        return _record(item, Alias)

    def move_alias(self, alias: Alias, event: AuditEvent, *, expected: Alias | None) -> None:
        """See :meth:`Registry.move_alias`."""
        challenger = _json(alias.challenger) if alias.challenger else None
        values = _values(alias) | {"challenger": challenger}
        item = key(of_model(alias.model), f"ALIAS#{alias.name}") | values
        try:
            self._table.transact(
                self._replacing(item, expected.revision if expected else None),
                self._auditing(event, f"{alias.name}-{alias.revision:06d}"),
            )
        except Lost:
            raise Conflict(
                f"The {alias.name} of '{alias.model}' was moved meanwhile; look and try again."
            ) from None

    def record(self, event: AuditEvent, what: str) -> None:
        """See :meth:`Registry.record`."""
        with suppress(Lost):
            self._table.transact(self._auditing(event, what))

    def audit(self, model: str) -> list[AuditEvent]:
        """See :meth:`Registry.audit`."""
        items = self._table.query(of_model(model), "AUDIT#")
        return [msgspec.convert(item, AuditEvent) for item in items]

    def claim_retrain(self, claim: RetrainClaim) -> bool:
        """See :meth:`Registry.claim_retrain`."""
        item = key(of_model(claim.model), "RETRAIN") | _values(claim)
        free = f"{ABSENT} OR (#until <= :now AND #decision_id <> :mine)"
        try:
            self._table.put(item, free, now=claim.claimed_at, mine=claim.decision_id)
        except Lost as lost:
            return lost.found is not None and lost.found["decision_id"] == claim.decision_id
        return True

    def retrain_claim(self, model: str) -> RetrainClaim | None:
        """See :meth:`Registry.retrain_claim`."""
        return _record(self._table.get(of_model(model), "RETRAIN"), RetrainClaim)

    def _model(self, name: str) -> Model | None:
        item = self._table.get(of_model(name), "MODEL")
        return msgspec.json.decode(item["doc"], type=Model) if item else None

    def _applied_meanwhile(self, file: ModelFile) -> Model:
        now = self.model(file.name)
        if now.file != file:
            raise Conflict(
                f"{now.applied_by} changed the model file of '{file.name}' meanwhile; "
                "look at the change and apply yours again."
            )
        return now

    def _registering(self, version: Version, actor: str) -> tuple[Write, ...]:
        model, run_id = version.draft.model, version.draft.lineage.run_id
        pk, number = of_model(model), version.number
        details = f"Made by run {run_id}."
        event = AuditEvent(
            model, version.registered_at, "registered", actor, details, version=number
        )
        as_read = "#number = :before" if number > 1 else ABSENT
        before = {"before": number - 1} if number > 1 else {}
        item = key(pk, of_version(number)) | {"run_id": run_id, "doc": _json(version)}
        made = key(pk, f"RUNVERSION#{run_id}") | {"number": number}
        return (
            self._table.putting(made, ABSENT),
            self._table.putting(item, ABSENT),
            self._table.updating(
                pk, "COUNTER", "SET #number = :number", as_read, number=number, **before
            ),
            self._auditing(event, f"version-{number:06d}"),
        )

    def _replacing(self, item: Plain, revision: int | None) -> Write:
        if revision is None:
            return self._table.putting(item, ABSENT)
        return self._table.putting(item, "#revision = :revision", revision=revision)

    def _auditing(self, event: AuditEvent, what: str) -> Write:
        item = key(of_model(event.model), f"AUDIT#{event.at}#{what}") | _values(event)
        return self._table.putting(item, ABSENT)


def _values(record: msgspec.Struct) -> Plain:
    return msgspec.structs.asdict(record)


def _record(item: Plain | None, record_type: type[Record]) -> Record | None:
    return msgspec.convert(item, record_type) if item else None


def _json(record: msgspec.Struct) -> str:
    return msgspec.json.encode(record).decode()
