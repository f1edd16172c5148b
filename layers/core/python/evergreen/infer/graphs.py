"""Versions ready to answer: their verified graphs in memory, up to a number of bytes.

Memory is bounded by what a graph takes once it is open, not by how many there are, because a
forest is ten thousand times the size of a linear model. Behind it lie the function's disk and the
artifacts bucket.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from evergreen.contracts.registry import Artifact, Version
from evergreen.contracts.signature import Signature
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, EvergreenError, NotFound
from evergreen.graph import Graph
from evergreen.infer.complete import Completer, completer
from evergreen.infer.files import Files
from evergreen.infer.once import Once
from evergreen.infer.reader import Reader
from evergreen.ports import ObjectStore, OnlineStore
from evergreen.telemetry import logger

# Measured by benchmarks/session_options.py; docs/decisions/0009 has the figures.
OPEN_TIMES = 8
"""Memory that an open graph takes, in multiples of its file: 4.5 to 7.5."""

OPENING_TIMES = 15
"""And while it is being opened: its parsed form is there beside what is built from it."""

OPEN_BYTES = 512 * 1024
"""What a version takes besides, most of a linear model's memory: session, signature, records."""

PROCESS_BYTES = 256 * 1024**2
"""What the function takes without any graph: 85 MiB at rest, and room to answer a request."""

RETRY_SECONDS = 5.0
"""For this long a version that could not be opened is not tried again."""


class GraphUnreadable(EvergreenError):
    """The bytes are those that were registered, and ONNX Runtime cannot open them."""

    status = 500
    title = "Graph unreadable"


class Served(Struct, frozen=True, eq=False):
    """A version ready to answer. ``reader`` makes rows into its graph's matrix, after
    ``completer`` added what they may leave out."""

    version: Version
    signature: Signature
    graph: Graph
    reader: Reader
    completer: Completer | None = None


def room(memory_mebibytes: int) -> int:
    """Bytes that open graphs may take in a function of this memory; some, however small it is."""
    return max(memory_mebibytes * 1024**2 - PROCESS_BYTES, 64 * 1024**2)


def taken(version: Version) -> int:
    """Bytes of memory that a version is expected to take once it is open."""
    return version.draft.graph.bytes * OPEN_TIMES + OPEN_BYTES


def opening(version: Version) -> int:
    """Bytes of memory that a version is expected to take while it is being opened."""
    return version.draft.graph.bytes * OPENING_TIMES + OPEN_BYTES


class Graphs:
    """Opens versions, each once, and keeps those used last."""

    def __init__(
        self,
        artifacts: ObjectStore,
        files: Files,
        bytes_at_most: int,
        monotonic: Callable[[], float],
        online: OnlineStore | None = None,
    ) -> None:
        """``bytes_at_most`` is memory as :func:`taken` reckons it."""
        self._online = online
        self._artifacts = artifacts
        self._files = files
        self._bytes_at_most = bytes_at_most
        self._monotonic = monotonic
        self._once = Once()
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[str, int], Served] = OrderedDict()
        self._bytes = 0
        self._failed: dict[tuple[str, int], tuple[float, Exception]] = {}

    def served(self, version: Version) -> Served:
        """The version with its graph open.

        Raises:
            ArtifactChanged: graph or signature are not what was registered.
            GraphUnreadable: the graph cannot be opened.
        """
        key = (version.draft.model, version.number)
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
                return found
        return self._once.run(key, lambda: self._load(key, version))

    def artifact(self, version: Version, name: str) -> bytes:
        """A version's artifact (``graph``, ``signature``, ...), checked against its SHA-256.

        Raises:
            ArtifactChanged: it is gone or has other bytes than were registered.
        """
        artifact: Artifact = getattr(version.draft, name)
        body = self._files.read(artifact.sha256)
        if body is None:
            body = self._fetch(artifact, _which(version, name))
            self._files.write(artifact.sha256, body)
        return body

    def signature(self, version: Version) -> Signature:
        """What the version takes; its graph need not be open.

        Raises:
            ArtifactChanged: it is not what was registered.
        """
        found = self._open.get((version.draft.model, version.number))
        if found is not None:
            return found.signature
        return msgspec.json.decode(self.artifact(version, "signature"), type=Signature)

    @property
    def held(self) -> dict[str, Any]:
        """How many versions are open, and the bytes that they are reckoned to take."""
        with self._lock:
            return {"versions": len(self._open), "bytes": self._bytes}

    def _load(self, key: tuple[str, int], version: Version) -> Served:
        if (found := self._open.get(key)) is not None:  # opened while this thread was on its way
            return found
        until, before = self._failed.get(key, (0.0, None))
        if before is not None and self._monotonic() < until:
            raise before.with_traceback(None)
        self._make_room(opening(version))
        try:
            opened = self._read(version)
        except Exception as error:
            with self._lock:
                self._bytes -= opening(version)
            self._remember(key, error)
            raise
        with self._lock:
            self._bytes += taken(version) - opening(version)
            self._open[key] = opened
        self._failed.pop(key, None)
        return opened

    def _make_room(self, needed: int) -> None:
        # Before opening, which is when most memory is needed. What is closed is not given back to
        # the system, but the next one that is opened uses it again (measured). A version that is
        # too large by itself is opened all the same, alone.
        with self._lock:
            self._bytes += needed
            while self._open and self._bytes > self._bytes_at_most:
                _, closed = self._open.popitem(last=False)
                self._bytes -= taken(closed.version)

    def _read(self, version: Version) -> Served:
        signature = msgspec.json.decode(self.artifact(version, "signature"), type=Signature)
        body = self.artifact(version, "graph")
        try:
            graph = Graph(body)
        except Exception as error:
            raise GraphUnreadable(
                f"{_which(version, 'graph')} cannot be opened; roll back or retrain."
            ) from error
        completes = completer(version, signature, self._online)
        return Served(version, signature, graph, Reader(signature), completes)

    def _remember(self, key: tuple[str, int], error: Exception) -> None:
        model, number = key
        logger().exception("A version cannot be opened.", model=model, version=number)
        now = self._monotonic()
        self._failed = {k: failed for k, failed in self._failed.items() if failed[0] > now}
        self._failed[key] = (now + RETRY_SECONDS, error)

    def _fetch(self, artifact: Artifact, which: str) -> bytes:
        try:
            body = self._artifacts.read(artifact.key)
        except NotFound:
            raise ArtifactChanged(f"{which} is no longer stored; roll back or retrain.") from None
        if sha256(body) != artifact.sha256:
            raise ArtifactChanged(
                f"{which} is not what was registered; roll back or retrain, and find out who "
                "changed it."
            )
        return body


def _which(version: Version, name: str) -> str:
    return f"The {name} of version {version.number} of model '{version.draft.model}'"
