"""Ingest of the wind table beside a plain pandas script that does the same, each in a process of
its own: ``python -m benchmarks.data.ingest ours FOLDER`` is one run.

All read the CSV, parse the dates, set rows aside that cannot be typed, apply the ranges, drop
repeated rows and keys, clean the categories and write Parquet; Evergreen also hashes the source and
looks for what no rule states. The script that describes counts and bins each column; Evergreen's
whole run tells of associations, leakage, coverage and findings too, and makes the page.
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
        found = apart.by_turns("benchmarks.data.ingest", tuple(_WAYS), folder)
    rate = {way: spent.rows / spent.seconds for way, spent in found.items()}
    peer = "pandas script"
    return [
        higher(
            "wind table read, cleaned, written", rate["cleaned"], rate["pandas"], peer,
            unit="rows/s", goal="faster",
        ),
        higher(
            "the same and described (ours: report and page)", rate["ours"], rate["described"], peer,
            unit="rows/s",
        ),
        lower(
            "ingest, peak of the process", found["ours"].peak, found["described"].peak, peer,
            unit="MiB", goal="less",
        ),
    ]  # fmt: skip


def cleaned(folder: Path) -> int:
    """What the stage does before its report: the rows as Parquet, and those set aside."""
    from evergreen.contracts.model_checks import parse
    from evergreen.ingest import quarantine
    from evergreen.ingest.assemble import assemble
    from evergreen.ingest.gather import gather
    from evergreen.ingest.sources import files
    from evergreen.ingest.versions import to_parquet

    store, model = wind.bucket(folder), parse(wind.MODEL)
    gathering = gather(store, files(store, wind.RUN.sources, None), model.table, None)
    made, aside = assemble(gathering, model.table, model, None, b"")
    store.write("datasets/cleaned/data.parquet", to_parquet(made))
    store.write("datasets/cleaned/quarantine.parquet", quarantine.to_parquet(aside))
    return made.rows_read


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
    """The same as :func:`cleaned` in pandas."""
    return _by_pandas(folder)[0]


def described(folder: Path) -> int:
    """The same, and what each column holds."""
    read, frame = _by_pandas(folder)
    (folder / "pandas" / "report.json").write_text(json.dumps(_described(frame)))
    return read


def _by_pandas(folder: Path) -> tuple[int, pd.DataFrame]:
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
    return read, frame


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


_WAYS = {"cleaned": cleaned, "pandas": by_pandas, "ours": ours, "described": described}


def _main(way: str, folder: str) -> None:
    shutil.rmtree(Path(folder) / "datasets", ignore_errors=True)
    if way in ("cleaned", "ours"):
        import evergreen.ingest  # noqa: F401 - not in the measured time, as pandas is not
    apart.told(lambda: _WAYS[way](Path(folder)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
