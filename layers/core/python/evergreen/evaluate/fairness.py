"""Equal opportunity: do those with the outcome have the same chance to be flagged in every group?

Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning", 2016, section 2.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import Gate, GroupRate
from evergreen.frame import Frame

_VALUES_AS_GROUPS = 10
_ONE_SIDED_95 = 1.645


def group_rates(column: str, rows: Frame, flagged: NDArray[np.bool_]) -> tuple[GroupRate, ...]:
    """The true positive rate of each group of a protected column; 0 for one without positives."""
    groups = _groups(rows.columns[column])
    positive = rows.target == 1
    rates = []
    for group in np.unique(groups):
        mine = groups == group
        found = int(np.sum(mine & positive))
        rate = float(np.sum(mine & positive & flagged)) / max(found, 1)
        rates.append(GroupRate(column, str(group) or "missing", int(np.sum(mine)), found, rate))
    return tuple(rates)


def fairness_gate(column: str, rates: tuple[GroupRate, ...], gates: Gates) -> Gate:
    """Whether the rates of the groups that are large enough to judge lie close together.

    A gap above the allowed one fails when chance does not explain it: when it is above by more
    than 1.645 standard errors (one-sided, 95 %). Fifty positive rows a group have a standard error
    of 0.1, so the bare gap would refuse every third model that treats its groups alike.
    """
    judged = [rate for rate in rates if rate.positives >= gates.fairness_group_at_least]
    if len(judged) < 2:
        sentence = (
            f"Fairness by {column} was not judged: fewer than two groups have"
            f" {gates.fairness_group_at_least} positive rows."
        )
        return Gate("fairness", True, sentence)
    least = min(judged, key=lambda rate: rate.true_positive_rate)
    most = max(judged, key=lambda rate: rate.true_positive_rate)
    gap = most.true_positive_rate - least.true_positive_rate
    error = math.hypot(_standard_error(least), _standard_error(most))
    passed = gap - _ONE_SIDED_95 * error <= gates.fairness_gap
    chance = ", which chance explains" if passed and gap > gates.fairness_gap else ""
    sentence = (
        f"True positive rates by {column} lie {gap:.3f} apart (standard error {error:.3f};"
        f" {least.group} {least.true_positive_rate:.3f}, {most.group}"
        f" {most.true_positive_rate:.3f}), {gates.fairness_gap:g} allowed{chance}."
    )
    return Gate("fairness", passed, sentence)


def _standard_error(rate: GroupRate) -> float:
    """Of a proportion, with one success and one failure added so that 0 and 1 are not certain
    (Agresti and Caffo 2000)."""
    rows = rate.positives + 2
    share = (rate.true_positive_rate * rate.positives + 1) / rows
    return math.sqrt(share * (1 - share) / rows)


def _groups(values: NDArray[np.generic]) -> NDArray[np.str_]:
    """Each row's group: a category's value, a number of few values, or a number's quarter."""
    if values.dtype.kind == "U":
        return values.astype(np.str_)
    numbers = values.astype(np.float64)
    known = numbers[~np.isnan(numbers)]
    distinct = np.unique(known)
    if len(distinct) <= _VALUES_AS_GROUPS:
        names = [f"{number:g}" for number in distinct]
        place = np.searchsorted(distinct, numbers)
    else:
        edges = np.unique(np.quantile(known, [0, 0.25, 0.5, 0.75, 1]))
        names = [f"{a:g} to {b:g}" for a, b in pairwise(edges)]
        place = np.searchsorted(edges[1:-1], numbers)
    return np.where(np.isnan(numbers), "", np.array([*names, ""])[np.minimum(place, len(names))])
