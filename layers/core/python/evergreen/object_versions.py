"""The port of a bucket that keeps old versions of its objects."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

from evergreen.ports import ObjectStore


class ObjectVersion(NamedTuple):
    """One version of an object. ``tag`` is its :meth:`ObjectStore.tag` while it is the newest."""

    key: str
    id: str
    tag: str
    newest: bool


class VersionedStore(ObjectStore):
    """One bucket that keeps what was replaced or deleted, so that only these forget for good."""

    @abstractmethod
    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """All versions of all objects below ``prefix``, by key, newest first."""

    @abstractmethod
    def read_version(self, version: ObjectVersion) -> bytes:
        """The version's bytes.

        Raises:
            NotFound: there is no such version.
        """

    @abstractmethod
    def replace(self, key: str, body: bytes, tag: str) -> None:
        """Store the object in place of the one of that tag.

        Raises:
            Conflict: the object's :meth:`tag` is no longer ``tag``, or it is gone.
        """

    @abstractmethod
    def delete_version(self, version: ObjectVersion) -> None:
        """Delete the version for good; one that is gone is no error."""
