"""Prediction minus truth: how wide, how far off, and when."""

import numpy as np
from numpy.typing import NDArray

from evergreen.calendar_parts import calendar_part
from evergreen.contracts.model_file import Forecast
from evergreen.contracts.run_report import PartError, ResidualBand, Residuals
from evergreen.contracts.table import seconds
from evergreen.metrics import Floats

_BANDS, _BINS = 10, 21
_Z = 1.6448536269514722
_DAY = 86_400
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def residuals(truth: Floats, predicted: Floats) -> Residuals:
    """Bands of equally many rows by prediction, and a histogram around zero, whose outer bins hold
    what lies beyond the largest 1 % of errors. Both arguments have shape (n,)."""
    error = predicted - truth
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, _BANDS) if len(part)]
    widest = float(np.quantile(np.abs(error), 0.99)) or 1.0
    edges = np.linspace(-widest, widest, _BINS + 1)
    counts, _ = np.histogram(np.clip(error, -widest, widest), edges)
    return Residuals(
        tuple(_band(predicted[part], error[part]) for part in parts),
        tuple(edges.tolist()),
        tuple(counts.tolist()),
    )


def _band(predicted: Floats, error: Floats) -> ResidualBand:
    low, median, high = np.quantile(error, [0.05, 0.5, 0.95]).tolist()
    return ResidualBand(
        (float(predicted.min()), float(predicted.max())), len(error), low, median, high
    )


def over_time(
    forecast: Forecast, time: NDArray[np.int64], truth: Floats, predicted: Floats
) -> tuple[PartError, ...]:
    """The mean absolute error by hour of the day or, of steps of a day and more, by weekday, both
    in UTC; its interval is that of a normal mean."""
    hourly = seconds(forecast.step) < _DAY
    part = calendar_part(time, "hour" if hourly else "weekday").astype(np.intp)
    apart = np.abs(predicted - truth)
    return tuple(
        _part(f"{place:02d}:00" if hourly else _WEEKDAYS[place], apart[part == place])
        for place in np.unique(part).tolist()
    )


def _part(name: str, apart: Floats) -> PartError:
    mean = float(apart.mean())
    half = _Z * float(apart.std(ddof=1)) / len(apart) ** 0.5 if len(apart) > 1 else mean
    return PartError(name, len(apart), mean, (max(mean - half, 0.0), mean + half))
