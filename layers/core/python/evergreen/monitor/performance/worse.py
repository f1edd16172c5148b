"""Whether a champion does worse than it should, and not only on harder rows.

A metric alone does not tell: a summer of twice the demand doubles the absolute error of a model
that is as good as ever, and in a flat month no model explains much of what little varies. So skill
is compared (:mod:`evergreen.skill`), and held against the least demanding of

- the skill that the hold-out had;
- the skill that the hold-out's own loss would be on these rows (a quiet season needs no more);
- the skill that was estimated for these very rows (they may be of a harder kind).

Performance is worse where skill is surely below that (one in a hundred, by the standard errors of
both), and either ``monitor.worse_by`` of the hold-out's skill is lost, or none is left.
"""

import math

from msgspec import Struct

from evergreen.contracts.drift import Measured, Performance
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.model_file import Metric
from evergreen.contracts.profile import NumberProfile
from evergreen.monitor.performance.estimate import (
    Z,
    deviation,
    naive_of,
    outcomes_variance,
    point,
    positives,
    standard_error,
)
from evergreen.monitor.performance.realised import realised, to_share
from evergreen.monitor.performance.rows import Judged, Rows
from evergreen.skill import perfect, skill

_SURE = 2.3263478740408408
"""Of a normal distribution, one in a hundred is above."""


class Level(Struct, frozen=True):
    """A skill and its standard error."""

    skill: float
    error: float


def realised_worse(
    expected: Expectation, judged: Judged, told: Performance, worse_by: float
) -> bool:
    """Whether what was realised is worse.

    Args:
        told: of ``judged`` the realised metric, its estimate and the constant's.
    """
    metric, found, guess = expected.metric, told.realised, told.estimated_of_judged
    constant = told.naive
    if found is None or constant is None:
        return False
    value = guess.value if guess else None
    share = positives(expected) if metric == "average_precision" else None
    if share is not None:
        # Precision falls with the positives' share alone, so all are taken at the hold-out's.
        constant, value = share, point(expected, judged.rows, share)
        found = realised(metric, judged, to_share(judged.truth, share)) or found
    scale = _scale(metric, constant)
    now = Level(skill(metric, found.value, constant), (found.high - found.low) / (2 * Z * scale))
    known = [value, _same_loss(expected, float(judged.truth.var()))]
    asked = [skill(metric, each, constant) for each in known if each is not None]
    return _worse(expected, now, asked, scale, worse_by)


def estimated_worse(expected: Expectation, rows: Rows, found: Measured, worse_by: float) -> bool:
    """Whether what was estimated is worse."""
    constant = naive_of(expected, rows, found.value)
    scale = _scale(expected.metric, constant)
    error = deviation(expected, found.value, len(rows)) / scale
    now = Level(skill(expected.metric, found.value, constant), error)
    loss = float(rows.losses.mean()) if len(rows.losses) else 0.0
    same = _same_loss(expected, outcomes_variance(expected, rows.answers, loss))
    asked = [] if same is None else [skill(expected.metric, same, constant)]
    return _worse(expected, now, asked, scale, worse_by)


def _worse(
    expected: Expectation, now: Level, asked: list[float], scale: float, worse_by: float
) -> bool:
    metric = expected.metric
    before = skill(metric, expected.value, expected.naive)
    reference = min([before, *(each for each in asked if math.isfinite(each))])
    error = standard_error(expected) / min(scale, _scale(metric, expected.naive))
    apart = math.hypot(now.error, error)
    missing = reference - now.skill
    if not missing > _SURE * apart:
        return False
    return missing >= worse_by * before or now.skill + _SURE * now.error < 0


def _scale(metric: Metric, constant: float) -> float:
    return abs(perfect(metric) - constant) or math.inf


def _same_loss(expected: Expectation, spread: float) -> float | None:
    """The metric that the hold-out's loss makes on outcomes of this variance; None where that says
    nothing."""
    if expected.metric != "r2":
        return expected.value
    outcomes = expected.outcomes
    if not isinstance(outcomes, NumberProfile) or not outcomes.deviation or not spread:
        return None
    return 1 - (1 - expected.value) * outcomes.deviation**2 / spread
