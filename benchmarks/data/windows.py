"""A view's build beside a plain pandas script that makes the same features of the same rows:
``python -m benchmarks.data.windows ours FOLDER`` is one run.

Both read the dataset's Parquet and write the features as Parquet. The script rolls over each
entity's rows and keeps no month apart, no versions of late rows, and nothing for a next increment.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.data import apart
from benchmarks.figures import Figure, higher, lower

_ROWS, _ENTITIES = 1_000_000, 2_000
_DAY, _BEGIN = 86_400 * 10**9, 1_704_067_200 * 10**9
_TAKES = ("count", "sum", "mean", "min", "max")
_OVER = ("1d", "7d")


def measure() -> list[Figure]:
    """Rows a second and the peak of memory, both ways."""
    with tempfile.TemporaryDirectory() as folder:
        table(Path(folder))
        found = apart.by_turns("benchmarks.data.windows", ("ours", "pandas"), folder)
        _check(Path(folder))
    ours, peer = found["ours"], found["pandas"]
    rates = (ours.rows / ours.seconds, peer.rows / peer.seconds)
    name = f"windows of {_ROWS:,} rows"
    return [
        higher(f"{name}, a whole build", *rates, "pandas script", unit="rows/s"),
        lower(f"{name}, peak", ours.peak, peer.peak, "pandas script", unit="MiB"),
    ]


def table(folder: Path) -> None:
    """A year of rows, as ingest leaves them."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "meter": np.char.add("m", random.integers(0, _ENTITIES, _ROWS).astype(str)).astype(
                object
            ),
            "evergreen:time": _BEGIN + random.integers(0, 365 * 86_400, _ROWS) * 10**9,
            "load": np.where(random.random(_ROWS) < 0.03, np.nan, random.normal(10, 3, _ROWS)),
        }
    ).drop_duplicates(["meter", "evergreen:time"])
    (folder / "datasets" / "d1").mkdir(parents=True)
    frame.to_parquet(folder / "datasets" / "d1" / "data.parquet", index=False)


def ours(folder: Path) -> int:
    """The stage, on a folder for a bucket."""
    from evergreen.cli.folder import FolderStore
    from evergreen.contracts.stages import BuildInput, RunInput
    from evergreen.contracts.view_file import parse
    from evergreen.features import build
    from evergreen.ports import SystemClock
    from evergreen.view_builds import read_manifest

    from tests.fakes.views import MemoryViews

    features = {
        f"{take}_{over}": {"of": "load", "take": take, "over": over}
        for over in _OVER
        for take in _TAKES
    }
    views, store = MemoryViews(), FolderStore(folder)
    view = {
        "name": "meters",
        "entity": ["meter"],
        "event_time": {"column": "at"},
        "columns": {"load": "number"},
        "features": features,
    }
    views.apply(parse(view), "benchmark", "")
    run = RunInput(run_id="r1", model="view/meters", sources=())
    build(BuildInput(run, "d1"), store=store, views=views, clock=SystemClock())
    made = read_manifest(store, views.view("meters"))
    return made.rows if made else 0


def by_pandas(folder: Path) -> int:
    """The same in pandas."""
    frame = pd.read_parquet(folder / "datasets" / "d1" / "data.parquet")
    frame["time"] = pd.to_datetime(frame["evergreen:time"])
    frame = frame.sort_values(["meter", "time"])
    groups = frame.set_index("time").groupby("meter")["load"]
    for over in _OVER:
        rolling = groups.rolling(over, min_periods=0)
        for take in _TAKES:
            frame[f"{take}_{over}"] = getattr(rolling, take)().to_numpy()
    frame.to_parquet(folder / "pandas.parquet", index=False)
    return len(frame)


def _check(folder: Path) -> None:
    """Both made the same features."""
    parts = [pd.read_parquet(path) for path in folder.rglob("builds/month=*/*.parquet")]
    order = ["meter", "evergreen:time"]
    mine = pd.concat(parts).sort_values(order)
    theirs = pd.read_parquet(folder / "pandas.parquet").sort_values(order)
    for name in [f"{take}_{over}" for over in _OVER for take in _TAKES]:
        expected = theirs[name].to_numpy()
        if name.startswith("sum"):  # a window without a value has none here, and 0 in pandas.
            expected = np.where(theirs[f"count_{name[4:]}"] == 0, np.nan, expected)
        np.testing.assert_allclose(mine[name].to_numpy(), expected, rtol=1e-6, atol=1e-9)


if __name__ == "__main__":
    way, where = sys.argv[1], Path(sys.argv[2])
    apart.told(lambda: ours(where) if way == "ours" else by_pandas(where))
