"""How long a search of 1,000 trials takes with so many at once: computed, from measured parts.

Measured: the seconds of trials (``cost``), what proposing takes (``crowd``) and what a
round takes beside its trials (``speedup``, on the emulator). A round lasts as long as its slowest
trial, whose seconds are drawn from those measured. A round of 40 and below runs in the execution's
own Map; a larger one in a Distributed Map.

Assumed, since no account was at hand: a worker that has not run before starts in 4 s; suggest and
record each read every result so far, 16 at a time in 25 ms; Step Functions begins 1,000 child
executions in a second at first and Lambda adds 1,000 environments of a function every 10 s (both of
the published quotas), and a Distributed Map needs 5 s to begin and end. The account's quota and the
setting ``trials_at_once`` allow as many functions as the round has trials.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.figures import Figure, lower

TRIALS = 1_000
INLINE_AT_MOST = 40
COLD_START = 4.0
DISTRIBUTED = 5.0
READ = 2 * 0.025 / 16
"""Of a result, by suggest and by record."""
STARTED_A_SECOND = 100.0
"""The slower of the two rates: 1,000 environments in 10 s."""

AT_ONCE = (1, 10, 40, 100, 300, 1_000)


def figures(
    table: str, measured: Sequence[float], proposing: Mapping[int, float], between: float
) -> list[Figure]:
    """By the trials of a table.

    Args:
        table: its name.
        measured: seconds of its trials.
        proposing: seconds that all proposals take, by how many are made at once.
        between: seconds of a round beside its trials.
    """
    times = {
        at_once: seconds(measured, at_once, proposing[at_once], between) for at_once in AT_ONCE
    }
    what = f"computed: {TRIALS:,} trials of {table}"
    return [
        lower(f"{what}, {many:,} at once", times[many], times[1], "one at a time", unit="s")
        for many in AT_ONCE[1:]
    ]


def seconds(
    measured: Sequence[float], at_once: int, proposing: float, between: float, trials: int = TRIALS
) -> float:
    """How long the search takes, expected; as in :func:`figures`."""
    random = np.random.default_rng(0)
    drawn = random.choice(np.asarray(measured), size=(50, trials))
    firsts = range(0, trials, at_once)
    slowest = sum(_round(drawn[:, first : first + at_once]) for first in firsts)
    beside = between + (DISTRIBUTED if at_once > INLINE_AT_MOST else 0.0)
    read = sum(min(first + at_once, trials) for first in firsts) * READ
    return float(np.mean(slowest)) + COLD_START + len(firsts) * beside + read + proposing


def _round(drawn: np.ndarray) -> np.ndarray:
    """When the last trial of a round ends, the trials started at the rate of the platform."""
    started = np.arange(drawn.shape[1]) / STARTED_A_SECOND
    return (drawn + started).max(axis=1)
