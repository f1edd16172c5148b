"""What is known of each configuration, as one number that can be compared."""

import math
from collections import defaultdict
from itertools import pairwise
from statistics import fmean

from msgspec import Struct

from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.space import FAMILY, Families

Key = tuple[object, ...]


class Observation(Struct, frozen=True):
    """A configuration that was tried, and the loss that it has or would have at the top rung."""

    configuration: Configuration
    loss: float


def of_the_space(configuration: Configuration, space: Families) -> Configuration | None:
    """A configuration as the space would choose it; None where the space could not.

    A number of steps that the fit itself found, and wrote down, is left out. A setting that the
    space has and the configuration has not, since it is of an older release, is at its default.
    """
    name = str(configuration.get(FAMILY))
    if name not in space:
        return None
    try:
        complete = space[name].configuration(name, configuration)
    except (TypeError, ValueError):  # A number today, which was a text in another release.
        return None
    changed = any(configuration.get(key, value) != value for key, value in complete.items())
    return None if changed else complete


def key_of(configuration: Configuration) -> Key:
    """What tells configurations of one space apart."""
    return tuple(configuration.values())


def observations(results: list[TrialResult], space: Families) -> list[Observation]:
    """One for each configuration, in the order they were first tried.

    A loss of a lower rung is shifted by the mean difference, to the rung above, of the
    configurations that were seen on both, and so on to the top. One that failed on any rung counts
    like the worst.
    """
    seen: dict[Key, dict[int, float]] = defaultdict(dict)
    first: dict[Key, Configuration] = {}
    for result in sorted(results, key=lambda r: r.number):
        chosen = of_the_space(result.configuration, space)
        if chosen is not None:
            first.setdefault(key_of(chosen), chosen)
            seen[key_of(chosen)][result.fidelity.rung] = _loss(result)
    shifts = _shifts(list(seen.values()))
    losses = {key: _at_the_top(rungs, shifts) for key, rungs in seen.items()}
    worst = max((loss for loss in losses.values() if math.isfinite(loss)), default=1.0)
    return [Observation(first[key], min(loss, worst)) for key, loss in losses.items()]


def _loss(result: TrialResult) -> float:
    failed = result.loss is None or not math.isfinite(result.loss)
    return math.inf if failed or result.loss is None else result.loss


def _shifts(configurations: list[dict[int, float]]) -> dict[int, float]:
    """What to add to a loss of each rung to compare it with the top rung's."""
    rungs = sorted({rung for losses in configurations for rung in losses}, reverse=True)
    shifts = {rungs[0]: 0.0} if rungs else {}
    for above, below in pairwise(rungs):
        both = [each for each in configurations if above in each and below in each]
        apart = [each[above] - each[below] for each in both]
        finite = [difference for difference in apart if math.isfinite(difference)]
        shifts[below] = shifts[above] + (fmean(finite) if finite else 0.0)
    return shifts


def _at_the_top(losses: dict[int, float], shifts: dict[int, float]) -> float:
    if not all(math.isfinite(loss) for loss in losses.values()):
        return math.inf
    highest = max(losses)
    return losses[highest] + shifts[highest]
