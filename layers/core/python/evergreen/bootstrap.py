"""How sure a metric is: the bootstrap (Efron 1979), paired and by cluster.

Rows of one cluster are drawn together, because they are not independent; drawn one by one they
would make every metric look surer than it is. A cluster is a group of the model file or, where time
orders the rows, a stretch of neighbouring time (Carlstein 1986: blocks that do not overlap).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import Metric
from evergreen.frame import Frame
from evergreen.groups import groups
from evergreen.metrics import Floats, ahead, measure_weighted

RESAMPLES = 1000
_CELLS_AT_ONCE = 4_000_000
"""Weights held in memory at a time: 32 MB."""
_DAY = 86_400 * 10**9
_SHORT, _STRETCHES_AT_LEAST = 20, 10
STRETCHES = 30
"""Of a hold-out. Each must be longer than errors depend on each other, and they must be many
enough to draw from: of errors that remember 10 hours, over two months, one of two equal models
seemed surely better (90 %) in 27 % of tables by 30 stretches, in 33 % by days, in 87 % by rows;
20 % is right."""


def bootstrap(
    metric: Metric,
    target: NDArray[Any],
    scores: list[Floats],
    clusters: NDArray[np.intp],
    seed: int,
    resamples: int = RESAMPLES,
) -> Floats:
    """The metric of each score on the same resampled rows.

    Args:
        target: shape (n,).
        scores: answers, each of shape (n,) or (n, k).
        clusters: number of each row's cluster, 0 to k - 1, shape (n,).

    Returns:
        shape (len(scores), resamples); NaN where a resample has no metric.
    """
    parts = [
        [measure_weighted(metric, target, score, weights) for score in scores]
        for weights in _weights(clusters, seed, resamples)
    ]
    return np.concatenate(parts, axis=1)


def interval(values: Floats) -> tuple[float, float]:
    """The middle 90 % of resampled metrics."""
    low, high = np.nanquantile(values, [0.05, 0.95])
    return float(low), float(high)


def confidence(metric: Metric, challenger: Floats, champion: Floats) -> float:
    """Share of resamples in which the challenger is better; a tie counts half."""
    lead = ahead(metric, challenger, champion)
    lead = lead[np.isfinite(lead)]
    return float(np.mean((lead > 0) + (lead == 0) / 2)) if len(lead) else 0.5


def clusters_of(rows: Frame, group: str | None) -> NDArray[np.intp]:
    """The number of each row's cluster, of shape (n,): its group, or itself where there are none
    or one alone, which drawn again and again would seem to leave no doubt."""
    if group is not None:
        found = np.unique(groups(rows, group), return_inverse=True)[1]
        if np.any(found):
            return found
    return np.arange(len(rows))


def clusters_in_time(rows: Frame, group: str | None, at_most: int = STRETCHES) -> NDArray[np.intp]:
    """As :func:`clusters_of`, of rows that time orders: groups or :func:`stretches` of time,
    whichever are fewer, since both depend on each other within."""
    grouped, stretched = clusters_of(rows, group), stretches(rows.time, at_most)
    if stretched is None or int(grouped.max()) <= int(stretched.max()):
        return grouped
    return stretched


def stretches(time: NDArray[np.int64], at_most: int = STRETCHES) -> NDArray[np.intp] | None:
    """The number of each row's stretch of time, shape (n,); None where there are fewer than ten,
    which tell nothing (a table of three years, by year).

    They are equally long: ``at_most`` so many, but no shorter than a day, unless twenty are longer.
    """
    steps, place = np.unique(time, return_inverse=True)
    span = float(steps[-1] - steps[0])
    if len(steps) < _STRETCHES_AT_LEAST:
        return None
    length = max(span / at_most, min(_DAY, span / _SHORT))
    # The newest time is no stretch of its own.
    numbers = np.minimum((steps - steps[0]) // length, np.ceil(span / length) - 1)
    found, of_step = np.unique(numbers, return_inverse=True)
    return of_step[place] if len(found) >= _STRETCHES_AT_LEAST else None


def _weights(clusters: NDArray[np.intp], seed: int, resamples: int) -> Iterator[Floats]:
    generator = np.random.default_rng(seed)
    count = int(clusters.max()) + 1
    at_once = max(1, _CELLS_AT_ONCE // len(clusters))
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = generator.integers(0, count, size=(rows, count))
        counts = np.stack([np.bincount(row, minlength=count) for row in drawn])
        yield counts[:, clusters].astype(np.float64)
