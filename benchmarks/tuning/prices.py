"""What a tuned model costs: by Evergreen's own price table, and the same trials as training jobs of
SageMaker Automatic Model Tuning.

SageMaker's price is the published one of an on-demand ml.m5.large (2 processors, 8 GiB) for
training in us-east-1 at the end of 2025, written down from memory. Each trial is a job of its own,
billed by the second. What a job bills for fetching its image and data is not counted; what a
function bills for its start, once for each that runs at the same time, is a part of the bill of its
own.
"""

from collections.abc import Sequence

from evergreen.contracts.stages import TrialResult
from evergreen.prices import Worker, dollars, transitions
from msgspec import Struct

SAGEMAKER_TRAINING_HOUR = 0.115
FUNCTION = Worker("lambda", memory_gib=3008 / 1024)
"""What a trial runs in."""

STATES_OF_A_ROUND = 5
"""suggest, where, trials, record, enough."""
STATES_BESIDE_TUNING = 13
"""From start to the end of a run whose version serves at once."""


class Bill(Struct, frozen=True):
    """Dollars of one run."""

    trials: float
    other_stages: float
    starts: float
    orchestration: float
    states: int

    @property
    def whole(self) -> float:
        """All of it."""
        return self.trials + self.other_stages + self.starts + self.orchestration


def bill(
    results: Sequence[TrialResult], rounds: int, other_seconds: float, started: Sequence[float]
) -> Bill:
    """A run's bill.

    Args:
        results: all trials, promotions among them.
        rounds: how many rounds they came in.
        other_seconds: of suggesting, recording and the last fit.
        started: the seconds that each function took to start.
    """
    states = STATES_BESIDE_TUNING + STATES_OF_A_ROUND * rounds + len(results)
    return Bill(
        trials=sum(dollars(FUNCTION, each.seconds) for each in results),
        other_stages=dollars(FUNCTION, other_seconds),
        starts=sum(dollars(FUNCTION, each) for each in started),
        orchestration=transitions(states),
        states=states,
    )


def sagemaker(results: Sequence[TrialResult]) -> float:
    """The same trials as training jobs."""
    return sum(each.seconds for each in results) / 3600 * SAGEMAKER_TRAINING_HOUR
