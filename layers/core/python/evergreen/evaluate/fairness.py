"""Equal opportunity: do those of a class have the same chance to be found in every group?

Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning", 2016, section 2. Of
several classes each is judged by itself.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import Gate, GroupRate
from evergreen.evaluate.groups import groups
from evergreen.frame import Frame

_ONE_SIDED = 0.95


def group_rates(
    column: str, rows: Frame, flagged: NDArray[np.bool_], code: int = 1, label: str = ""
) -> tuple[GroupRate, ...]:
    """The true positive rate of each group of a protected column; 0 for one without positives.

    Args:
        flagged: the rows that are answered with the class, shape (n,).
        code: the class's code in the target.
        label: its name, where there are several.
    """
    of = groups(rows.columns[column])
    positive = rows.target == code
    rates = []
    for group in np.unique(of):
        mine = of == group
        found = int(np.sum(mine & positive))
        rate = float(np.sum(mine & positive & flagged)) / max(found, 1)
        name = str(group) or "missing"
        rates.append(GroupRate(column, name, int(np.sum(mine)), found, rate, label))
    return tuple(rates)


def rates_by_class(
    column: str, rows: Frame, answered: NDArray[np.intp], classes: tuple[str, ...]
) -> tuple[GroupRate, ...]:
    """:func:`group_rates` of every class, where each row is answered with one."""
    found = (
        group_rates(column, rows, answered == code, code, label)
        for code, label in enumerate(classes)
    )
    return tuple(rate for rates in found for rate in rates)


def fairness_gate(column: str, rates: tuple[GroupRate, ...], gates: Gates) -> Gate:
    """Whether the rates of the groups that are large enough to judge lie close together.

    A gap above the allowed one fails when chance does not explain it: when it is above by more
    than 1.645 standard errors (one-sided, 95 %). Fifty positive rows a group have a standard error
    of 0.1, so the bare gap would refuse every third model that treats its groups alike. Of k
    classes the largest gap has k chances to be large, and the 5 % are shared among them
    (Bonferroni).
    """
    labels = dict.fromkeys(rate.label for rate in rates)
    judged = [
        [r for r in rates if r.label == label and r.positives >= gates.fairness_group_at_least]
        for label in labels
    ]
    judged = [each for each in judged if len(each) > 1]
    if not judged:
        sentence = (
            f"Fairness by {column} was not judged: fewer than two groups have"
            f" {gates.fairness_group_at_least} positive rows."
        )
        return Gate("fairness", True, sentence)
    allowed = NormalDist().inv_cdf(1 - (1 - _ONE_SIDED) / len(judged))
    return max((_gap(column, each, gates, allowed) for each in judged), key=_worst)[1]


def _worst(found: tuple[float, Gate]) -> tuple[bool, float]:
    return not found[1].passed, found[0]


def _gap(column: str, judged: list[GroupRate], gates: Gates, errors: float) -> tuple[float, Gate]:
    """The largest difference of one class's rates, and what the gate says of it."""
    least = min(judged, key=lambda rate: rate.true_positive_rate)
    most = max(judged, key=lambda rate: rate.true_positive_rate)
    gap = most.true_positive_rate - least.true_positive_rate
    error = math.hypot(_standard_error(least), _standard_error(most))
    passed = gap - errors * error <= gates.fairness_gap
    chance = ", which chance explains" if passed and gap > gates.fairness_gap else ""
    of = f" of '{least.label}'" if least.label else ""
    sentence = (
        f"True positive rates{of} by {column} lie {gap:.3f} apart (standard error {error:.3f};"
        f" {least.group} {least.true_positive_rate:.3f}, {most.group}"
        f" {most.true_positive_rate:.3f}), {gates.fairness_gap:g} allowed{chance}."
    )
    return gap, Gate("fairness", passed, sentence)


def _standard_error(rate: GroupRate) -> float:
    """Of a proportion, with one success and one failure added so that 0 and 1 are not certain
    (Agresti and Caffo 2000)."""
    rows = rate.positives + 2
    share = (rate.true_positive_rate * rate.positives + 1) / rows
    return math.sqrt(share * (1 - share) / rows)
