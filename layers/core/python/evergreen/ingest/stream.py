"""A source's bytes, read in parts so that no file is held as a whole."""

import gzip
import hashlib
import io
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from evergreen.errors import InvalidTable
from evergreen.object_file import ObjectFile
from evergreen.ports import ObjectStore

_AHEAD = 3

T = TypeVar("T")

PART_BYTES = 2 * 1024**2


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in their order, made by a thread of its own while the caller works on those
    before."""
    with ThreadPoolExecutor(1) as pool:
        pending = deque(pool.submit(next, items, None) for _ in range(_AHEAD))
        while (item := pending.popleft().result()) is not None:
            pending.append(pool.submit(next, items, None))
            yield item


class Text:
    """The text of a source from its first byte to its last, decompressed where its name says so.

    ``sha256`` is of the bytes as they are stored, and whole once all of them were read.
    """

    closed = False

    def __init__(self, store: ObjectStore, key: str) -> None:
        """Nothing is read yet."""
        self._key = key
        self._hash = hashlib.sha256()
        stored = io.BufferedReader(_Hashed(ObjectFile(store, key), self._hash), PART_BYTES)
        self._plain = gzip.GzipFile(fileobj=stored) if key.endswith(".gz") else stored
        self._seen: bytes = b""

    @property
    def sha256(self) -> str:
        """Of what was read until now."""
        return self._hash.hexdigest()

    def ahead(self, size: int) -> bytes:
        """The next ``size`` bytes, without reading past them."""
        while len(self._seen) < size and (more := self._fetch(size - len(self._seen))):
            self._seen += more
        return self._seen[:size]

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes or fewer; none at the end."""
        if self._seen:
            size = len(self._seen) if size < 0 else size
            found, self._seen = self._seen[:size], self._seen[size:]
            return found
        return self._fetch(size if size >= 0 else PART_BYTES)

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Nothing stays open."""

    def _fetch(self, size: int) -> bytes:
        try:
            body = self._plain.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise InvalidTable(f"{self._key} is no complete gzip file.") from None
        if b"\0" in body:
            raise InvalidTable(
                f"{self._key} is no text: it holds binary data; save the table as 'CSV UTF-8', or "
                "as a file that ends in .parquet or .csv.gz if it is one."
            )
        return body


class _Hashed(io.RawIOBase):
    """A file whose bytes are hashed as they pass."""

    def __init__(self, file: ObjectFile, digest: "hashlib._Hash") -> None:
        self._file, self._digest = file, digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(buffer)
        self._digest.update(buffer[:count])
        return count
