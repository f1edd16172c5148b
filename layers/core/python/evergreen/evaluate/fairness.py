"""Equal opportunity: do those with the outcome have the same chance to be flagged in every group?

Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning", 2016, section 2.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import Gates
from evergreen.contracts.verdict import Gate, GroupRate
from evergreen.frame import Frame

_VALUES_AS_GROUPS = 10


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
    """Whether the rates of the groups that are large enough to judge lie close together."""
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
    sentence = (
        f"True positive rates by {column} lie {gap:.3f} apart, {gates.fairness_gap:.3g} allowed"
        f" ({least.group} {least.true_positive_rate:.3f}, {most.group}"
        f" {most.true_positive_rate:.3f})."
    )
    return Gate("fairness", gap <= gates.fairness_gap, sentence)


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
