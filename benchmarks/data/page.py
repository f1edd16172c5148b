"""The page of the wind table beside skrub's TableReport and ydata-profiling's, each in a process
and an environment of its own: ``python -m benchmarks.data.page FOLDER`` is one run of ours.

Each has the same cleaned rows in memory and makes one self-contained HTML page of them; the time
is that alone. Ours also holds every column against the target and judges leakage, time coverage
and expectations; ydata-profiling runs in its minimal mode.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.data import wind
from benchmarks.data.ingest import ours as ingested
from benchmarks.figures import Figure, alone, lower, missing

ROOT = Path(__file__).parents[2]
SKRUB, YDATA = "skrub TableReport", "ydata-profiling, minimal"
PEERS: dict[str, str] = {}
"""Versions of the peers, once they are measured."""

_SECONDS_AT_MOST = 600
_SCRIPTS = {
    "skrub": (
        SKRUB,
        "import time, sys, json\n"
        "import pandas as pd, skrub\n"
        "frame = pd.read_parquet(sys.argv[1])\n"
        "begun = time.perf_counter()\n"
        "html = skrub.TableReport(frame, verbose=0).html()\n"
        "spent = time.perf_counter() - begun\n"
        "open(sys.argv[2], 'w').write(html)\n"
        "print(json.dumps([spent, skrub.__version__]))\n",
    ),
    "ydata-profiling": (
        YDATA,
        "import time, sys, json\n"
        "import pandas as pd, ydata_profiling\n"
        "frame = pd.read_parquet(sys.argv[1])\n"
        "begun = time.perf_counter()\n"
        "found = ydata_profiling.ProfileReport(frame, minimal=True, progress_bar=False)\n"
        "html = found.to_html()\n"
        "spent = time.perf_counter() - begun\n"
        "open(sys.argv[2], 'w').write(html)\n"
        "print(json.dumps([spent, ydata_profiling.__version__]))\n",
    ),
}


def measure() -> list[Figure]:
    """Seconds and bytes of the page, and what each library adds to a function, unzipped."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _table(folder)
        seconds, size = _ours(folder)
        found = []
        for name, (title, _) in _SCRIPTS.items():
            found += _beside(folder, name, title, seconds, size)
    return found


def _beside(folder: Path, name: str, title: str, seconds: float, size: int) -> list[Figure]:
    try:
        spent, bytes_ = _peer(folder, name)
    except (OSError, subprocess.SubprocessError) as error:
        return [missing("page of the wind table", title, type(error).__name__)]
    kibibytes = (size / 1024, bytes_ / 1024)
    return [
        lower("page of the wind table", seconds, spent, title, unit="s", goal="faster"),
        lower("page of the wind table, its size", *kibibytes, title, unit="KiB"),
        alone(f"{title}: its environment, unzipped", _mebibytes(name), unit="MiB"),
    ]


def _table(folder: Path) -> None:
    wind.table(folder)
    ingested(folder)


def _ours(folder: Path) -> tuple[float, int]:
    words = [sys.executable, "-m", "benchmarks.data.page", str(folder)]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    seconds, size = json.loads(done.stdout.splitlines()[-1])
    return seconds, size


def _peer(folder: Path, name: str) -> tuple[float, int]:
    """One run of a peer."""
    python = ROOT / "build" / "peers" / name / "bin" / "python"
    page = folder / f"{name}.html"
    (data,) = folder.glob("datasets/*/data.parquet")
    script = _SCRIPTS[name][1]
    done = subprocess.run(  # noqa: S603
        [python, "-W", "ignore", "-c", script, data, page],
        check=True, capture_output=True, text=True, timeout=_SECONDS_AT_MOST, cwd=folder,
    )  # fmt: skip
    seconds, PEERS[name] = json.loads(done.stdout.splitlines()[-1])
    return seconds, page.stat().st_size


def _mebibytes(name: str) -> float:
    files = (ROOT / "build" / "peers" / name / "lib").rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1024**2


def _main(folder: Path) -> None:
    from evergreen.contracts.model_checks import parse
    from evergreen.ingest.assemble import assemble
    from evergreen.ingest.gather import gather
    from evergreen.ingest.report import goal_of, quality_page, report
    from evergreen.ingest.sources import files

    store, model = wind.bucket(folder), parse(wind.MODEL)
    gathering = gather(store, files(store, [wind.KEY], None), model.table, None)
    cleaned, _ = assemble(gathering, model.table, model, None, b"")
    begun = time.perf_counter()
    page = quality_page(report(cleaned, "d", "2026-01-01T00:00:00Z", None, goal_of(model)))
    print(json.dumps([time.perf_counter() - begun, len(page)]))  # noqa: T201


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
