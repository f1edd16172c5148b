"""Objects without the rows of an entity, in all versions of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from typing import NamedTuple

from evergreen.errors import Conflict, NotFound
from evergreen.object_versions import ObjectVersion, VersionedStore

Without = Callable[[bytes], tuple[bytes | None, int]]
"""A body without the entity's rows, None where the object is to go as a whole, and how many rows
were removed from it: 0 where there was none, and then the body does not count."""

_PARALLEL = 8
_ATTEMPTS = 5


class Swept(NamedTuple):
    """``rows`` of the objects ``keys``; ``versions`` of them held one."""

    rows: int = 0
    keys: tuple[str, ...] = ()
    versions: int = 0

    def __add__(self, other: "Swept") -> "Swept":  # type: ignore[override]
        keys = tuple(dict.fromkeys((*self.keys, *other.keys)))
        return Swept(self.rows + other.rows, keys, self.versions + other.versions)


def sweep(
    store: VersionedStore,
    prefix: str,
    without: Without,
    *,
    act: bool,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Swept:
    """Rewrite the newest version of each object below ``prefix`` that has rows of the entity, and
    delete every version that had some for good. Without ``act`` they are only counted.

    Raises:
        Conflict: an object is replaced again and again.
    """
    total = Swept()
    with ThreadPoolExecutor(_PARALLEL) as pool:
        listed = _by_key(store, prefix, wanted)
        # In groups, so that no more than these are waiting with their versions.
        while keys := list(islice(listed, 256)):
            for found in pool.map(lambda item: _object(store, item, without, act), keys):
                total += found
    return total


def _by_key(
    store: VersionedStore, prefix: str, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, list[ObjectVersion]]]:
    for key, versions in groupby(store.versions(prefix), key=lambda version: version.key):
        if wanted(key):
            yield key, list(versions)


def _object(
    store: VersionedStore, item: tuple[str, list[ObjectVersion]], without: Without, act: bool
) -> Swept:
    key, versions = item
    for attempt in range(_ATTEMPTS):
        try:
            return _swept(store, key, versions, without, act)
        except (Conflict, NotFound):  # somebody replaced or deleted it meanwhile
            if attempt == _ATTEMPTS - 1:
                raise
            versions = [version for version in store.versions(key) if version.key == key]
    raise AssertionError


def _swept(
    store: VersionedStore, key: str, versions: list[ObjectVersion], without: Without, act: bool
) -> Swept:
    made = [(version, *without(store.read_version(version))) for version in versions]
    hits = [version for version, _, rows in made if rows]
    if not hits:
        return Swept()
    if act:
        newest, body, rows = made[0]
        if rows and newest.newest and body is not None:
            store.replace(key, body, newest.tag)
        elif rows:
            hits = versions  # nothing older may come back in its place
        for version in reversed(hits):
            store.delete_version(version)
    return Swept(max(rows for _, _, rows in made), (key,), len(hits))
