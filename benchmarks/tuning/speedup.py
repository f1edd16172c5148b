"""Two workers beside one, through the deployed workflow on the emulator: the same kind of trials in
rounds of one and in rounds of two, seconds of tuning for each trial."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from evergreen.cli.client import Client
from evergreen.contracts.registry import Run
from evergreen.estimators.results import read_results

from benchmarks.figures import Figure, higher
from benchmarks.serving import emulated
from benchmarks.tuning import tables
from benchmarks.tuning.cells import BUILD

_ROWS = 20_000
_TRIALS = 12
_SETTINGS = {"max_leaf_nodes": 31, "min_samples_leaf": 20, "learning_rate": [0.05, 0.06]}


def figures() -> list[Figure]:
    """Trials a minute of either."""
    with emulated.cloud() as (cloud, _):
        client = Client(cloud)
        file = _table(BUILD / "emulated")
        _rate(client, file, "warm-up", parallel=2, trials=2)
        one = _rate(client, file, "one", parallel=1, trials=_TRIALS)
        two = _rate(client, file, "two", parallel=2, trials=_TRIALS)
    name = f"tuning on the emulator, 2 at once beside 1, {_TRIALS} trials"
    return [higher(name, two, one, "1 at once", unit="trials/min")]


def _rate(client: Client, file: Path, name: str, *, parallel: int, trials: int) -> float:
    """Trials a minute, from the first suggestion to the last record."""
    model = BUILD / "emulated" / f"{name}.yaml"
    model.write_text(json.dumps(_model(name, parallel, trials)))
    client.apply(model)
    run = client.follow(client.train(name, [file]))
    found = read_results(client.cloud.artifacts, run.run_id)
    return len(found) / _minutes(run)


def _minutes(run: Run) -> float:
    tuning = [each for each in run.stages if each.stage.startswith("tune")]
    began = min(datetime.fromisoformat(each.started_at) for each in tuning)
    ended = max(datetime.fromisoformat(each.ended_at) for each in tuning)
    return (ended - began).total_seconds() / 60


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
            "warm_start": False,
        },
        "deploy": {"steps": []},
    }


def _table(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "bicycles.csv"
    tables.bicycles().sample(_ROWS, random_state=0).to_csv(file, index=False)
    return file
