"""The features stage on the wind table beside a plain pandas script that makes the same arrays:
``python -m benchmarks.data.features ours FOLDER`` is one run.

Both read the dataset's Parquet, look back in each turbine's series (a day, two days, a week; the
means of a day and of a week, known a day before), divide the rows by time, and save float32.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.data import apart, wind
from benchmarks.data.ingest import ours as ingested
from benchmarks.figures import Figure, higher, lower

_NUMBERS = ["Ws_avg", "Wa_avg", "Va_avg", "Ot_avg"]


def measure() -> list[Figure]:
    """Rows a second and the peak of memory, both ways."""
    with tempfile.TemporaryDirectory() as folder:
        wind.table(Path(folder))
        ingested(Path(folder))
        found = apart.by_turns("benchmarks.data.features", ("ours", "pandas"), folder)
    ours, peer = found["ours"], found["pandas"]
    rates = (ours.rows / ours.seconds, peer.rows / peer.seconds)
    return [
        higher("features of the wind table", *rates, "pandas script", unit="rows/s"),
        lower("features, peak of the process", ours.peak, peer.peak, "pandas script", unit="MiB"),
    ]


def ours(folder: Path) -> int:
    """The stage, on a folder for a bucket."""
    from evergreen.contracts.stages import FeaturesInput
    from evergreen.features import features

    from tests.fakes.views import MemoryViews

    given = FeaturesInput(wind.RUN, _dataset(folder).name)
    features(given, store=wind.bucket(folder), registry=wind.registry(), views=MemoryViews())
    return len(pd.read_parquet(_dataset(folder) / "data.parquet", columns=["P_avg"]))


def by_pandas(folder: Path) -> int:
    """The same in pandas."""
    frame = pd.read_parquet(_dataset(folder) / "data.parquet")
    frame["time"] = pd.to_datetime(frame["evergreen:time"], unit="ns", utc=True)
    frame = frame.sort_values(["Wind_turbine_name", "time"])
    made = pd.concat([_back(series) for _, series in frame.groupby("Wind_turbine_name")])
    made = made.sort_values("time").dropna(subset=["P_avg"])
    rows = len(made)
    ends = (0, int(rows * 0.6), int(rows * 0.8), rows)
    names = [*_NUMBERS, *(n for n in made if n.startswith("P_avg."))]
    out = folder / "pandas-features"
    out.mkdir(exist_ok=True)
    for name, start, end in zip(("train", "validation", "test"), ends, ends[1:], strict=False):
        part = made.iloc[start:end]
        np.savez_compressed(
            out / f"{name}.npz",
            target=part["P_avg"].to_numpy(np.float32),
            time=part["time"].astype("int64").to_numpy(),
            **{each: part[each].to_numpy(np.float32) for each in names},
        )
    return len(frame)


def _back(series: pd.DataFrame) -> pd.DataFrame:
    """One turbine's rows with its past, on a grid of ten minutes."""
    grid = series.set_index("time")["P_avg"].asfreq("10min")
    past = {f"P_avg.lag_{n}": grid.shift(n) for n in wind.LAGS}
    past |= {
        f"P_avg.mean_{n}": grid.shift(wind.LAGS[0]).rolling(n, min_periods=1).mean()
        for n in wind.MEANS
    }
    return series.join(pd.DataFrame(past), on="time")


def _dataset(folder: Path) -> Path:
    return next(path.parent for path in (folder / "datasets").glob("*/data.parquet"))


def _main(way: str, folder: str) -> None:
    shutil.rmtree(Path(folder) / "feature-sets", ignore_errors=True)
    work = {"ours": ours, "pandas": by_pandas}[way]
    if way == "ours":
        import evergreen.features  # noqa: F401 - not in the measured time, as pandas is not
    apart.told(lambda: work(Path(folder)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
