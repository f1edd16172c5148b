"""Which models a sweep looks at, in batches for its workers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.sweep import BatchInput, DueInput, DueOutput, Known
from evergreen.digest import content_id
from evergreen.errors import NotFound
from evergreen.monitor.last_check import Look, is_due, look_at
from evergreen.ports import ObjectStore, Registry
from evergreen.telemetry import logger

MODELS_AT_MOST = 25
"""Of a batch: what a worker's start costs is shared, and what it holds stays small."""
_PARALLEL = 16
"""Models looked at together: each takes some ten small reads, whose latency is what takes time."""


def due(
    given: DueInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> DueOutput:
    """Write the batches of models that are due, and what is known of all that serve.

    The same event twice is one sweep: it belongs to the execution that came first, and another one
    has nothing to do. The same execution again finds what it wrote.

    Raises:
        NotFound: a model that a person asked for was never applied, or has no champion.
    """
    now = datetime.fromisoformat(given.at).astimezone(UTC)
    sweep = sweep_id(now, given.models)
    items = keys.sweep(sweep, "batches.json")
    owner = _owner(artifacts, sweep, given.execution)
    if owner != given.execution:
        return DueOutput(sweep, given.at, items, 0, 0, f"execution {owner} does this sweep")
    try:
        batches = msgspec.json.decode(artifacts.read(items), type=list[BatchInput])
    except NotFound:
        batches = _plan(given, sweep, now, features, artifacts, registry)
    count = sum(len(batch.models) for batch in batches)
    summary = f"{count:,} model{'' if count == 1 else 's'} due"
    return DueOutput(sweep, given.at, items, count, len(batches), summary)


def sweep_id(at: datetime, models: Sequence[str] = ()) -> str:
    """Names the sweep of an event by its time, and by the models that were asked for."""
    asked = f"-{content_id(list(models))}" if models else ""
    return f"{at:%Y%m%dT%H%M%SZ}{asked}"


def _owner(artifacts: ObjectStore, sweep: str, execution: str) -> str:
    key = keys.sweep(sweep, "begun.json")
    body = msgspec.json.encode(execution)
    if artifacts.create(key, body, "application/json"):
        return execution
    return msgspec.json.decode(artifacts.read(key), type=str)


def _plan(
    given: DueInput,
    sweep: str,
    now: datetime,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
) -> list[BatchInput]:
    """What is known is written first: batches are there once all of the plan is."""
    asked = set(given.models)

    def look(name: str) -> tuple[Known | None, bool]:
        try:
            found = look_at(name, artifacts, registry)
            if found is None:
                return None, False
            due = name in asked if asked else is_due(found, features, now)
            return _known(found), due
        except Exception:
            # Its check says what is wrong with it, and stops no other.
            logger().exception("looking at a model failed", model=name)
            return Known(model=name), not asked or name in asked

    with ThreadPoolExecutor(_PARALLEL) as pool:
        looked = list(pool.map(look, registry.models()))
    known = [found for found, _ in looked if found]
    _refuse_unknown(asked - {found.model for found in known})
    batches = _batches(given, sweep, [found.model for found, due in looked if found and due])
    if batches:
        _write(artifacts, keys.sweep(sweep, "known.json"), known)
        _write(artifacts, keys.sweep(sweep, "batches.json"), batches)
    return batches


def _refuse_unknown(names: set[str]) -> None:
    if names:
        raise NotFound(f"No version of {', '.join(sorted(names))} serves; there is none to check.")


def _known(look: Look) -> Known:
    if look.last is None:
        return Known(model=look.name)
    found = look.last.finding
    return Known(model=look.name, p_value=found.p_value, health=found.health)


def _batches(given: DueInput, sweep: str, models: list[str]) -> list[BatchInput]:
    starts = range(0, len(models), MODELS_AT_MOST)
    parts = (tuple(models[start : start + MODELS_AT_MOST]) for start in starts)
    asked = bool(given.models)
    return [BatchInput(sweep, n, given.at, part, asked) for n, part in enumerate(parts, 1)]


def _write(artifacts: ObjectStore, key: str, body: object) -> None:
    artifacts.write(key, msgspec.json.encode(body), "application/json")
