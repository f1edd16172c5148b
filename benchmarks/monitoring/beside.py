"""A check of 100,000 rows and 25 columns beside Evidently's and NannyML's, on the same rows.

Each is a fresh process, from its start to its end, imports included. Ours reads what the monitor
function reads: the captures as the stream left them, or, as every check but a window's first
does, the digest of the day that an earlier check made. The peers read Parquet, which captures
are not, both the reference and the window.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import pandas as pd
from evergreen.cli.folder import FolderStore
from msgspec import Struct

from benchmarks.figures import Figure, counted, lower, missing
from benchmarks.monitoring import in_memory, rows

ROOT = Path(__file__).parents[2]
ROUNDS = 3
_ONE_PROCESSOR = {"OMP_NUM_THREADS": "1"}
"""As the monitor function has; threads of a matrix product that wait for each other are no work."""
_WAYS = ("captures", "digest", "evidently", "nannyml")
_PEERS = {"evidently": "Evidently DataDriftPreset", "nannyml": "NannyML univariate drift"}


class Spent(Struct, frozen=True):
    """``seconds`` by the clock, ``processor`` seconds of all cores, ``peak`` in MiB."""

    seconds: float
    processor: float
    peak: float
    columns: tuple[str, ...]


def measure() -> list[Figure]:
    """Seconds, memory and what was flagged."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        ways = [way for way in _WAYS if way not in _PEERS or _python(way).exists()]
        runs: dict[str, list[Spent]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                runs[way].append(_run(way, Path(folder)))
    found: list[Figure] = []
    for peer, name in _PEERS.items():
        if peer not in runs:
            found.append(missing("a check of 100,000 x 25", name, "it is not installed"))
            continue
        found += _compared(runs, peer, name)
    return found + _flagged(runs)


def write(folder: Path) -> None:
    """The rows as captures and as Parquet, and the version that served them."""
    store = FolderStore(folder)
    learned, served = rows.columns(1, moved=False), rows.columns(2, moved=True)
    pd.DataFrame(learned).to_parquet(folder / "reference.parquet")
    pd.DataFrame(served).to_parquet(folder / "window.parquet")
    file = in_memory.model_file(learned)
    baseline = in_memory.baseline(file, learned)
    store.write("file.json", msgspec.json.encode(file))
    store.write("version.json", msgspec.json.encode(baseline.version))
    store.write("models/profile.json", msgspec.json.encode(baseline.profile))
    store.write("models/signature.json", msgspec.json.encode(baseline.signature))
    rows.capture(store, served)


def _compared(runs: dict[str, list[Spent]], peer: str, name: str) -> list[Figure]:
    goal = {"seconds": "20 times faster", "peak": "at most 120 MiB"} if peer == "evidently" else {}
    told = {"captures": "from raw captures", "digest": "new rows of the day digested"}
    units = {"seconds": "s", "processor": "s", "peak": "MiB"}
    return [
        lower(
            f"check of 100,000 x 25, {told[way]}, {what}",
            _median(runs[way], what),
            _median(runs[peer], what),
            name,
            unit=unit,
            goal=goal.get(what, ""),
        )
        for way in told
        for what, unit in units.items()
    ]


def _flagged(runs: dict[str, list[Spent]]) -> list[Figure]:
    peer = "evidently" if "evidently" in runs else "digest"
    sides = [set(runs[way][0].columns) for way in ("captures", peer)]
    moved = set(rows.MOVED)
    name = _PEERS.get(peer, "")
    missed, more = ([float(len(each)) for each in both] for both in (
        [moved - side for side in sides], [side - moved for side in sides]
    ))  # fmt: skip
    return [
        counted("columns that moved and were missed", *missed, name, unit="of 3", goal="0"),
        counted("columns that did not move and were flagged", *more, name, unit="of 22", goal="0"),
    ]


def _median(found: list[Spent], what: str) -> float:
    return statistics.median(getattr(run, what) for run in found)


def _python(peer: str) -> Path:
    return ROOT / f"build/peers/{peer}/bin/python"


def _run(way: str, folder: Path) -> Spent:
    if way == "captures":
        shutil.rmtree(folder / "digests", ignore_errors=True)
    script = ROOT / f"benchmarks/monitoring/peers/{way}_check.py"
    words = (
        [str(_python(way)), str(script)]
        if way in _PEERS
        else [sys.executable, "-m", "benchmarks.monitoring.ours"]
    )
    before, begun = _processor(), time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [*words, str(folder)],
        cwd=ROOT,
        env=os.environ | _ONE_PROCESSOR,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, processor = time.perf_counter() - begun, _processor() - before
    said = json.loads(done.stdout.splitlines()[-1])
    return Spent(seconds, processor, said["peak"], tuple(said["columns"]))


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
