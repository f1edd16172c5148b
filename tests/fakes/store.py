"""A bucket in memory that keeps old versions, as the deployed ones do."""

from collections.abc import Iterator
from uuid import uuid4

from evergreen.digest import sha256
from evergreen.errors import Conflict, NotFound
from evergreen.object_versions import ObjectVersion, VersionedStore
from evergreen.simulation.store import MemoryObjects


class MemoryStore(MemoryObjects, VersionedStore):
    """A bucket in a dict, and what was replaced in another."""

    def __init__(self) -> None:
        super().__init__()
        self.older: dict[str, list[tuple[str, bytes]]] = {}
        self._ids: dict[str, str] = {}

    def write(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        with self._lock:
            if key in self.objects:
                kept = (self._id(key), self.objects[key])
                self.older.setdefault(key, []).append(kept)
            self._ids[key] = uuid4().hex
            super().write(key, body)

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        for key in sorted({*self.objects, *self.older}):
            if not key.startswith(prefix):
                continue
            older = self.older.get(key, [])
            if key in self.objects:
                yield ObjectVersion(key, self._id(key), self.tag(key), True)
            for id_, body in reversed(older):
                yield ObjectVersion(key, id_, sha256(body), False)

    def read_version(self, version: ObjectVersion) -> bytes:
        if version.key in self.objects and version.id == self._id(version.key):
            return self.objects[version.key]
        for id_, body in self.older.get(version.key, []):
            if id_ == version.id:
                return body
        raise NotFound(f"There is no object '{version.key}'.")

    def replace(self, key: str, body: bytes, tag: str) -> None:
        with self._lock:
            if key not in self.objects or self.tag(key) != tag:
                raise Conflict(f"The object '{key}' was replaced meanwhile; start again.")
            self.write(key, body)

    def delete_version(self, version: ObjectVersion) -> None:
        with self._lock:
            older = self.older.get(version.key, [])
            newest = version.key in self.objects and version.id == self._id(version.key)
            self.older[version.key] = [kept for kept in older if kept[0] != version.id]
            if newest:
                del self.objects[version.key]
                if older:  # as in S3, the version before is the newest again
                    kept = self.older[version.key].pop()
                    self._ids[version.key], self.objects[version.key] = kept

    def _id(self, key: str) -> str:
        return self._ids.setdefault(key, uuid4().hex)
