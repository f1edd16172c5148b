"""The point-in-time join beside Feast's offline join of the same rows:
``python -m benchmarks.data.join ours FOLDER`` is one run.

Both begin with the asked rows in a data frame and the feature rows in Parquet, and end with the
features in memory. Some rows were created days after their event, some were created again: Feast
joins on the event's time and does not ask when a row was created, so it hands out values that
nobody knew at the asked row's time. How often is counted, against the definition in plain pandas.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import convert

from benchmarks.data import apart
from benchmarks.figures import Figure, counted, lower, missing

PEERS = {"feast": "0.67.0"}

_FEAST = Path(__file__).parents[2] / "build" / "peers" / "feast" / "bin" / "python"
_SCRIPT = Path(__file__).parent / "peers" / "feast_join.py"
_SIZES = ((100_000, 1_000_000, 3), (300_000, 3_000_000, 1))
"""Asked rows, feature rows, and how often each way is run."""

_BEGIN, _DAY, _SECOND = 1_704_067_200, 86_400, 10**9
_FEATURES = (*(f"f{n}" for n in range(8)), "known_at")


def measure() -> list[Figure]:
    """Seconds and memory of both joins, and how many of their values were not known yet."""
    found: list[Figure] = []
    for asked, rows, rounds in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            table(Path(folder), asked, rows)
            found += _measured(Path(folder), f"{asked:,} of {rows:,} rows", rounds)
    return found


def _measured(folder: Path, name: str, rounds: int) -> list[Figure]:
    if not _FEAST.exists():
        return [missing(f"join, {name}", "Feast", "build/peers/feast is not installed")]
    runs: dict[str, list[apart.Spent]] = {"ours": [], "feast": []}
    ways = {
        "ours": [sys.executable, "-m", "benchmarks.data.join", "ours", str(folder)],
        "feast": [str(_FEAST), str(_SCRIPT), str(folder)],
    }
    for _ in range(rounds):
        for way, words in ways.items():
            runs[way].append(_run(words))
    ours, peer = (apart.median(runs[way]) for way in ("ours", "feast"))
    return [
        lower(f"join, {name}", ours.seconds, peer.seconds, "Feast", unit="s", goal="5 x"),
        lower(f"join, {name}, peak", ours.peak, peer.peak, "Feast", unit="MiB"),
        *_wrong(folder, name),
    ]


def _wrong(folder: Path, name: str) -> list[Figure]:
    """Answers that are not the newest event as it was known at the asked row's time; and of them
    those that were created after it. Feast leaves out rows that it has nothing for: here they are
    missing values, which is right where nothing was known."""
    asked = pd.read_parquet(folder / "asked.parquet")
    time = asked["time"].to_numpy() / _SECOND
    right = _plainly(folder, asked)
    mine, theirs = (pd.read_parquet(folder / f"{way}.parquet") for way in ("ours", "feast"))
    wrong, leaks = [], []
    for frame in (mine, theirs.set_index("row").reindex(asked["row"])):
        found, expected = (f[[*_FEATURES]].to_numpy(np.float64) for f in (frame, right))
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        wrong.append(int((~same.all(axis=1)).sum()))
        leaks.append(int((frame["known_at"].to_numpy() > time).sum()))
    return [
        counted(f"join, {name}, wrong answers", *wrong, "Feast", unit="rows", goal="0"),
        counted(f"join, {name}, values not known yet", *leaks, "Feast", unit="rows", goal="0"),
    ]


def _plainly(folder: Path, asked: pd.DataFrame) -> pd.DataFrame:
    """The definition in pandas: every row of the driver that was there, the last of them."""
    rows = pd.read_parquet(folder / "rows.parquet")
    parts = []
    for start in range(0, len(asked), 50_000):
        pairs = asked.iloc[start : start + 50_000].merge(rows, on="driver")
        at = pairs["event_timestamp"]
        pairs = pairs[(pairs["event"] <= at) & (pairs["created"] <= at)]
        pairs = pairs.sort_values(["row", "event", "created"])
        parts.append(pairs.drop_duplicates("row", keep="last"))
    return pd.concat(parts).set_index("row").reindex(asked["row"])


def _run(words: list[str]) -> apart.Spent:
    root = Path(__file__).parents[2]
    done = subprocess.run(words, cwd=root, check=True, capture_output=True, text=True)  # noqa: S603
    return convert(json.loads(done.stdout.splitlines()[-1]), apart.Spent)


def table(folder: Path, asked: int, rows: int) -> None:
    """Feature rows of a year, twenty of an entity; 5 % created days after their event, 3 % created
    a second time. And rows to join them to."""
    random = np.random.default_rng(0)
    entities = rows // 20
    fresh = int(rows * 0.97)
    who, event = random.integers(0, entities, fresh), random.integers(0, 365 * _DAY, fresh)
    again = random.choice(fresh, rows - fresh, replace=False)
    delay = np.where(random.random(fresh) < 0.05, random.integers(_DAY, 30 * _DAY, fresh), 60)
    who, event = np.append(who, who[again]), np.append(event, event[again]) + _BEGIN
    created = event + np.append(delay, delay[again] + random.integers(60, 10 * _DAY, len(again)))
    frame = pd.DataFrame({"driver": np.char.add("d", who.astype(str)).astype(object)})
    frame["event"], frame["created"] = (
        t.astype("M8[s]").astype("M8[us]") for t in (event, created)
    )
    for name in _FEATURES[:-1]:
        frame[name] = random.normal(size=rows)
    frame["known_at"] = created.astype(float)
    for name in ("event", "created"):
        frame[name] = frame[name].dt.tz_localize("UTC")
    frame.to_parquet(folder / "rows.parquet", index=False)
    _partitions(folder, frame, event, created)
    time = (random.integers(0, 365 * _DAY, asked) + _BEGIN) * _SECOND
    drivers = np.char.add("d", random.integers(0, entities, asked).astype(str)).astype(object)
    wanted = pd.DataFrame({"row": np.arange(asked), "driver": drivers, "time": time})
    wanted["event_timestamp"] = pd.to_datetime(time, unit="ns", utc=True)
    wanted.to_parquet(folder / "asked.parquet", index=False)


def _partitions(folder: Path, frame: pd.DataFrame, event: np.ndarray, created: np.ndarray) -> None:
    """The same rows as a view's build leaves them."""
    from evergreen.contracts.dataset import CREATED, TIME
    from evergreen.features.months import by_month

    columns = {"driver": frame["driver"], TIME: event * _SECOND, CREATED: created * _SECOND}
    ordered = pd.DataFrame(columns | {name: frame[name] for name in _FEATURES})
    ordered = ordered.sort_values(["driver", TIME, CREATED])
    for month, part in by_month(pa.Table.from_pandas(ordered, preserve_index=False)).items():
        pq.write_table(part, folder / f"month={month}.parquet", compression="zstd")


def ours(folder: Path) -> None:
    """One run of ours."""
    from evergreen.cli.folder import FolderStore
    from evergreen.contracts.columns import categories
    from evergreen.contracts.view_file import parse
    from evergreen.contracts.views import Partition
    from evergreen.features.view_join import Asked, join_view

    view = parse(
        {
            "name": "trips",
            "entity": ["driver"],
            "event_time": {"column": "event"},
            "columns": dict.fromkeys(_FEATURES, "number"),
            "features": {name: {"of": name} for name in _FEATURES},
        }
    )
    months = sorted(path.name for path in folder.glob("month=*"))
    parts = tuple(Partition(name[6:13], name, "", 0) for name in months)
    asked = pd.read_parquet(folder / "asked.parquet")
    store, made = FolderStore(folder), {}

    def join() -> int:
        drivers = categories(asked["driver"].to_numpy(dtype=str))
        time = asked["time"].to_numpy()
        made.update(join_view(store, view, parts, _FEATURES, Asked((drivers,), time, time)).columns)
        return len(asked)

    apart.told(join)
    pd.DataFrame(made).to_parquet(folder / "ours.parquet")


if __name__ == "__main__":
    ours(Path(sys.argv[2]))
