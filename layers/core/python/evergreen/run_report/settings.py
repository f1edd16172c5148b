"""Which settings a loss depends on: functional analysis of variance (Hutter, Hoos and
Leyton-Brown 2014) of a forest that is fitted on the trials.

Settings are averaged over as they were tried (by their ranks), not over a range that nobody
asked about. Losses far above the others are brought to Tukey's fence (1977), or one configuration
that went wrong would be all there is to explain.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.run_report import SettingShare
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.metrics import Floats

FAMILY = "family"
_TRIALS_AT_LEAST, _TRIALS_AT_MOST = 8, 1000
_TREES, _ROWS_OF_A_LEAF = 64, 2


def setting_shares(results: Sequence[TrialResult]) -> tuple[SettingShare, ...]:
    """Shares of the loss's variance, the largest first: of the family's choice (the correlation
    ratio, corrected for chance as Kelley 1935 did), then of each setting within its family.

    Of the trials of that rung alone where most have finished, since others' losses are of other
    rows; of more than 1,000, of every second, every third and so on. Families with fewer than
    eight of them are left out.
    """
    alike = _of_one_rung(results)
    losses = _fenced(np.array([result.loss for result in alike], dtype=np.float64))
    families = np.array([str(result.configuration[FAMILY]) for result in alike])
    found = []
    several = len(set(families.tolist())) > 1 and len(alike) >= _TRIALS_AT_LEAST
    if several and np.ptp(losses) > 0:
        found.append(SettingShare("", "", _between(families, losses), len(alike)))
    within: list[SettingShare] = []
    for family in dict.fromkeys(families.tolist()):
        of_it = np.flatnonzero(families == family)
        if len(of_it) >= _TRIALS_AT_LEAST and np.ptp(losses[of_it]) > 0:
            configurations = [alike[place].configuration for place in of_it]
            within += _within(family, configurations, losses[of_it])
    return (*found, *sorted(within, key=lambda each: -each.share))


def _of_one_rung(results: Sequence[TrialResult]) -> list[TrialResult]:
    finished = [result for result in results if result.loss is not None]
    if not finished:
        return []
    counted = Counter(result.fidelity.rung for result in finished)
    rung = max(counted, key=lambda rung: (counted[rung], rung))
    alike = [result for result in finished if result.fidelity.rung == rung]
    return alike[:: math.ceil(len(alike) / _TRIALS_AT_MOST)]


def _fenced(losses: Floats) -> Floats:
    if not len(losses):
        return losses
    low, high = np.quantile(losses, [0.25, 0.75])
    fenced: Floats = np.minimum(losses, high + 1.5 * (high - low))
    return fenced


def _between(families: NDArray[np.str_], losses: Floats) -> float:
    total = float(np.sum((losses - losses.mean()) ** 2))
    parts = [losses[families == family] for family in np.unique(families)]
    inside = sum(float(np.sum((part - part.mean()) ** 2)) for part in parts)
    free = len(losses) - len(parts)
    if free < 1:
        return 0.0
    return max(0.0, 1 - (inside / free) / (total / (len(losses) - 1)))


def _within(family: str, configurations: list[Configuration], losses: Floats) -> list[SettingShare]:
    names = sorted({name for each in configurations for name in each} - {FAMILY})
    if not names:
        return []
    matrix = np.column_stack([_ranks([c.get(n) for c in configurations]) for n in names])
    varied = np.ptp(matrix, axis=0) > 0
    if not varied.any():
        return []
    shares = iter(analysis_of_variance(matrix[:, varied], losses).tolist())
    return [
        SettingShare(family, name, next(shares), len(losses))
        for name, there in zip(names, varied.tolist(), strict=True)
        if there
    ]


def _ranks(values: list[Any]) -> Floats:
    """Middle ranks from 0 to 1; what is no number is ordered by its text, before the numbers."""
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in values]
    ordered = sorted({(n, v if n else str(v)) for n, v in zip(numbers, values, strict=True)})
    place = {value: i for i, value in enumerate(ordered)}
    codes = np.array([place[n, v if n else str(v)] for n, v in zip(numbers, values, strict=True)])
    counts = np.bincount(codes)
    middle: Floats = (np.cumsum(counts) - counts / 2) / len(values)
    ranks: Floats = middle[codes]
    return ranks


def analysis_of_variance(matrix: Floats, losses: Floats) -> Floats:
    """Each column's share of the variance of what a forest answers over the unit cube.

    Args:
        matrix: shape (n, d), each column in 0 to 1.
        losses: shape (n,).

    Returns:
        Shape (d,), the mean over the trees.
    """
    # Imported here because evaluate, which only reads shares, needs no scikit-learn.
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(_TREES, min_samples_leaf=_ROWS_OF_A_LEAF, random_state=0)
    forest.fit(matrix, losses)
    shares = [_shares(tree.tree_, matrix.shape[1]) for tree in forest.estimators_]
    there = [each for each in shares if each is not None]
    mean: Floats = np.mean(there or [np.zeros(matrix.shape[1])], axis=0)
    return mean


def _shares(tree: Any, columns: int) -> Floats | None:
    low, high, values = _leaves(tree, columns)
    width = high - low
    volume = width.prod(axis=1)
    mean = float(volume @ values)
    total = float(volume @ (values - mean) ** 2)
    if total <= 0:
        return None
    return np.array([_alone(low, high, j, values * volume, mean) for j in range(columns)]) / total


def _alone(low: Floats, high: Floats, column: int, mass: Floats, mean: float) -> float:
    """The variance of the mean over all other columns; ``mass`` is value times volume."""
    start, end = low[:, column], high[:, column]
    cuts = np.unique(np.concatenate([start, end]))
    middle, width = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
    inside = (start <= middle[:, None]) & (middle[:, None] < end)
    marginal = inside @ (mass / (end - start))
    return float(width @ (marginal - mean) ** 2)


def _leaves(tree: Any, columns: int) -> tuple[Floats, Floats, Floats]:
    """Lower and upper corners, of shape (leaves, d), and values of a tree's leaves."""
    found: list[tuple[Floats, Floats, float]] = []
    waiting = [(0, np.zeros(columns), np.ones(columns))]
    while waiting:
        node, low, high = waiting.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            found.append((low, high, float(tree.value[node].ravel()[0])))
            continue
        column, cut = int(tree.feature[node]), float(tree.threshold[node])
        below, above = high.copy(), low.copy()
        below[column] = above[column] = cut
        waiting += [(left, low, below), (right, above, high)]
    lows, highs, values = zip(*found, strict=True)
    return np.array(lows), np.array(highs), np.array(values)
