"""Tables that a stranger might bring: another problem, other rates, late outcomes, one change each.

Like :mod:`benchmarks.monitoring.planted` they say what the default policy has to get right at once.
Faults were found and mended on ``sudden``; the others were replayed afterwards.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BEGIN = np.datetime64("2022-01-01T00:00:00")
SERVED_FROM = "2022-07-01"
INPUTS = 6


class Stranger(Struct, frozen=True):
    """A table and how it is replayed.

    ``make`` takes the day of each row, the inputs, of shape (n, 6), and a generator, and gives the
    signal and, where it moves them, the inputs.
    """

    make: Callable[[Floats, Floats, np.random.Generator], tuple[Floats, Floats]]
    told: str
    gains: bool
    problem: str = "binary"
    a_day: int = 20
    served_from: str = SERVED_FROM
    until: str = "2023-04-01"
    every: str = "7d"
    delay: str = "1d"
    schedule: str = "30d"
    judged: float = 1.0
    """Share of the rows whose outcome is ever known."""
    retrain: dict[str, Any] = {}

    @property
    def model(self) -> dict[str, Any]:
        """The model file without its name."""
        target = {"column": "y", "positive": "yes"} if self.problem == "binary" else {"column": "y"}
        return {
            "problem": self.problem,
            "target": target,
            "features": {f"x{n}": "number" for n in range(INPUTS)},
            "time": {"column": "at"},
            "search": {"trials": 4, "parallel": 4, "seed": 1},
            **({"retrain": self.retrain} if self.retrain else {}),
        }


_OLD = np.array([1.2, -0.9, 0.7, 0.0, 0.0, 0.0])
_NEW = np.array([0.0, -0.9, 0.7, 1.2, -0.8, 0.0])
_CHANGE = 300.0
"""The day of the change: four months after serving begins."""


def _curved(x: Floats) -> Floats:
    """Something that a plain model does not see."""
    return 0.8 * np.sin(2 * x[:, 5]) + 0.5 * (x[:, 0] > 0.5)


def _mixed(x: Floats, share: Floats | NDArray[np.bool_]) -> Floats:
    """The signal, so much of it by the new relation."""
    return (1 - share) * (x @ _OLD) + share * (x @ _NEW) + _curved(x)


def _stays(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    return _mixed(x, np.zeros(len(day))), x


def _turns(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    return _mixed(x, day >= _CHANGE), x


def _creeps(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    return _mixed(x, np.clip((day - 200) / 200, 0, 1)), x


def _recurs(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    moved = x + 1.5 * np.sin(2 * np.pi * day / 91)[:, None] * (np.arange(INPUTS) < 3)
    return _mixed(moved, np.zeros(len(day))), moved


def _shifts(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    moved = x + (day >= _CHANGE)[:, None] * (np.arange(INPUTS) < 2)
    return _mixed(moved, np.zeros(len(day))), moved


def _balance(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    return _mixed(x, np.zeros(len(day))) - 1.5 * (day >= _CHANGE), x


def _anomaly(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    odd = (day >= _CHANGE) & (day < _CHANGE + 35)
    return np.where(odd, -1.0, 1.0) * _mixed(x, np.zeros(len(day))), x


def _breaks(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    """The signal knows what the table no longer says."""
    told = x.copy()
    told[day >= _CHANGE, 0] = -9.0
    return _mixed(x, np.zeros(len(day))), told


def _grows(day: Floats, x: Floats, _draw: np.random.Generator) -> tuple[Floats, Floats]:
    return _mixed(x, np.zeros(len(day))) * (1 + day / 120) + day / 15, x


STRANGERS: dict[str, Stranger] = {
    "sudden": Stranger(_turns, "the relation changes one day", gains=True),
    "sudden-number": Stranger(
        _turns, "the relation to a number changes one day", gains=True, problem="regression"
    ),
    "sudden-classes": Stranger(
        _turns, "the relation to four classes changes one day", gains=True, problem="multiclass"
    ),
    "gradual": Stranger(_creeps, "the relation changes over 200 days", gains=True),
    "recurring": Stranger(_recurs, "inputs move with the quarter", gains=False),
    "shift": Stranger(_shifts, "inputs move, the relation stays", gains=False),
    "late": Stranger(
        _turns, "the relation changes; a third of the outcomes, after 30 days", gains=True,
        delay="30d", judged=0.35, a_day=40,
    ),
    "late-estimated": Stranger(
        _shifts, "inputs move; outcomes after 60 days, estimates in the trigger", gains=False,
        delay="60d", retrain={"on": ["estimated", "performance", "growth"]},
    ),
    "balance": Stranger(_balance, "the classes' balance moves", gains=False),
    "tiny": Stranger(
        _stays, "the first version has 400 rows", gains=True, served_from="2022-01-25",
        until="2022-12-01",
    ),
    "anomaly": Stranger(_anomaly, "for five weeks the relation is turned round", gains=False),
    "broken": Stranger(_breaks, "an input is -9 from one day on", gains=True),
    "busy": Stranger(
        _turns, "the relation changes one day; 600 rows a day", gains=True, a_day=600,
        served_from="2022-10-01", until="2022-12-20", schedule="14d",
    ),
    "trend": Stranger(
        _grows, "the level and the scale of the target grow", gains=True, problem="regression"
    ),
    "nothing": Stranger(_stays, "nothing changes", gains=False, a_day=40),
}  # fmt: skip


def stranger(name: str, seed: int = 7) -> pd.DataFrame:
    """The table of this name."""
    of, draw = STRANGERS[name], np.random.default_rng(seed)
    end = np.datetime64(of.until)
    days = int((end - BEGIN.astype("M8[D]")).astype(int))
    rows = days * of.a_day
    seconds = np.sort(draw.integers(0, days * 86_400, rows))
    signal, told = of.make(seconds / 86_400, draw.normal(size=(rows, INPUTS)), draw)
    columns = {f"x{n}": told[:, n].round(6) for n in range(INPUTS)}
    table = {"at": BEGIN + seconds.astype("m8[s]"), **columns, "y": _target(of, signal, draw)}
    return pd.DataFrame(table)[draw.random(rows) < of.judged]


def _target(of: Stranger, signal: Floats, draw: np.random.Generator) -> NDArray[Any]:
    if of.problem == "regression":
        scale = np.abs(signal).mean()
        return (10 + signal + 0.5 * scale * draw.normal(size=len(signal))).round(4)
    if of.problem == "multiclass":
        noisy = signal + draw.logistic(size=len(signal))
        return np.array(["a", "b", "c", "d"])[np.digitize(noisy, [-1.5, 0.0, 1.5])]
    return np.where(draw.random(len(signal)) < 1 / (1 + np.exp(-signal)), "yes", "no")
