"""Artifacts on the function's own disk, which outlive their place in memory.

A file is named by the SHA-256 of what it holds and is checked against it whenever it is read, so
one that was cut short or changed is merely missing. Several processes may share a folder.
"""

import os
import uuid
from contextlib import suppress
from pathlib import Path

from evergreen.digest import sha256
from evergreen.telemetry import logger


class Files:
    """A folder that holds at most a number of bytes; what was not read for longest goes first."""

    def __init__(self, folder: Path, bytes_at_most: int) -> None:
        """The folder is made when something is first written."""
        self._folder = folder
        self._bytes_at_most = bytes_at_most

    def read(self, digest: str) -> bytes | None:
        """What has this SHA-256 (hex), or None where it is not here."""
        path = self._folder / digest
        try:
            body = path.read_bytes()
            if sha256(body) != digest:
                path.unlink(missing_ok=True)
                return None
            os.utime(path)
        except OSError:
            return None
        return body

    def write(self, digest: str, body: bytes) -> None:
        """Keep ``body``; a disk that is full or read-only makes it slower, not wrong."""
        if len(body) > self._bytes_at_most:
            return
        part = self._folder / f"{digest}.{uuid.uuid4().hex}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(len(body))
            part.write_bytes(body)
            part.replace(self._folder / digest)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            logger().warning("An artifact is not kept on disk.", reason=str(error))

    def _make_room(self, needed: int) -> None:
        files = sorted(self._stats(), key=lambda file: file[1].st_mtime_ns)
        held = sum(stat.st_size for _, stat in files)
        for path, stat in files:
            if held + needed <= self._bytes_at_most:
                return
            path.unlink(missing_ok=True)
            held -= stat.st_size

    def _stats(self) -> list[tuple[Path, os.stat_result]]:
        found = []
        for entry in os.scandir(self._folder):
            try:
                found.append((Path(entry.path), entry.stat()))
            except FileNotFoundError:  # another process made room meanwhile
                continue
        return found
