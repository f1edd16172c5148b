"""Real and planted tables through ``simulate``: what each policy earns and costs.

``python -m benchmarks.monitoring.replay [NAME ...]`` writes figures to
``build/bench-monitoring/simulate-<name>.json``, and the whole of each as a page and as JSON below
``simulations/``; without names, all.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec
from evergreen.cli.document import read
from evergreen.contracts import view_file
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidModelFile, InvalidViewFile
from evergreen.simulation.page import lines, simulation_page
from evergreen.simulation.result import Simulation
from evergreen.simulation.simulate import Asked, simulate

from benchmarks.figures import Figure, higher, lower
from benchmarks.monitoring.planted import MODEL, PLANTED, SERVED_FROM, SERVED_TO, planted
from benchmarks.monitoring.real import MODELS, REAL
from benchmarks.monitoring.strangers import STRANGERS, stranger
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
_WITHOUT_DRIFT = ("never", "schedule", "performance", "default")
_ONE_FLIGHT_IN = 8
"""So that a version is learned in seconds."""


def main(names: list[str]) -> None:
    """Replay these tables."""
    whole = FOLDER / "simulations"
    whole.mkdir(parents=True, exist_ok=True)
    for name in names or _all():
        found = simulate(_asked(name), lambda text: print(text, file=sys.stderr))  # noqa: T201
        (whole / f"{name}.json").write_bytes(msgspec.json.encode(found))
        (whole / f"{name}.html").write_bytes(simulation_page(found))
        figures = msgspec.json.encode(list(_figures(name, found)))
        (FOLDER / f"simulate-{name}.json").write_bytes(figures)
        print(name, found.first, f"{found.seconds} s")  # noqa: T201
        for line in lines(found):
            print("  ", "  ".join(f"{cell:>14}" for cell in line))  # noqa: T201


def _all() -> list[str]:
    made = (f"planted-{kind}" for kind in PLANTED), (f"stranger-{kind}" for kind in STRANGERS)
    return [*_PERIODS, *REAL, *chain(*made)]


def _figures(name: str, found: Simulation) -> Iterator[Figure]:
    """The default policy's mean score beside those of the others, and its retrainings beside the
    schedule's."""
    by = {outcome.policy: outcome for outcome in found.outcomes}
    default, metric = by["default"], found.metric
    beside = lower if found.less_is_better else higher
    for other, theirs in by.items():
        if other != "default":
            what = f"{name} replayed: mean {metric} of the default policy"
            yield beside(what, default.mean, theirs.mean, other, unit=metric, goal="1.00")
    if "schedule" in by:
        what, theirs = f"{name} replayed: retrainings", float(by["schedule"].started)
        ratio = theirs / default.started if default.started else None
        ours = float(default.started)
        yield Figure(what, ours, theirs, "schedule", ratio, "fewer", "runs")


def _asked(name: str) -> Asked:
    if name.startswith("planted-"):
        return _of_planted(name.removeprefix("planted-"))
    if name.startswith("stranger-"):
        return _of_stranger(name.removeprefix("stranger-"))
    if name in REAL:
        return _of_real(name)
    period = _PERIODS[name]
    example = Example(name)
    files = _tables(example)
    views = tuple(
        (view_file.parse(read(path, InvalidViewFile)), files.pop(path.stem))
        for path in example.view_files
    )
    return Asked(
        file=_of_few_trials(example.model_file),
        data=tuple(files.values()),
        since=_day(period["since"]),
        until=_day(period["until"]),
        every=period["every"],
        delay=period["delay"],
        schedule=period["schedule"],
        views=views,
    )


def _of_real(name: str) -> Asked:
    of, path = REAL[name], FOLDER / "tables" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    of.table().to_csv(path, index=False)
    return Asked(
        file=_of_few_trials(MODELS / f"{name}.yaml"),
        data=(path,),
        since=_day(of.since),
        until=_day(of.until),
        every=of.every,
        delay=of.delay,
        schedule=of.schedule,
    )


def _of_few_trials(path: Path) -> ModelFile:
    file = parse(read(path, InvalidModelFile))
    search = msgspec.structs.replace(file.search, trials=TRIALS, parallel=TRIALS)
    return msgspec.structs.replace(file, search=search)


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
        policies=_WITHOUT_DRIFT,
    )


def _of_stranger(kind: str) -> Asked:
    of, name = STRANGERS[kind], f"stranger-{kind}"
    path = FOLDER / "tables" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    stranger(kind).to_parquet(path, index=False)
    return Asked(
        file=parse({"name": name, **of.model}),
        data=(path,),
        since=_day(of.served_from),
        until=_day(of.until),
        every=of.every,
        delay=of.delay,
        schedule=of.schedule,
        policies=("never", "schedule", "default"),
    )


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


if __name__ == "__main__":
    main(sys.argv[1:])
