"""A shop's purchases over eight months, to be replayed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.simulation.history import History, of_history, read_history
from evergreen.simulation.simulate import Asked
from evergreen.simulation.store import MemoryObjects
from evergreen.simulation.tables import put
from evergreen.simulation.views import MemoryViews
from evergreen.simulation.world import World

DAY = 86_400 * 10**9
FILE: dict[str, Any] = {
    "name": "shop",
    "problem": "binary",
    "target": {"column": "bought", "positive": "yes"},
    "features": {"x": "number", "kind": "category"},
    "time": {"column": "at"},
    "search": {"trials": 1, "parallel": 1, "folds": 2},
    "monitor": {"rows_at_least": 200},
    "retrain": {"outcomes_at_least": 200, "confirmations": 1},
}


def shop(rows: int = 2400, turns: bool = True) -> pd.DataFrame:
    """Eight months of ten rows a day; after the fourth, ``x`` speaks for the other answer."""
    draw = np.random.default_rng(0)
    at = pd.date_range("2020-01-01", periods=rows, freq="144min")
    x = draw.normal(size=rows)
    sign = np.where((np.arange(rows) > rows / 2) & turns, -2.0, 2.0)
    kind = draw.choice(["a", "b", ""], rows)
    bought = draw.random(rows) < 1 / (1 + np.exp(-sign * x - (kind == "a")))
    return pd.DataFrame(
        {
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x": np.where(draw.random(rows) < 0.05, np.nan, x),
            "kind": kind,
            "bought": np.where(bought, "yes", "no"),
        }
    )


def asked(folder: Path, table: pd.DataFrame, **changes: Any) -> Asked:
    """What to replay of a table; some of it may be otherwise."""
    path = folder / "shop.csv"
    table.to_csv(path, index=False)
    given: dict[str, Any] = {
        "file": parse(FILE),
        "data": (path,),
        "since": datetime(2020, 4, 1, tzinfo=UTC),
        "until": datetime(2020, 8, 20, tzinfo=UTC),
        "every": "14d",
        "delay": "2d",
    }
    return Asked(**(given | changes))


def history(folder: Path, table: pd.DataFrame, file: ModelFile) -> tuple[History, World]:
    """A table read as a history, and the world it was read in."""
    path = folder / "table.csv"
    table.to_csv(path, index=False)
    made = of_history(file)
    world = World(made, MemoryViews(), MemoryObjects(), 0)
    found = read_history(
        made,
        put(world.features, made.name, (path,)),
        features=world.features,
        registry=world.registry,
        views=world.views,
        clock=world.clock,
    )
    return found, world
