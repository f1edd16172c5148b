"""One cell is one tool on one division of one table within one budget, in a process of its own.

Each cell's outcome is kept in ``build/bench-tuning/<table>/<tool>-<seed>-<budget>.json``; one that
is there, and of the version that is installed, is not run again.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.tuning import tables

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench-tuning"
OURS = "evergreen"
PEERS = {
    "autogluon": ("autogluon", "autogluon-tabular"),
    "flaml": ("flaml", "flaml"),
    "optuna": ("optuna", "optuna"),
    "hyperopt": ("optuna", "hyperopt"),
    "random": ("optuna", "scikit-learn"),
}
"""For each peer the environment below ``build/peers/`` and the package that names its version."""

TOOLS = (OURS, *PEERS)
_SCRIPT = Path(__file__).parent / "peers" / "run.py"
_LEARNING = ("tune", "train", "estimators", "contracts/search.py", "contracts/stages.py")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
_SLOWEST = 30
"""Seconds that a second of the budget may take on a busy machine; and then it is given up."""


class Cell(Struct, frozen=True):
    """What came out. ``loss`` is of the rows never seen: log loss, or the root of the mean squared
    error; None where the tool failed, and ``what`` says why. ``cpu`` are the seconds of processor
    time that its search and its last fit took."""

    table: str
    tool: str
    seed: int
    budget: float
    loss: float | None
    cpu: float
    wall: float
    trials: int
    what: str
    key: str


class Wanted(Struct, frozen=True):
    """A cell to run."""

    table: str
    tool: str
    seed: int
    budget: float

    @property
    def file(self) -> Path:
        """Where its outcome lies."""
        return BUILD / self.table / f"{self.tool}-{self.seed}-{self.budget:g}.json"


def wanted(
    tables: Iterable[str], tools: Iterable[str], seeds: Iterable[int], budgets: Iterable[float]
) -> Iterator[Wanted]:
    """All cells, small budgets first, then seed after seed, so that any moment has whole seeds."""
    each = [(t, name) for t in tables for name in tools]
    for budget in budgets:
        for seed in seeds:
            yield from (Wanted(table, tool, seed, budget) for table, tool in each)


def found(cells: Iterable[Wanted]) -> list[Cell]:
    """The outcomes that are there and of the versions that are there."""
    read = (_read(cell) for cell in cells)
    return [cell for cell in read if cell is not None]


def run_missing(cells: Iterable[Wanted], until: float) -> None:
    """Run what is not there, one after the other, until the monotonic clock says ``until``."""
    for cell in cells:
        if time.monotonic() >= until:
            return
        if _read(cell) is None:
            _run(cell)


def key(tool: str) -> str:
    """What names the version of a tool: the package's, of ours a digest of its sources."""
    if tool == OURS:
        return f"{OURS} {_digest()}"
    environment, package = PEERS[tool]
    lines = (ROOT / "requirements" / f"peers-{environment}.lock").read_text().splitlines()
    (version,) = {
        line.split("==")[1].split()[0] for line in lines if line.startswith(f"{package}==")
    }
    return f"{tool} {version}"


def _read(cell: Wanted) -> Cell | None:
    if not cell.file.exists():
        return None
    read = msgspec.json.decode(cell.file.read_bytes(), type=Cell)
    return read if read.key == key(cell.tool) else None


def _run(cell: Wanted) -> None:
    place = tables.divided(cell.table, cell.seed, BUILD / "data")
    asked = [str(place), cell.tool, str(cell.seed), str(cell.budget), str(cell.file)]
    if cell.tool == OURS:
        command = [sys.executable, "-m", "benchmarks.tuning.ours", *asked]
    else:
        python = ROOT / "build" / "peers" / PEERS[cell.tool][0] / "bin" / "python"
        command = [str(python), str(_SCRIPT), *asked]
    reason = _reason(command, cell.budget * _SLOWEST)
    if reason:
        failed = Cell(**msgspec.to_builtins(cell), loss=None, cpu=0, wall=0, trials=0, what=reason,
                      key=key(cell.tool))  # fmt: skip
        cell.file.parent.mkdir(parents=True, exist_ok=True)
        cell.file.write_bytes(msgspec.json.encode(failed))
    told = json.loads(cell.file.read_text())
    print(  # noqa: T201 - the benchmark's output
        f"{cell.table:<14}{cell.tool:<11}{cell.seed:>2}{cell.budget:>6g} s"
        f"{told['loss'] or float('nan'):>11.5f} {told['cpu']:6.1f} s  {told['what'][:80]}",
        flush=True,
    )


def run_alone(command: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a script of ours in a process of its own, on one thread, with nothing of the caller's
    Python.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    threads = dict.fromkeys(_THREADS, "1")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "core" / "python")])
    return subprocess.run(  # noqa: S603 - our own scripts
        command, cwd=ROOT, env=kept | threads | {"PYTHONPATH": paths}, capture_output=True,
        text=True, check=False, timeout=seconds,
    )  # fmt: skip


def _reason(command: list[str], seconds: float) -> str:
    """Why the command failed, or nothing."""
    try:
        done = run_alone(command, seconds)
    except subprocess.TimeoutExpired:
        return "took thirty times its budget"
    return (done.stderr.strip().splitlines() or ["no reason given"])[-1] if done.returncode else ""


def _digest() -> str:
    """Of the sources that tune and train."""
    package = ROOT / "layers" / "core" / "python" / "evergreen"
    digest = hashlib.sha256((Path(__file__).parent / "ours.py").read_bytes())
    for name in _LEARNING:
        place = package / name
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
