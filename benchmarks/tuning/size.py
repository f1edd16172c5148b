"""Megabytes that each tool's environment takes on disk, without Python itself and without bytecode;
of ours what a tuning function has: the learning layer and the core layer."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.figures import Figure, lower, missing
from benchmarks.tuning.cells import PEERS, ROOT

_LAYERS = ("learning", "core")


def figures() -> list[Figure]:
    """Of each peer that is an environment of its own."""
    layers = [ROOT / "build" / "layers" / name for name in _LAYERS]
    if not all(folder.exists() for folder in layers):
        return [missing("installed", "all", "make layers builds ours")]
    ours = megabytes(layers)
    environments = dict.fromkeys(environment for environment, _ in PEERS.values())
    return [
        lower("installed", ours, megabytes([_folder(name)]), name, unit="MB")
        for name in environments
    ]


def megabytes(folders: Iterable[Path]) -> float:
    """Of all files but bytecode."""
    files = (path for folder in folders for path in folder.rglob("*"))
    kept = (path for path in files if path.is_file() and path.suffix != ".pyc")
    return sum(path.stat().st_size for path in kept) / 1e6


def _folder(environment: str) -> Path:
    return ROOT / "build" / "peers" / environment / "lib"
