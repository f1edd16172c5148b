"""An entity's rows in a feature view: its source rows, all its builds, and the online store."""

from collections.abc import Iterable
from itertools import product

import pyarrow as pa
from msgspec.structs import replace

from evergreen.contracts import keys
from evergreen.contracts.erasure import Remaining, Removed
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import Partition, ViewManifest, entity_key
from evergreen.digest import content_id
from evergreen.erasure import parquet, tombstones
from evergreen.erasure.match import Entity, Match
from evergreen.erasure.sweep import Swept, sweep
from evergreen.erasure.world import World
from evergreen.errors import Conflict
from evergreen.partitions import span, write_partition
from evergreen.view_builds import read_manifest, write_manifest

_ATTEMPTS = 20


def erase_from_view(
    world: World, name: str, erased: Entity, at: str, *, act: bool
) -> tuple[list[Removed], list[Remaining]]:
    """Remove the entity from one view, or count what would be.

    The mark comes first, so that no build which begins later brings the entity back; the online
    store second, because some of its keys are found in the rows only.

    Raises:
        Conflict: builds are committed again and again.
    """
    view = world.views.view(name)
    file, match = view.file, erased.match(view.file.clean)
    is_entity = erased.values.keys() <= set(file.entity)
    if not is_entity and not erased.values.keys() <= set(file.table.columns):
        return [], []
    if act and is_entity:
        tombstones.mark(world.features, file, erased, at)
    entities = set(exact(file.entity, match))
    source, features = _stored(world, file, match, entities if is_entity else set(), act=False)
    online = forget_online(world, name, entities, at, act=act) if is_entity else 0
    if act:
        if is_entity:
            _rebuild(world, name, match, at)
        _stored(world, file, match, set(), act=True)
    removed = [
        Removed("source rows", name, source.rows, source.keys, source.versions),
        Removed("feature rows", name, features.rows, features.keys, features.versions),
        Removed("online rows", name, online),
    ]
    remains = []
    if source.rows and not is_entity and view.build:
        detail = (
            f"Build {view.build} counted {source.rows} rows of it among those of other entities; "
            "build the view anew from a source without them."
        )
        remains.append(Remaining("view", name, detail))
    return [one for one in removed if one.rows], remains


def forget_online(
    world: World, view: str, entities: Iterable[tuple[str, ...]], at: str, *, act: bool
) -> int:
    """Erase entities from the online store; how many there were."""
    wanted = sorted({(view, entity_key(values)) for values in entities})
    there = world.online.read(wanted)
    for _, entity in wanted if act else ():
        world.online.erase(view, entity, at)
    return len(there)


def exact(columns: tuple[str, ...], match: Match) -> list[tuple[str, ...]]:
    """The entities of these columns that a match names in full, in every accepted spelling."""
    if set(columns) != match.accepted.keys():
        return []
    return list(product(*(sorted(match.accepted[column]) for column in columns)))


def _stored(
    world: World, file: ViewFile, match: Match, entities: set[tuple[str, ...]], *, act: bool
) -> tuple[Swept, Swept]:
    """Sweep the view's source rows and its builds; note which entities were met."""

    def see(rows: pa.Table) -> None:
        if set(file.entity) <= set(rows.schema.names):
            columns = (rows.column(name).to_pylist() for name in file.entity)
            entities.update(zip(*columns, strict=True))

    rows, builds = keys.view(file.name, "rows/"), keys.view(file.name, "builds/")
    without = parquet.rows_without([match], see, file.entity)
    gone = parquet.file_gone([match], see, file.entity)
    source = sweep(world.features, rows, without, act=act, wanted=_is_table)
    return source, sweep(world.features, builds, gone, act=act, wanted=_is_table)


def _is_table(key: str) -> bool:
    return key.endswith(".parquet")


def _rebuild(world: World, name: str, match: Match, at: str) -> None:
    """Commit a build without the entity on top of whatever build is the newest.

    Also where the newest has no row of it: a build that runs now and began before the mark then
    cannot be committed, and the one after it sees the mark.
    """
    for _ in range(_ATTEMPTS):
        view = world.views.view(name)
        before = read_manifest(world.features, view)
        if before is None:
            return
        build = _without(world, before, match, at)
        try:
            world.views.commit_build(view, build, at)
        except Conflict:
            continue
        return
    raise Conflict(f"The view '{name}' is built again and again; erase when its builds are done.")


def _without(world: World, before: ViewManifest, match: Match, at: str) -> str:
    """Store a build without the entity; gives the build that it is."""
    parts = [_part(world, before.view, part, match) for part in before.partitions]
    kept = tuple(part for part in parts if part)
    pairs = zip(before.partitions, parts, strict=True)
    oldest, newest = span(world.features, kept)
    made = replace(
        before,
        build=content_id(before.build, "erased", [part.sha256 for part in kept], at),
        rows=sum(part.rows for part in kept),
        oldest=oldest,
        newest=newest,
        rebuilt=tuple(part.month for part, now in pairs if part != now),
        partitions=kept,
    )
    write_manifest(world.features, made)
    return made.build


def _part(world: World, view: str, part: Partition, match: Match) -> Partition | None:
    """The month without the entity, stored where it changed; None where nothing is left."""
    body = world.features.read(part.key)
    if not parquet.rows_of(body, [match]).num_rows:
        return part
    rows = parquet.table_without(body, [match])
    return write_partition(world.features, view, part.month, rows) if rows.num_rows else None
