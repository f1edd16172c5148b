"""How sure a metric of rows in time is: the bootstrap over blocks of neighbours.

Rows of one day err alike, so that drawn one by one they would make a metric look surer than it is
(Kunsch 1989). Days are drawn instead, of many days runs of them, and of too few runs of rows. A
metric is made of sums over rows (of a curve, of counts in bins of the score), so that each block is
summed once and a resample is a row of one small matrix product: 100,000 rows take 0.05 s.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.bootstrap import interval
from evergreen.contracts.model_file import Metric
from evergreen.metrics import NO_SPREAD, Floats, measure_weighted, of_rows

RESAMPLES = 500
_BLOCKS = 64
"""Few enough to be longer than most errors depend on each other, and enough to draw from."""
_DAYS = 20
"""From so many days on, days are drawn."""
_DAY = 86_400 * 10**9
_BINS = 256
"""Of the score, for the interval of a curve: equally many rows in each."""
_SMALLEST = float(np.finfo(np.float64).eps)


def blocks(times: NDArray[np.int64]) -> NDArray[np.intp]:
    """The number of each row's block, shape (n,), at most 64: days (UTC), or runs of neighbours.

    Args:
        times: of n rows, nanoseconds since 1970; rows of equal times are in their order.
    """
    days, day = np.unique(times // _DAY, return_inverse=True)
    if len(days) >= _DAYS:
        return even(day, len(days))
    place = np.empty(len(times), dtype=np.intp)
    place[np.argsort(times, kind="stable")] = np.arange(len(times))
    return even(place, len(times))


def even(places: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Of ``count`` clusters at most 64 runs of neighbouring ones."""
    return places * min(count, _BLOCKS) // max(count, 1)


def grouped(clusters: NDArray[Any]) -> NDArray[np.intp]:
    """The number of each row's block, shape (n,), at most 64: the clusters, or runs of them."""
    found, number = np.unique(clusters, return_inverse=True)
    return even(number, len(found))


def bounds(
    metric: Metric,
    truth: NDArray[Any],
    answers: Floats,
    by: Sequence[NDArray[np.intp]],
    weights: Floats | None = None,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """The middle 90 % of the metric by the blocks under which it is widest, since rows may depend
    on each other in more than one way; NaN where no resample has the metric."""
    each = (resampled(metric, truth, answers, block, weights, resamples) for block in by)
    found = [interval(values) for values in each if np.isfinite(values).any()]
    return max(found, key=lambda ends: ends[1] - ends[0], default=(np.nan, np.nan))


def resampled(
    metric: Metric,
    truth: NDArray[Any],
    answers: Floats,
    block: NDArray[np.intp],
    weights: Floats | None = None,
    resamples: int = RESAMPLES,
) -> Floats:
    """The metric on resamples of the blocks, moved so that the rows themselves are their middle.

    Args:
        truth: shape (n,), as :class:`evergreen.frame.Frame` holds a target.
        answers: shape (n,), or of several classes (n, k).
        block: each row's, as :func:`blocks` numbers them.
        weights: of the rows, shape (n,); without them each counts once.

    Returns:
        shape (resamples,); NaN where a resample has no metric.
    """
    rows = np.ones(len(truth)) if weights is None else weights
    summed = _summed(metric, truth, answers, block, rows)
    generator = np.random.default_rng(len(summed))
    chance = np.full(len(summed), 1 / len(summed))
    drawn = generator.multinomial(len(summed), chance, size=resamples).astype(np.float64)
    value = measure_weighted(metric, truth, answers, rows[np.newaxis])
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = _value(metric, summed.sum(axis=0)[np.newaxis])
        found: Floats = _value(metric, drawn @ summed) + (value - middle)
    return found


def _summed(
    metric: Metric, truth: NDArray[Any], answers: Floats, block: NDArray[np.intp], rows: Floats
) -> Floats:
    """What the metric is made of, by block: shape (blocks, s)."""
    if metric in ("roc_auc", "average_precision"):
        return _curve(truth, answers, block, rows)
    count = int(block.max()) + 1
    parts = [np.bincount(block, rows * each, count) for each in _parts(metric, truth, answers)]
    return np.stack([*parts, np.bincount(block, rows, count)], axis=1)


def _curve(truth: NDArray[Any], answers: Floats, block: NDArray[np.intp], rows: Floats) -> Floats:
    """Weight of negatives and of positives by bin of the score, lowest first."""
    edges = np.unique(np.quantile(answers, np.arange(1, _BINS) / _BINS, method="inverted_cdf"))
    place = (truth == 1) * _BINS + np.searchsorted(edges, answers)
    count = int(block.max()) + 1
    summed = np.bincount(block * 2 * _BINS + place, rows, count * 2 * _BINS)
    return summed.astype(np.float64).reshape(count, -1)


def _parts(metric: Metric, truth: NDArray[Any], answers: Floats) -> list[Floats]:
    if metric == "r2":
        centred = truth - truth.mean()
        return [of_rows(metric, truth, answers), centred, centred**2]
    if metric == "macro_f1":
        classes = range(answers.shape[1])
        likeliest = answers.argmax(axis=1)
        hits = [(likeliest == each) & (truth == each) for each in classes]
        sides = [(likeliest == each) * 1.0 + (truth == each) for each in classes]
        return [*(hit.astype(np.float64) for hit in hits), *sides]
    return [of_rows(metric, truth, answers)]


def _value(metric: Metric, sums: Floats) -> Floats:
    """The metric of each row of sums, shape (B,)."""
    if metric in ("roc_auc", "average_precision"):
        misses, hits = sums[:, :_BINS], sums[:, _BINS:]
        return _area(hits, misses) if metric == "roc_auc" else _precision(hits, misses)
    if metric == "r2":
        error, linear, squares, rows = sums.T
        spread = squares - linear**2 / rows
        return np.where(spread > NO_SPREAD * squares, 1 - error / spread, np.nan)
    if metric == "macro_f1":
        hits, sides = np.split(sums[:, :-1], 2, axis=1)
        return np.asarray(np.nanmean(2 * hits / sides, axis=1))
    mean = sums[:, 0] / sums[:, 1]
    return np.sqrt(mean) if metric == "rmse" else mean


def _area(hits: Floats, misses: Floats) -> Floats:
    higher = hits.sum(axis=1, keepdims=True) - np.cumsum(hits, axis=1)
    pairs = (misses * (higher + hits / 2)).sum(axis=1)
    return np.asarray(pairs / (hits.sum(axis=1) * misses.sum(axis=1)))


def _precision(hits: Floats, misses: Floats) -> Floats:
    found, wrong = (np.cumsum(each[:, ::-1], axis=1) for each in (hits, misses))
    precision = found / np.maximum(found + wrong, _SMALLEST)
    return np.asarray((hits[:, ::-1] * precision).sum(axis=1) / hits.sum(axis=1))
