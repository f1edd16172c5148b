"""A piece of work in a process of its own, whose seconds and peak of memory are its own too."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, convert

ROUNDS = 5


class Spent(Struct, frozen=True):
    """What one run took. ``seconds`` begin after the imports; ``peak`` is the whole process's
    memory in MiB, the interpreter and its libraries included."""

    rows: int
    seconds: float
    peak: float


def by_turns(module: str, ways: tuple[str, ...], *arguments: object) -> dict[str, Spent]:
    """The median of :data:`ROUNDS` runs of each way, taken by turns, so that what else the machine
    does falls on them alike."""
    runs: dict[str, list[Spent]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            runs[way].append(_run(module, way, *arguments))
    return {way: median(found) for way, found in runs.items()}


def told(work: Callable[[], int]) -> None:
    """Do the work, which gives its number of rows, and print what it took."""
    begun = time.perf_counter()
    rows = work()
    seconds = time.perf_counter() - begun
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": _peak()}))  # noqa: T201


def _peak() -> float:
    """MiB. Linux's rusage would count what the parent held when it started this process."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _run(module: str, *arguments: object) -> Spent:
    words = [sys.executable, "-m", module, *map(str, arguments)]
    root = Path(__file__).parents[2]
    done = subprocess.run(words, cwd=root, check=True, capture_output=True, text=True)  # noqa: S603
    return convert(json.loads(done.stdout.splitlines()[-1]), Spent)


def median(runs: list[Spent]) -> Spent:
    """The runs' medians."""
    return Spent(
        runs[0].rows,
        statistics.median(run.seconds for run in runs),
        statistics.median(run.peak for run in runs),
    )
