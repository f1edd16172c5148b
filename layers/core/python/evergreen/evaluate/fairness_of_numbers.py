"""Whether a model of numbers errs to the same side, and as far, for every group.

A mean error of prediction minus truth says by how much a group is over- or underestimated; its
difference between groups is the "calibration in the large" that equal treatment of a number asks
for (Steyerberg, "Clinical Prediction Models", 2009, chapter 15).
"""

import math

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import Gate, GroupRate
from evergreen.evaluate.groups import groups
from evergreen.frame import Frame

_ONE_SIDED_95 = 1.645


def mean_errors(
    column: str, rows: Frame, answered: NDArray[np.float64], gates: Gates
) -> tuple[tuple[GroupRate, ...], Gate]:
    """Each group's mean error in the target's unit, and whether they lie close together.

    A gap fails where it is above the allowed one by more than 1.645 standard errors, all in
    standard deviations of the target.
    """
    of, error = groups(rows.columns[column]), answered - rows.target
    found = {str(group) or "missing": error[of == group] for group in np.unique(of)}
    rates = tuple(
        GroupRate(column, group, len(each), 0, 0.0, error=float(each.mean()))
        for group, each in found.items()
    )
    large = {g: e for g, e in found.items() if len(e) >= max(gates.fairness_group_at_least, 2)}
    if len(large) < 2:
        sentence = (
            f"Fairness by {column} was not judged: fewer than two groups have"
            f" {gates.fairness_group_at_least} rows."
        )
        return rates, Gate("fairness", True, sentence)
    return rates, _gate(column, large, float(np.std(rows.target)), gates)


def _gate(
    column: str, errors: dict[str, NDArray[np.float64]], deviation: float, gates: Gates
) -> Gate:
    means = {group: float(each.mean()) / deviation for group, each in errors.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    gap = means[most] - means[least]
    error = math.hypot(*(_standard_error(errors[group]) for group in (least, most))) / deviation
    passed = gap - _ONE_SIDED_95 * error <= gates.fairness_gap
    chance = ", which chance explains" if passed and gap > gates.fairness_gap else ""
    sentence = (
        f"Mean errors by {column} lie {gap:.3f} standard deviations of the target apart (standard"
        f" error {error:.3f}; {least} {means[least]:.3f}, {most} {means[most]:.3f}),"
        f" {gates.fairness_gap:g} allowed{chance}."
    )
    return Gate("fairness", passed, sentence)


def _standard_error(errors: NDArray[np.float64]) -> float:
    return float(np.std(errors, ddof=1)) / math.sqrt(len(errors))
