"""Real and planted tables through ``simulate``: what each policy earns and costs.

``python -m benchmarks.monitoring.replay [NAME ...]`` writes ``simulate-<name>.json`` and ``.html``
below ``build/bench-monitoring/``; without names, all.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from evergreen.cli.document import read
from evergreen.contracts import view_file
from evergreen.contracts.model_checks import parse
from evergreen.errors import InvalidModelFile, InvalidViewFile
from evergreen.simulation.page import lines, simulation_page
from evergreen.simulation.result import Outcome, Simulation
from evergreen.simulation.simulate import Asked, simulate

from benchmarks.monitoring.planted import MODEL, PLANTED, SERVED_FROM, SERVED_TO, planted
from examples.catalogue import Example

FOLDER = Path("build/bench-monitoring")
TRIALS = 2

_PERIODS: dict[str, dict[str, str]] = {
    "bike-demand": {
        "since": "2012-01-01", "until": "2015-01-01", "every": "28d", "delay": "1d",
        "schedule": "91d",
    },
    "flight-delays": {
        "since": "2013-04-01", "until": "2014-01-01", "every": "28d", "delay": "1d",
        "schedule": "30d",
    },
    "crash-fatality": {
        "since": "1999-01-01", "until": "2003-01-01", "every": "91d", "delay": "30d",
        "schedule": "182d",
    },
}  # fmt: skip
_ONE_FLIGHT_IN = 12
"""So that a version is learned in seconds."""


def main(names: list[str]) -> None:
    """Replay these tables."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or [*_PERIODS, *(f"planted-{kind}" for kind in PLANTED)]:
        found = simulate(_asked(name), lambda text: print(text, file=sys.stderr))  # noqa: T201
        (FOLDER / f"simulate-{name}.json").write_bytes(msgspec.json.encode(found))
        (FOLDER / f"simulate-{name}.html").write_bytes(simulation_page(found))
        print(name, found.first, f"{found.seconds} s")  # noqa: T201
        for line in lines(found):
            print("  ", "  ".join(f"{cell:>14}" for cell in line))  # noqa: T201


def figures(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """A line for each simulation that was written: the default policy beside the best of ``never``
    and ``schedule``, and its retrainings beside the schedule's."""
    made: list[dict[str, Any]] = []
    for path in sorted(folder.glob("simulate-*.json")):
        found = msgspec.json.decode(path.read_bytes(), type=Simulation)
        by = {outcome.policy: outcome for outcome in found.outcomes}
        if {"never", "schedule", "default"} <= by.keys():
            made += _figures(path.stem, found, by)
    return made


def _figures(name: str, found: Simulation, by: dict[str, Outcome]) -> list[dict[str, Any]]:
    default, less = by["default"], found.less_is_better
    made = []
    for peer in ("never", "schedule"):
        ours, theirs = default.mean, by[peer].mean
        ratio = theirs / ours if less else ours / theirs
        line = {"name": f"{name}: mean {found.metric}", "ours": ours, "peer": theirs}
        made.append(line | {"peer_name": peer, "ratio": ratio, "goal": 1.0, "unit": found.metric})
    ours, theirs = default.started, by["schedule"].started
    line = {"name": f"{name}: retrainings", "ours": ours, "peer": theirs, "peer_name": "schedule"}
    ratio = theirs / ours if ours else float(theirs + 1)
    return [*made, line | {"ratio": ratio, "goal": 1.0, "unit": "runs"}]


def _asked(name: str) -> Asked:
    if name.startswith("planted-"):
        return _of_planted(name.removeprefix("planted-"))
    period = _PERIODS[name]
    example = Example(name)
    file = parse(read(example.model_file, InvalidModelFile))
    search = msgspec.structs.replace(file.search, trials=TRIALS, parallel=TRIALS)
    files = _tables(example)
    views = tuple(
        (view_file.parse(read(path, InvalidViewFile)), files.pop(path.stem))
        for path in example.view_files
    )
    return Asked(
        file=msgspec.structs.replace(file, search=search),
        data=tuple(files.values()),
        since=_day(period["since"]),
        until=_day(period["until"]),
        every=period["every"],
        delay=period["delay"],
        schedule=period["schedule"],
        views=views,
    )


def _tables(example: Example) -> dict[str, Path]:
    import pandas as pd

    files = example.write(FOLDER / "tables" / example.name)
    if example.name == "flight-delays":
        path = files[example.name]
        whole = pd.read_parquet(path)
        whole.iloc[::_ONE_FLIGHT_IN].to_parquet(path, index=False)
    return files


def _of_planted(kind: str) -> Asked:
    path = FOLDER / "tables" / f"planted-{kind}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    planted(kind).to_parquet(path, index=False)
    return Asked(
        file=parse({"name": f"planted-{kind}", **MODEL}),
        data=(path,),
        since=_day(SERVED_FROM),
        until=_day(SERVED_TO),
        every="14d",
        delay="1d",
        schedule="30d",
    )


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


if __name__ == "__main__":
    main(sys.argv[1:])
