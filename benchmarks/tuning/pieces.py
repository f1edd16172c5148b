"""What takes long is measured in pieces, and each is kept in ``build/bench-tuning/pieces/``, so
that an interrupted ``make bench-tuning`` goes on where it ended."""

import hashlib
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from benchmarks.figures import Figure, missing
from benchmarks.tuning.cells import BUILD, ROOT

PACKAGE = ROOT / "layers" / "core" / "python" / "evergreen"
HERE = Path(__file__).parent
T = TypeVar("T")


class Pieces(Struct, frozen=True):
    """The pieces that are there, and others while the monotonic clock does not say ``until``."""

    until: float = math.inf
    folder: Path = BUILD / "pieces"

    def piece(self, name: str, key: str, measure: Callable[[], T], kind: type[T]) -> T | None:
        """What was measured; None where it was not, and there is no time for it.

        Args:
            name: of its file.
            key: of what it was measured with; of another key it is measured again.
            measure: how.
            kind: of what ``measure`` gives.
        """
        file = self.folder / f"{name}.json"
        kept: dict[str, Any] = msgspec.json.decode(file.read_bytes()) if file.exists() else {}
        if kept.get("key") == key:
            return msgspec.convert(kept["value"], kind)
        if time.monotonic() >= self.until:
            return None
        found = measure()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.encode({"key": key, "value": found}))
        return found


def no_time(name: str, peer_name: str = "") -> Figure:
    """A figure whose pieces are not there."""
    return missing(name, peer_name, "its time was over; MINUTES gives it more")


def digest(*sources: Path) -> str:
    """Of files, and of the Python files below folders."""
    found = hashlib.sha256()
    for source in sources:
        for file in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            found.update(file.read_bytes())
    return found.hexdigest()[:12]
