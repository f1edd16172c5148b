"""Ingest of the wind table beside a plain pandas script that does the same, each in a process of
its own: ``python -m benchmarks.data.ingest ours FOLDER`` is one run.

Both read the CSV, parse the dates, set rows aside that cannot be typed, apply the ranges, drop
repeated rows and keys, clean the categories, write Parquet, and describe each column. Evergreen's
run also hashes the source, looks for what no rule states, and makes its report and page.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.data import apart, wind
from benchmarks.figures import Figure, higher, lower

_NUMBERS = ("Ba_avg", "P_avg", "Ws_avg", "Va_avg", "Ot_avg", "Ya_avg", "Wa_avg")
_TIME, _NAME = "Date_time", "Wind_turbine_name"


def measure() -> list[Figure]:
    """Rows a second and the peak of memory, both ways."""
    with tempfile.TemporaryDirectory() as folder:
        wind.table(Path(folder))
        found = apart.by_turns("benchmarks.data.ingest", ("ours", "pandas"), folder)
    ours, peer = found["ours"], found["pandas"]
    rates = (ours.rows / ours.seconds, peer.rows / peer.seconds)
    goal = "faster, in less memory"
    return [
        higher("ingest of the wind table", *rates, "pandas script", unit="rows/s", goal=goal),
        lower("ingest, peak of the process", ours.peak, peer.peak, "pandas script", unit="MiB"),
    ]


def ours(folder: Path) -> int:
    """The stage, on a folder for a bucket."""
    from evergreen.contracts.stages import IngestInput
    from evergreen.ingest import ingest
    from evergreen.ports import SystemClock

    from tests.fakes.views import MemoryViews

    store = wind.bucket(folder)
    made = ingest(
        IngestInput(wind.RUN),
        features=store,
        registry=wind.registry(),
        views=MemoryViews(),
        clock=SystemClock(),
    )
    report = json.loads(store.read(f"datasets/{made.dataset}/report.json"))
    return int(report["rows_read"])


def by_pandas(folder: Path) -> int:
    """The same in pandas."""
    frame = pd.read_csv(folder / wind.KEY, dtype={_NAME: str, _TIME: str})
    read = len(frame)
    frame = frame.drop_duplicates()
    frame[_TIME] = pd.to_datetime(frame[_TIME], utc=True, errors="coerce")
    untyped = frame[_TIME].isna()
    for name in _NUMBERS:
        values = pd.to_numeric(frame[name], errors="coerce")
        untyped |= values.isna() & frame[name].notna()
        frame[name] = values
    aside, frame = frame[untyped], frame[~untyped]
    frame = frame.drop_duplicates([_NAME, _TIME], keep="last")
    frame["Ot_avg"] = frame["Ot_avg"].where(frame["Ot_avg"] >= -50)
    frame["Ws_avg"] = frame["Ws_avg"].where(frame["Ws_avg"].between(0, 60))
    frame[_NAME] = frame[_NAME].str.strip().astype("category")
    frame = frame.dropna(subset=["P_avg"])
    out = folder / "pandas"
    out.mkdir(exist_ok=True)
    frame.to_parquet(out / "data.parquet", compression="zstd", index=False)
    aside.to_parquet(out / "quarantine.parquet", index=False)
    (out / "report.json").write_text(json.dumps(_described(frame)))
    return read


def _described(frame: pd.DataFrame) -> dict[str, object]:
    """Missing, distinct, mean, quartiles and bins of each column."""
    found: dict[str, object] = {}
    for name, values in frame.items():
        about: dict[str, object] = {
            "missing": int(values.isna().sum()), "distinct": int(values.nunique())
        }  # fmt: skip
        if name in _NUMBERS:
            about |= {k: float(v) for k, v in values.describe().items()}
            about["bins"] = np.histogram(values.dropna(), 10)[0].tolist()
        else:
            counts = values.value_counts().head(10)
            about["values"] = {str(key): int(rows) for key, rows in counts.items()}
        found[str(name)] = about
    found["correlations"] = frame[list(_NUMBERS)].corr().to_numpy().tolist()
    return found


def _main(way: str, folder: str) -> None:
    shutil.rmtree(Path(folder) / "datasets", ignore_errors=True)
    work = {"ours": ours, "pandas": by_pandas}[way]
    if way == "ours":
        import evergreen.ingest  # noqa: F401 - not in the measured time, as pandas is not
    apart.told(lambda: work(Path(folder)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
