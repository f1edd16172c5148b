"""Tables with a planted change, and whether retraining can gain from it.

Two years of a binary target with 12 rows a day. Nothing is tuned to them: they say what any default
of ``retrain`` has to get right at once.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS, A_DAY = 730, 12
SERVED_FROM = "2020-09-01"
SERVED_TO = "2021-12-31"
_CHANGE = 400
"""The day of the change."""

MODEL: dict[str, Any] = {
    "problem": "binary",
    "target": {"column": "bought", "positive": "yes"},
    "features": {**{f"x{n}": "number" for n in range(8)}, "kind": "category"},
    "time": {"column": "at"},
    "metric": "roc_auc",
    "gates": {"baselines": "report"},  # a plain model is as good: the truth is plain
    "search": {"trials": 4, "parallel": 4, "seed": 1},
}


class _Draw:
    """What all tables begin with: inputs, and how the target follows from them."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        rows = DAYS * A_DAY
        self.day = np.arange(rows) // A_DAY
        self.x = self.random.normal(size=(rows, 8))
        self.kind = self.random.choice(["a", "b", "c"], rows)
        self.weights = np.tile([1.2, -0.8, 0.6, 0.4, 0.0, 0.0, 0.0, 0.0], (rows, 1))
        self.noise: NDArray[np.bool_] = np.zeros(rows, np.bool_)
        self.missing: NDArray[np.bool_] = self.random.random(rows) < 0.01

    @property
    def later(self) -> NDArray[np.bool_]:
        return self.day >= _CHANGE

    def table(self) -> pd.DataFrame:
        score = (self.x * self.weights).sum(axis=1) + (self.kind == "a") - 0.3
        bought = self.random.random(len(score)) < 1 / (1 + np.exp(-score))
        bought = np.where(self.noise, self.random.random(len(score)) < 0.5, bought)
        seconds = np.arange(len(score)) * (86_400 // A_DAY)
        at = np.datetime64("2020-01-01T00:00:00") + seconds.astype("m8[s]")
        columns: dict[str, Any] = {f"x{n}": self.x[:, n] for n in range(8)}
        columns["x1"] = np.where(self.missing, np.nan, columns["x1"])
        return pd.DataFrame(
            {"at": at, **columns, "kind": self.kind, "bought": np.where(bought, "yes", "no")}
        )


def _nothing(_draw: _Draw) -> None:
    """Nothing changes."""


def _concept(draw: _Draw) -> None:
    """What drove the target drives it the other way from one day on."""
    draw.weights[draw.later] = [-1.2, -0.8, 0.6, 0.4, 0.0, 1.0, 0.0, 0.0]


def _slow(draw: _Draw) -> None:
    """What drives the target changes a little every day."""
    share = (draw.day / DAYS)[:, None]
    draw.weights[:] = draw.weights * (1 - share) + share * np.array([0, 0, 0, 0, 1.2, -0.8, 0.6, 0])


def _covariate(draw: _Draw) -> None:
    """Inputs move by a standard deviation; the target follows from them as before."""
    draw.x[draw.later, :3] += 1.0


def _season(draw: _Draw) -> None:
    """Inputs move with the year, as they did before."""
    draw.x[:, :3] += 1.5 * np.sin(2 * np.pi * draw.day / 365)[:, None]


def _burst(draw: _Draw) -> None:
    """For four weeks, outcomes are noise; then all is as before."""
    draw.noise |= (draw.day >= _CHANGE) & (draw.day < _CHANGE + 28)


def _broken(draw: _Draw) -> None:
    """An input that tells much is missing from one day on."""
    draw.missing |= draw.later


def _interlude(draw: _Draw) -> None:
    """For two months the target follows from other inputs; then it is as before."""
    there = (draw.day >= _CHANGE) & (draw.day < _CHANGE + 60)
    draw.weights[there] = [-1.2, -0.8, 0.6, 0.4, 0.0, 1.0, 0.0, 0.0]


PLANTED: dict[str, tuple[Callable[[_Draw], None], bool]] = {
    "nothing": (_nothing, False),
    "concept": (_concept, True),
    "slow": (_slow, True),
    "covariate": (_covariate, False),
    "season": (_season, False),
    "burst": (_burst, False),
    "broken": (_broken, True),
    "interlude": (_interlude, False),
}
"""What changes, and whether a version that learned from later rows would answer better."""


def planted(name: str, seed: int = 0) -> pd.DataFrame:
    """The table of this name."""
    draw = _Draw(seed)
    PLANTED[name][0](draw)
    return draw.table()
