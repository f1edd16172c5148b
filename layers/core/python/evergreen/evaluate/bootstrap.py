"""How sure a metric is: the bootstrap (Efron 1979), paired and by cluster."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import Metric
from evergreen.metrics import Floats, ahead, measure_weighted
from evergreen.resampling import weights

RESAMPLES = 1000


def bootstrap(
    metric: Metric,
    target: NDArray[Any],
    scores: list[Floats],
    clusters: NDArray[np.intp],
    seed: int,
) -> Floats:
    """The metric of each score on the same resampled rows.

    Args:
        target: shape (n,).
        scores: answers, each of shape (n,) or (n, k).
        clusters: number of each row's cluster, 0 to k - 1, shape (n,).

    Returns:
        shape (len(scores), RESAMPLES); NaN where a resample has no metric.
    """
    parts = [
        [measure_weighted(metric, target, score, drawn) for score in scores]
        for drawn in weights(clusters, RESAMPLES, np.random.default_rng(seed))
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
