"""Two workers beside one, through the deployed workflow on the emulator: the same kind of trials in
rounds of two and in rounds of one, each of seconds of work and all at full fidelity.

The time is Step Functions' own, from the first ``tune: suggest`` to the last ``tune: record``; a
run of two at once comes first and starts both workers. What else the machine does takes from both,
so runs take turns and the quicker of each kind counts.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evergreen.cli.client import Client
from evergreen.estimators.results import read_results
from msgspec import Struct

from benchmarks.figures import Figure, alone, higher
from benchmarks.serving import emulated
from benchmarks.tuning import tables
from benchmarks.tuning.cells import BUILD, ROOT
from benchmarks.tuning.pieces import HERE, Pieces, digest, no_time
from tests.localstack.executions import history

_ROWS = 6_000
"""Few enough cells for a single rung, so that all trials are alike."""
_TRIALS, _TURNS = 6, 2
_SETTINGS = {"max_leaf_nodes": 31, "min_samples_leaf": 20, "learning_rate": [0.03, 0.033]}
_NAME = f"tuning on the emulator, {_TRIALS} trials, 2 at once beside 1"


class Timed(Struct, frozen=True):
    """A search: its trials, seconds of all of it, and of its rounds beside their longest trials."""

    trials: int
    seconds: float
    rounds: int
    beside: float


class Speed(Struct, frozen=True):
    """The searches of one at once, and of two."""

    one: list[Timed]
    two: list[Timed]

    @property
    def between(self) -> float:
        """Seconds that a round takes beside its longest trial, at least."""
        return min(each.beside / each.rounds for each in (*self.one, *self.two))


def measured(pieces: Pieces) -> Speed | None:
    """None where there was no time for it."""
    sources = [HERE / "speedup.py", ROOT / "infra" / "constructs" / "tune_flow.py"]
    return pieces.piece("speedup", digest(*sources), _measure, Speed)


def figures(speed: Speed | None) -> list[Figure]:
    """Trials a minute of either."""
    if speed is None:
        return [no_time(_NAME, "1 at once")]
    two, one = (
        max(each.trials / each.seconds * 60 for each in runs) for runs in (speed.two, speed.one)
    )
    return [
        higher(_NAME, two, one, "1 at once", unit="trials/min", goal="up to 2"),
        alone("a round on the emulator, beside its longest trial", speed.between, unit="s"),
    ]


def _measure() -> Speed:
    one, two = [], []
    with emulated.cloud() as (cloud, _):
        client = Client(cloud)
        file = _table(BUILD / "emulated")
        _timed(client, file, "warm-up", parallel=2, trials=2)
        for turn in range(_TURNS):
            two.append(_timed(client, file, f"two-{turn}", parallel=2, trials=_TRIALS))
            one.append(_timed(client, file, f"one-{turn}", parallel=1, trials=_TRIALS))
    return Speed(one, two)


def _timed(client: Client, file: Path, name: str, *, parallel: int, trials: int) -> Timed:
    model = BUILD / "emulated" / f"{name}.yaml"
    model.write_text(json.dumps(_model(name, parallel, trials)))
    client.apply(model)
    run_id = client.follow(client.train(name, [file])).run_id
    results = read_results(client.cloud.artifacts, run_id)
    times = list(_times(history(client, run_id)))
    began = min(at for what, at in times if what == "TaskStateEntered tune: suggest")
    ended = max(at for what, at in times if what == "TaskStateExited tune: record")
    firsts = range(0, len(results), parallel)
    longest = sum(max(r.seconds for r in results[n : n + parallel]) for n in firsts)
    return Timed(len(results), ended - began, len(firsts), ended - began - longest)


def _times(events: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    for event in events:
        for details in ("stateEnteredEventDetails", "stateExitedEventDetails"):
            if details in event:
                yield f"{event['type']} {event[details]['name']}", event["timestamp"].timestamp()


def _model(name: str, parallel: int, trials: int) -> dict[str, Any]:
    family = "gradient boosting"
    return {
        "name": name,
        "problem": "regression",
        "target": {"column": tables.TARGET},
        "features": dict.fromkeys(("tmin", "tmax", "pn", "hour", "month", "year"), "number"),
        "search": {
            "trials": trials,
            "parallel": parallel,
            "families": [family],
            "settings": {family: _SETTINGS},
            "patience": trials,
            "ensemble": 1,
            "warm_start": False,
        },
        "deploy": {"steps": []},
    }


def _table(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "bicycles.csv"
    tables.bicycles().sample(_ROWS, random_state=0).to_csv(file, index=False)
    return file
