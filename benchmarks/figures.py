"""A figure beside its peer's, and the file that all figures of a run go to."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from msgspec import Struct, to_builtins

RESULTS = Path(__file__).parent / "results"


class Figure(Struct, frozen=True):
    """``ratio`` is how many times better ours is: above 1 is ahead. Unmeasured things are None."""

    name: str
    ours: float | None
    peer: float | None
    peer_name: str
    ratio: float | None
    goal: str
    unit: str


def lower(
    name: str, ours: float, peer: float, peer_name: str, *, unit: str, goal: str = ""
) -> Figure:
    """A figure of which less is better: a time, memory."""
    return shown(Figure(name, ours, peer, peer_name, peer / ours, goal, unit))


def higher(
    name: str, ours: float, peer: float, peer_name: str, *, unit: str, goal: str = ""
) -> Figure:
    """A figure of which more is better: rows a second."""
    return shown(Figure(name, ours, peer, peer_name, ours / peer, goal, unit))


def alone(name: str, ours: float, *, unit: str, goal: str = "") -> Figure:
    """A figure that has no peer."""
    return shown(Figure(name, ours, None, "", None, goal, unit))


def counted(name: str, ours: float, peer: float, peer_name: str, *, unit: str, goal: str) -> Figure:
    """Counts of what should not be, so that may be 0 and have no ratio."""
    return shown(Figure(name, ours, peer, peer_name, None, goal, unit))


def missing(name: str, peer_name: str, reason: str) -> Figure:
    """A peer that could not be measured, and why."""
    return shown(Figure(name, None, None, peer_name, None, f"not measured: {reason}", ""))


def shown(figure: Figure) -> Figure:
    """Print a figure as it is found; gives it back."""
    numbers = "".join(
        f"{value:>14,.6g}" if value is not None else f"{'-':>14}"
        for value in (figure.ours, figure.peer, figure.ratio)
    )
    text = f"{figure.name:<58}{numbers}  {figure.unit:<8} {figure.peer_name}  {figure.goal}"
    print(text.rstrip(), flush=True)  # noqa: T201 - the benchmark's output
    return figure


def heading() -> None:
    """Print the names of the columns that each figure is then printed in."""
    print(f"{'':<58}{'ours':>14}{'peer':>14}{'ratio':>14}")  # noqa: T201 - the benchmark's output


def write(
    name: str,
    figures: list[Figure],
    *,
    ours: tuple[str, ...],
    peers: dict[str, str],
    started: tuple[float, ...],
) -> Path:
    """Write ``results/<name>.json``.

    Args:
        ours: installed packages whose versions matter.
        peers: version by name of the peers, which live in environments of their own.
        started: the machine's load when the run began.

    Returns:
        The file.
    """
    document = {
        "machine": machine() | {"load_average_at_start": list(started)},
        "versions": {package: version(package) for package in ours} | peers,
        "results": [to_builtins(figure) for figure in figures],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(document, indent=1) + "\n")
    return file


def machine() -> dict[str, Any]:
    """What all of it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "system": platform.platform(),
        "python": sys.version.split()[0],
    }
