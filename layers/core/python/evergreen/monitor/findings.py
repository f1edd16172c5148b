"""What a sweep's batches found, read back; of a model that was lost with its batch, that it was."""

from datetime import UTC, datetime

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.sweep import BatchInput, ContestResult, Finding, Known, Progress
from evergreen.errors import NotFound
from evergreen.monitor.last_check import failed
from evergreen.ports import ObjectStore, iso

LOST = "Its batch ended before it was checked; the sweep's execution says why."


def read_known(artifacts: ObjectStore, sweep: str) -> list[Known]:
    """All models that served when the sweep began."""
    return msgspec.json.decode(artifacts.read(keys.sweep(sweep, "known.json")), type=list[Known])


def read_findings(artifacts: ObjectStore, sweep: str) -> list[Finding]:
    """A finding for each model of each batch, in the order of the batches."""
    body = artifacts.read(keys.sweep(sweep, "batches.json"))
    found: list[Finding] = []
    for batch in msgspec.json.decode(body, type=list[BatchInput]):
        mine = {finding.model: finding for finding in _of_batch(artifacts, batch)}
        at = iso(datetime.fromisoformat(batch.at).astimezone(UTC))
        found += [mine.get(each) or failed(each, at, LOST, artifacts) for each in batch.models]
    return found


def read_contest(artifacts: ObjectStore, sweep: str, model: str) -> ContestResult | None:
    """How the contest of a model's versions went; None where there was none, or it failed."""
    try:
        body = artifacts.read(keys.sweep(sweep, f"contests/{model}.json"))
    except NotFound:
        return None
    return msgspec.json.decode(body, type=ContestResult)


def _of_batch(artifacts: ObjectStore, batch: BatchInput) -> tuple[Finding, ...]:
    key = keys.sweep(batch.sweep, f"findings/{batch.number:04d}.json")
    try:
        return msgspec.json.decode(artifacts.read(key), type=Progress).findings
    except NotFound:
        return ()
