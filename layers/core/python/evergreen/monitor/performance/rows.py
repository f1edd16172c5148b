"""Some of the served rows, as performance is measured and estimated of them."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.metrics import Floats
from evergreen.monitor.served import Served


class Rows(Struct, frozen=True, eq=False):
    """n rows; ``losses`` are empty where nothing expects any, ``clusters`` without groups.

    Attributes:
        answers: shape (n,), of several classes (n, k).
        times: int64, nanoseconds since 1970.
    """

    answers: Floats
    losses: NDArray[np.float32]
    times: NDArray[np.int64]
    clusters: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.answers)


class Judged(Struct, frozen=True, eq=False):
    """n rows and their outcomes, numbers or places of classes."""

    rows: Rows
    truth: NDArray[Any]


def rows_of(served: Served, places: NDArray[Any] | None = None) -> Rows:
    """All rows, or those that an index or a mask selects."""
    where = slice(None) if places is None else places
    answers = served.answers[where]
    losses = served.losses[where] if len(served.losses) else served.losses
    answered = answers if answers.shape[1] > 1 else answers[:, 0]
    clusters = served.clusters[where] if len(served.clusters) else served.clusters
    return Rows(answered, losses, served.times[where], clusters)


def judged_of(served: Served, chosen: NDArray[np.bool_] | None = None) -> Judged:
    """The rows that have their outcome, of those that a mask over them selects."""
    if chosen is None:
        return Judged(rows_of(served, served.judged), served.truth)
    return Judged(rows_of(served, served.judged[chosen]), served.truth[chosen])
