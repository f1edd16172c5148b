"""What a forecast knows of its series' past: lags and means, nothing later than the horizon.

The same few lines make the training rows and, from the series' newest values, the rows that
serving answers.
"""

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen.contracts.model_file import Forecast
from evergreen.contracts.table import seconds

_DAY = 86_400
_SUGGESTED = (_DAY, 7 * _DAY, 365 * _DAY)
_STEPS_AT_MOST = 20_000


def with_lags(forecast: Forecast, span_seconds: float) -> Forecast:
    """The forecast with its lags stated: as the file has them, else the horizon, a day, a week and
    a year, rounded up to reach the horizon, and no longer than a third of the table's span."""
    if forecast.lags:
        return forecast
    step = seconds(forecast.step)
    lags = {forecast.horizon}
    for season in _SUGGESTED:
        steps = season // step
        if steps > 1 and season * 3 <= span_seconds:
            lags.add(steps * -(-forecast.horizon // steps))
    return replace(forecast, lags=tuple(sorted(lag for lag in lags if lag <= _STEPS_AT_MOST)))


def names(forecast: Forecast, target: str) -> tuple[str, ...]:
    """Names of the columns of :func:`past`, in their order."""
    lags = (f"{target}.lag_{lag}" for lag in forecast.lags)
    return (*lags, *(f"{target}.mean_{steps}" for steps in forecast.means))


def reach(forecast: Forecast) -> int:
    """How many steps before its time a row looks back at most."""
    means = (forecast.horizon + steps for steps in forecast.means)
    return max((*forecast.lags, *means), default=0)


def past(
    forecast: Forecast,
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    at: NDArray[np.int64],
) -> Iterator[NDArray[np.float64]]:
    """The past of one series at some times, a column at a time in the order of :func:`names`.

    Args:
        forecast: with its lags stated.
        times: nanoseconds since 1970, ascending, each once, shape (n,).
        values: of the series at ``times``; NaN is missing, shape (n,).
        at: times to look back from, shape (m,), in any order.

    Yields:
        float64 of shape (m,); NaN where the series has no value.
    """
    step = seconds(forecast.step) * 10**9
    for lag in forecast.lags:
        yield value_at(times, values, at - lag * step)
    for steps in forecast.means:
        end = at - forecast.horizon * step
        yield _mean(times, values, end - steps * step, end)


def value_at(
    times: NDArray[np.int64], values: NDArray[np.float64], at: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The values of a series exactly at some times, NaN where it has none; see :func:`past`."""
    if not len(times):
        return np.full(len(at), np.nan)
    place = np.minimum(np.searchsorted(times, at), len(times) - 1)
    return np.where(times[place] == at, values[place], np.nan)


def _mean(
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    after: NDArray[np.int64],
    until: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The mean of the known values at after < time <= until."""
    there = ~np.isnan(values)
    times, values = times[there], values[there]
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first, last = (np.searchsorted(times, ends, side="right") for ends in (after, until))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)
    return mean
