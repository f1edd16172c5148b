"""The order of an erasure, and its certificate."""

from collections import defaultdict
from typing import NamedTuple

from msgspec.structs import replace

from evergreen.contracts import keys
from evergreen.contracts.erasure import (
    Asked,
    Certificate,
    Remaining,
    Removed,
    encoded,
    seal,
)
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import AuditEvent
from evergreen.contracts.views import past_of
from evergreen.erasure import lineage
from evergreen.erasure.batches import erase_from_batches
from evergreen.erasure.captures import erase_from_captures
from evergreen.erasure.certificate import certificate_page
from evergreen.erasure.match import Entity, token
from evergreen.erasure.views import erase_from_view, exact, forget_online
from evergreen.erasure.world import World
from evergreen.ports import Clock, iso
from evergreen.privacy import digest, ensure_key


class Found(NamedTuple):
    """What is or would be removed, and what remains."""

    removed: tuple[Removed, ...]
    remains: tuple[Remaining, ...]


def find(world: World, erased: Entity, at: str) -> Found:
    """What an erasure would remove and what would remain; nothing is changed."""
    return _go(world, erased, at, act=False)


def erase(world: World, erased: Entity, by: str, clock: Clock) -> Certificate:
    """Erase the entity, store the certificate and write it into the audit trail of each model
    concerned. The certificate is stored twice: before anything is removed, with what was found,
    and when all of it is.

    Raises:
        Conflict: others change the same objects or views again and again.
    """
    erased = erased._replace(key=ensure_key(world.features))
    at = iso(clock.now())
    digests = {c: digest(value, erased.key) for c, value in erased.values.items()}
    name = f"{at.replace(':', '')}-{token(digests, erased.key)[:8]}"
    asked = tuple(Asked(c, token({c: text}, erased.key)) for c, text in sorted(digests.items()))
    begun = Certificate(id=name, status="begun", asked=asked, by=by, begun_at=at)
    found = find(world, erased, at)
    _store(world, seal(replace(begun, removed=found.removed, remains=found.remains)))
    done = _go(world, erased, at, act=True)
    complete = seal(
        replace(
            begun,
            status="complete",
            ended_at=iso(clock.now()),
            removed=done.removed,
            remains=done.remains,
        )
    )
    _audit(world, complete)
    _store(world, complete)
    return complete


def _go(world: World, erased: Entity, at: str, *, act: bool) -> Found:
    removed: list[Removed] = []
    remains: list[Remaining] = []
    had = lineage.datasets(world, erased)
    for view in world.views.names():
        gone, left = erase_from_view(world, view, erased, at, act=act)
        removed += gone
        remains += left
    for file in world.models():
        past, series = past_of(file.name), _series(file, erased, had)
        count = forget_online(world, past, series, at, act=act)
        removed += [Removed("online rows", past, count)] if count else []
        removed += erase_from_captures(world, file, erased, act=act)
    removed += erase_from_batches(world, erased, act=act)
    remains += lineage.remaining(world, erased, had)
    return Found(tuple(removed), tuple(remains))


def _series(file: ModelFile, erased: Entity, had: lineage.Lineage) -> set[tuple[str, ...]]:
    """The series of a forecast that are the entity."""
    columns = file.forecast.series if file.forecast else ()
    named = {values for match in erased.of_model(file) for values in exact(columns, match)}
    return named.union(*(d.series for d in had.datasets if d.owner == file.name))


def _audit(world: World, certificate: Certificate) -> None:
    removed: dict[str, int] = defaultdict(int)
    for part in certificate.removed:
        removed[part.name.removeprefix(past_of(""))] += part.rows
    learned = {part.name.split()[0] for part in certificate.remains if part.kind == "model version"}
    for model in world.registry.models():
        if model in removed or model in learned:
            told = f"{removed[model]} rows of an entity removed" if removed[model] else "No rows"
            had = "; versions that learned from it are listed" if model in learned else ""
            details = f"{told}{had}. Certificate {certificate.id}."
            event = AuditEvent(model, certificate.begun_at, "erased", certificate.by, details)
            world.registry.record(event, f"erased-{certificate.id}")


def _store(world: World, certificate: Certificate) -> None:
    key = keys.erasure(certificate.id, "json")
    world.artifacts.write(key, encoded(certificate), "application/json")
    page = keys.erasure(certificate.id, "html")
    world.artifacts.write(page, certificate_page(certificate), "text/html")
