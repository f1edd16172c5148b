"""A bucket in memory."""

import threading
from collections.abc import Iterator, Mapping

from evergreen.digest import sha256
from evergreen.errors import Conflict, NotFound
from evergreen.ports import ObjectStore


class MemoryObjects(ObjectStore):
    """A bucket in a dict. Bodies are never changed, so buckets may share them."""

    def __init__(self, objects: Mapping[str, bytes] | None = None) -> None:
        """``objects`` are what it begins with, by key."""
        self.objects: dict[str, bytes] = dict(objects or {})
        self._lock = threading.RLock()

    def read(self, key: str) -> bytes:
        """See :meth:`ObjectStore.read`."""
        if key not in self.objects:
            raise NotFound(f"There is no object '{key}'.")
        return self.objects[key]

    def write(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/octet-stream",  # noqa: ARG002 - nobody asks for it
    ) -> None:
        """See :meth:`ObjectStore.write`."""
        with self._lock:
            self.objects[key] = body

    def create(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/octet-stream",  # noqa: ARG002 - nobody asks for it
    ) -> bool:
        """See :meth:`ObjectStore.create`."""
        with self._lock:
            return self.objects.setdefault(key, body) is body

    def keys(self, prefix: str) -> Iterator[str]:
        """See :meth:`ObjectStore.keys`."""
        return iter(sorted(key for key in list(self.objects) if key.startswith(prefix)))

    def size(self, key: str) -> int:
        """See :meth:`ObjectStore.size`."""
        return len(self.read(key))

    def tag(self, key: str) -> str:
        """See :meth:`ObjectStore.tag`."""
        return sha256(self.read(key))

    def read_part(self, key: str, start: int, size: int, tag: str) -> bytes:
        """See :meth:`ObjectStore.read_part`."""
        if self.tag(key) != tag:
            raise Conflict(f"The object '{key}' was replaced meanwhile; start again.")
        return self.read(key)[start : start + size]
