"""Which rows a window learns from, and how much each counts."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.candidate import Window
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.policies import TrainingWindow
from evergreen.estimators.weighting import Weights
from evergreen.frame import Frame
from evergreen.profiles import moment

ALL = Window()
_SHARES: dict[TrainingWindow, tuple[float, ...]] = {
    "all": (1.0,),
    "weighted": (0.25,),
    "recent": (0.5, 0.25, 0.125, 1 / 16, 1 / 32),
}
"""The last two are for what changed lately in a table of years."""


class Learned(Struct, frozen=True, eq=False):
    """The rows of a window; ``weights`` of shape (n,), None where they count alike."""

    window: Window
    rows: Frame
    weights: Weights | None = None
    since: str = ""
    """As :class:`~evergreen.contracts.candidate.WindowReport` has it."""


def windows(kinds: tuple[TrainingWindow, ...]) -> tuple[Window, ...]:
    """The windows of the kinds that a model file allows, that which leaves most rows first."""
    allowed = set(kinds)
    return tuple(
        Window(kind, share)
        for kind, shares in _SHARES.items()
        if kind in allowed
        for share in shares
    )


def learned(window: Window, file: ModelFile, rows: Frame) -> Learned:
    """The rows that a window leaves of ``rows``."""
    if window.kind == "all":
        return Learned(window, rows)
    age = ages(rows.time)
    young = age < window.share
    since = moment(file, rows.time[young].min())
    if window.kind == "recent":
        return Learned(window, rows.take(young), None, since)
    return Learned(window, rows, 0.5 ** (age / window.share), since)


def ages(time: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of the rows that are newer than each, shape (n,): 0 for the newest.

    Not a duration: a table that grew faster, or that was continued after years, has its newest part
    all the same. Rows of one time are of one age.
    """
    newer = len(time) - np.searchsorted(np.sort(time), time, side="right")
    share: NDArray[np.float64] = newer / len(time)
    return share
