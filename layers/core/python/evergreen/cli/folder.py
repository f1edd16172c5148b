"""A folder in the cloud's place: what ``evergreen export`` writes and ``evergreen serve`` reads.

``registry/<model>.json`` says which version is the champion; its artifacts lie beside it under
the keys that they have in the bucket. Nothing is cached here, so exporting again promotes.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from evergreen.contracts.capture import Capture
from evergreen.contracts.registry import CHAMPION, Alias, Artifact, Model, Version
from evergreen.errors import Conflict, NotFound
from evergreen.ports import CaptureStream, ObjectStore, Registry

_REGISTRY = "registry"


class Exported(Struct, frozen=True):
    """What the registry says about one model, as far as answering needs it."""

    model: Model
    alias: Alias
    version: Version


class FolderStore(ObjectStore):
    """A bucket on the local file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> bytes:
        """See :meth:`ObjectStore.read`."""
        return self._path(key).read_bytes()

    def write(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/octet-stream",  # noqa: ARG002 - a file has none
    ) -> None:
        """See :meth:`ObjectStore.write`; another process sees all of it or nothing."""
        path, part = self._put_beside(key, body)
        part.replace(path)

    def create(
        self,
        key: str,
        body: bytes,
        content_type: str = "application/octet-stream",  # noqa: ARG002 - a file has none
    ) -> bool:
        """See :meth:`ObjectStore.create`; another process sees all of it or nothing."""
        path, part = self._put_beside(key, body)
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return False
        finally:
            part.unlink()
        return True

    def _put_beside(self, key: str, body: bytes) -> tuple[Path, Path]:
        """Where the object belongs, and a file beside it that holds its bytes."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.part")
        part.write_bytes(body)
        return path, part

    def keys(self, prefix: str) -> Iterator[str]:
        """See :meth:`ObjectStore.keys`."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        found = (path.relative_to(self._folder).as_posix() for path in files)
        return iter(sorted(key for key in found if key.startswith(prefix)))

    def size(self, key: str) -> int:
        """See :meth:`ObjectStore.size`."""
        return self._path(key).stat().st_size

    def tag(self, key: str) -> str:
        """See :meth:`ObjectStore.tag`."""
        with self._path(key).open("rb") as file:
            return _tag(file)

    def read_part(self, key: str, start: int, size: int, tag: str) -> bytes:
        """See :meth:`ObjectStore.read_part`."""
        with self._path(key).open("rb") as file:
            if _tag(file) != tag:
                raise Conflict(f"The object '{key}' was replaced meanwhile; start again.")
            file.seek(start)
            return file.read(size)

    def _path(self, key: str) -> Path:
        path = self._folder / key
        if not path.is_file():
            raise NotFound(f"There is no object '{key}'.")
        return path


def _tag(file: BinaryIO) -> str:
    """A file that is written anew is another file."""
    found = os.fstat(file.fileno())
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


class FolderRegistry(Registry):
    """The champions of a folder, read only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _REGISTRY

    def models(self) -> list[str]:
        """See :meth:`Registry.models`."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def model(self, name: str) -> Model:
        """See :meth:`Registry.model`."""
        return self._read(name).model

    def version(self, model: str, number: int) -> Version:
        """See :meth:`Registry.version`; only the champion was exported."""
        version = self._read(model).version
        if version.number != number:
            raise NotFound(f"Model '{model}' has no version {number} in this folder.")
        return version

    def versions(self, model: str) -> list[Version]:
        """See :meth:`Registry.versions`."""
        return [self._read(model).version]

    def alias(self, model: str, name: str) -> Alias | None:
        """See :meth:`Registry.alias`."""
        return self._read(model).alias if name == CHAMPION else None

    def _read(self, name: str) -> Exported:
        if name not in self.models():
            raise NotFound(f"There is no model '{name}' in this folder; export it first.")
        return msgspec.json.decode((self._folder / f"{name}.json").read_bytes(), type=Exported)

    def _refuse(self, *_given: Any, **_named: Any) -> Any:
        raise Conflict("Exported models can only be read; work on the cloud that they came from.")

    apply = register = move_alias = audit = record = _refuse
    open_run = record_stage = close_run = run = runs = _refuse
    claim_retrain = retrain_claim = _refuse


class FileCaptures(CaptureStream):
    """Captures appended to one file, a JSON document a line.

    Each capture is one write, which the system keeps when this process is killed right after.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)

    def put(self, capture: Capture) -> None:
        """See :meth:`CaptureStream.put`."""
        self._file.write(msgspec.json.encode(capture) + b"\n")


def export(registry: Registry, artifacts: ObjectStore, model: str, folder: Path) -> Version:
    """Copy a model's champion into ``folder``, without a challenger that is on trial beside it;
    the artifacts first, so that a reader never misses one.

    Raises:
        NotFound: there is no such model, or it has no champion yet.
    """
    found, alias = registry.model(model), registry.alias(model, CHAMPION)
    if alias is None:
        raise NotFound(f"Model '{model}' has no champion yet; train and promote a version.")
    version = registry.version(model, alias.version)
    store = FolderStore(folder)
    for part in msgspec.structs.astuple(version.draft):
        if isinstance(part, Artifact):
            store.write(part.key, artifacts.read(part.key))
    alone = msgspec.structs.replace(alias, challenger=None)
    document = msgspec.json.encode(Exported(found, alone, version))
    store.write(f"{_REGISTRY}/{model}.json", document)
    return version
