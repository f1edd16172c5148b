"""How long a search of 1,000 trials takes with so many at once: computed, from measured trials.

A round lasts as long as its slowest trial, whose seconds are drawn from those measured. A round of
40 and below runs in the execution's own Map; a larger one in a Distributed Map. Assumed, since no
account was at hand: a worker that has not run before starts in 4 s; suggest and record take 1.5 s
together; Step Functions begins 1,000 child executions in a second at first and Lambda adds 1,000
environments of a function every 10 s (both of the published quotas), and a Distributed Map needs 5
s to begin and end.
"""

from collections.abc import Sequence

import numpy as np

TRIALS = 1_000
INLINE_AT_MOST = 40
COLD_START = 4.0
BETWEEN_ROUNDS = 1.5
DISTRIBUTED = 5.0
STARTED_A_SECOND = 100.0
"""The slower of the two rates: 1,000 environments in 10 s."""

AT_ONCE = (1, 2, 5, 10, 20, 40, 100, 300, 1_000)


def seconds(measured: Sequence[float], at_once: int, trials: int = TRIALS) -> float:
    """How long the search takes, expected.

    Args:
        measured: seconds of trials.
    """
    random = np.random.default_rng(0)
    drawn = random.choice(np.asarray(measured), size=(50, trials))
    rounds = [drawn[:, first : first + at_once] for first in range(0, trials, at_once)]
    slowest = sum(_round(each) for each in rounds)
    return float(slowest.mean()) + COLD_START + len(rounds) * _overhead(at_once)


def _round(drawn: np.ndarray) -> np.ndarray:
    """When the last trial of a round ends, the trials started at the rate of the platform."""
    started = np.arange(drawn.shape[1]) / STARTED_A_SECOND
    return (drawn + started).max(axis=1)


def _overhead(at_once: int) -> float:
    return BETWEEN_ROUNDS + (DISTRIBUTED if at_once > INLINE_AT_MOST else 0.0)
