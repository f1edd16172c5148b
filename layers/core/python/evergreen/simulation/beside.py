"""How sure it is that one policy earned more than another, on the rows that both answered."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.bootstrap import bootstrap, clusters_in_time, interval
from evergreen.metrics import Floats
from evergreen.simulation.history import History
from evergreen.simulation.scores import ROWS_AT_LEAST
from evergreen.simulation.traffic import Answers

_RESAMPLES = 400


class Step(Struct, frozen=True, eq=False):
    """What answered the rows of a step, given by their places."""

    answers: Answers
    rows: NDArray[np.int64]


def beside(
    history: History, steps: Sequence[Step], shown: Sequence[Step]
) -> tuple[float, float] | None:
    """The middle 90 % of a policy's mean less that of the one that is shown; None where no step
    could be measured.

    Both are measured on the same resamples of each step, of stretches of its time (decision 37),
    and the steps' differences weigh as in the mean. Where one version answered under both policies
    there is no difference.
    """
    weights, apart = 0, np.zeros(_RESAMPLES)
    for seed, (mine, theirs) in enumerate(zip(steps, shown, strict=True)):
        rows = mine.rows[mine.answers.fits[mine.rows] & theirs.answers.fits[mine.rows]]
        found = _apart(history, mine.answers, theirs.answers, rows, seed)
        if found is not None:
            weights += len(rows)
            apart += len(rows) * found
    return interval(apart / weights) if weights else None


def _apart(
    history: History, mine: Answers, theirs: Answers, rows: NDArray[np.int64], seed: int
) -> Floats | None:
    """The difference in each resample of one step."""
    if len(rows) < ROWS_AT_LEAST:
        return None
    if mine is theirs:
        return np.zeros(_RESAMPLES)
    file, kept = history.file, history.rows.take(rows)
    both = [mine.scores[rows], theirs.scores[rows]]
    drawn = clusters_in_time(kept, file.group)
    first, second = bootstrap(file.metric, kept.target, both, drawn, seed, _RESAMPLES)
    apart: Floats = first - second
    if np.isnan(apart).all():
        return None
    return np.where(np.isnan(apart), np.nanmean(apart), apart)
