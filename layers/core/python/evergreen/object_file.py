"""An object of a bucket, read in parts."""

import io

from evergreen.ports import ObjectStore


class ObjectFile(io.RawIOBase):
    """An object as a file that can be sought in; every read asks for its own bytes alone.

    ``size`` is its bytes.
    """

    def __init__(self, store: ObjectStore, key: str, tag: str = "") -> None:
        """The object as it was when ``tag`` was its tag, without one as it is now; one that is
        replaced since raises Conflict."""
        self._store, self._key = store, key
        self._tag, self.size = tag or store.tag(key), store.size(key)
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The next byte's place."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fetch what fits the buffer."""
        wanted = min(len(buffer), self.size - self._at)
        if wanted <= 0:
            return 0
        body = self._store.read_part(self._key, self._at, wanted, self._tag)
        buffer[: len(body)] = body
        self._at += len(body)
        return len(body)
