"""What somebody would answer without a search: what a candidate must beat.

Fitted on train and validation, as the candidate is. Without skill are the share of each class; the
mean of a number, its median where absolute errors count, or the quantile that is asked for; and of
a forecast the values known at its horizon. A model with its defaults is plain: a candidate need not
beat it, but may not surely lose against it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import QUANTILES, Metric, ModelFile
from evergreen.contracts.signature import Signature
from evergreen.contracts.table import seconds
from evergreen.contracts.verdict import PLAIN_MODELS
from evergreen.estimators.facts import facts
from evergreen.estimators.families import offered
from evergreen.estimators.pipeline import answers, fit
from evergreen.frame import Frame

Floats = NDArray[np.float64]

_CELLS_AT_MOST = 10_000_000
"""That a plain model is fitted on: it has nothing more to learn from more."""
_DAY = 86_400
_SEASONS = (_DAY, 7 * _DAY, 365 * _DAY)


def baselines(
    file: ModelFile, signature: Signature, manifest: Manifest, rows: Frame, test: Frame
) -> dict[str, Floats]:
    """Each baseline's answers to the m test rows, float64 of shape (m,), of several classes (m, k).

    Args:
        rows: train followed by validation.

    Raises:
        InvalidTable: the rows lack a class, or hold one number only.
    """
    if signature.forecast:
        found = dict(_past(file.metric, signature, rows, test))
    elif signature.classes:
        found = {"class frequencies": _frequencies(signature, rows, len(test))}
    else:
        name, number = _constant(file.metric, rows)
        found = {name: np.full(len(test), number)}
    return found | dict(_plain(file, signature, manifest, rows, test))


def _frequencies(signature: Signature, rows: Frame, count: int) -> Floats:
    """The probabilities of least log loss among those that do not look at the row."""
    counted = np.bincount(rows.target, minlength=len(signature.classes))
    shares: Floats = counted / len(rows)
    binary = signature.problem == "binary"
    return np.full(count, shares[1]) if binary else np.tile(shares, (count, 1))


def _constant(metric: Metric, rows: Frame) -> tuple[str, float]:
    """The number of least loss among those that do not look at the row."""
    share = 0.5 if metric == "mae" else QUANTILES.get(metric)
    if share is None:
        return "mean", float(np.mean(rows.target))
    return "median" if share == 0.5 else f"{share:.0%} quantile", float(
        np.quantile(rows.target, share)
    )


def _past(
    metric: Metric, signature: Signature, rows: Frame, test: Frame
) -> Iterator[tuple[str, Floats]]:
    """The newest value known at the horizon, and those of a day, a week or a year before; where
    the series has a gap, a constant."""
    if signature.forecast is None:
        return
    step, lags = seconds(signature.forecast.step), signature.forecast.lags
    constant = _constant(metric, rows)[1]
    for lag in lags:
        seasonal = any(season > step and lag * step % season == 0 for season in _SEASONS)
        if lag == min(lags) or seasonal:
            name = "last value" if lag == min(lags) else "seasonal naive"
            values = np.asarray(test.columns[f"{signature.target}.lag_{lag}"], dtype=np.float64)
            steps = "1 step" if lag == 1 else f"{lag} steps"
            yield f"{name}, {steps} before", np.where(np.isnan(values), constant, values)


def _plain(
    file: ModelFile, signature: Signature, manifest: Manifest, rows: Frame, test: Frame
) -> Iterator[tuple[str, Floats]]:
    """The linear model of the problem and metric, whatever the search is narrowed to."""
    space = offered(facts(signature, file, manifest))
    for name, family in PLAIN_MODELS.items():
        if family in space:
            every = -(-len(rows) * len(signature.inputs) // _CELLS_AT_MOST)
            configuration = space[family].configuration(family, {})
            fitted = fit(signature, configuration, _thinned(rows, every, len(signature.classes)))
            yield name, answers(fitted, signature, test)
            return


def _thinned(rows: Frame, every: int, classes: int) -> Frame:
    """One of ``every`` so many rows, evenly spread; of each class at least one."""
    if every == 1:
        return rows
    if not classes:
        return rows.take(slice(None, None, every))
    places = [np.flatnonzero(rows.target == code)[::every] for code in range(classes)]
    return rows.take(np.sort(np.concatenate(places)))
