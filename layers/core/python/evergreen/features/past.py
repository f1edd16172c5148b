"""The past of a forecast's rows, and what serving needs to go on from there."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.model_file import Forecast, ModelFile
from evergreen.contracts.table import seconds
from evergreen.contracts.views import OnlineRow, entity_key, past_of
from evergreen.errors import InvalidTable
from evergreen.frame import Frame
from evergreen.past import names, past, reach, value_at, with_lags
from evergreen.series import series_row

_OFF_AT_MOST = 0.1
_SECOND = 10**9

Rows = NDArray[np.intp]


def stated(model: ModelFile, rows: Frame) -> Forecast | None:
    """The model's forecast with its lags filled in, None where it is no forecast.

    Raises:
        InvalidTable: a series has two rows of one time, or the rows do not keep to the step.
    """
    if model.forecast is None:
        return None
    time = rows.time
    _require_grid(model.forecast, model, rows)
    return with_lags(model.forecast, float(time.max() - time.min()) / _SECOND)


def past_columns(forecast: Forecast, target: str, rows: Frame) -> dict[str, NDArray[np.float64]]:
    """Lags and means of each row's own series; NaN where its past has a gap."""
    columns = {name: np.full(len(rows), np.nan) for name in names(forecast, target)}
    for _, mine in _series(forecast, rows):
        time, values = rows.time[mine], rows.target[mine]
        for column, found in zip(columns.values(), past(forecast, time, values, time), strict=True):
            column[mine] = found
    return columns


def history(forecast: Forecast, model: str, rows: Frame) -> list[OnlineRow]:
    """The newest values of every series, by entity, as far back as its next ``horizon`` rows will
    look."""
    step = seconds(forecast.step)
    back = (
        np.arange(reach(forecast) + forecast.horizon - 1, -1, -1, dtype=np.int64) * step * _SECOND
    )
    found = []
    for entity, mine in _series(forecast, rows):
        time = rows.time[mine]
        at = time[-1] - back
        values = value_at(time, rows.target[mine], at[at >= time[0]])
        event = int(time[-1])
        found.append(series_row(past_of(model), entity_key(entity), event, event, values, step))
    return sorted(found, key=lambda row: row.entity)


def gaps(forecast: Forecast, rows: Frame) -> int:
    """How many steps lack a row, between the oldest and the newest of each series."""
    step = seconds(forecast.step) * _SECOND
    return sum(
        max(0, round((int(rows.time[m[-1]]) - int(rows.time[m[0]])) / step) + 1 - len(m))
        for _, m in _series(forecast, rows)
    )


def _require_grid(forecast: Forecast, model: ModelFile, rows: Frame) -> None:
    step = seconds(forecast.step) * _SECOND
    apart = [np.diff(rows.time[mine]) for _, mine in _series(forecast, rows)]
    between = np.concatenate(apart) if apart else np.empty(0, np.int64)
    time = model.time.column if model.time else ""
    repeated = int(np.count_nonzero(between == 0))
    if repeated:
        series = f"of one {' and '.join(forecast.series)} " if forecast.series else ""
        key = ", ".join([time, *forecast.series])
        raise InvalidTable(
            f"{repeated:,} rows {series}share their '{time}' with another, so the past has two "
            "values; name the columns that tell series apart in 'forecast.series', or keep one row "
            f"of each time with 'clean.key: [{key}]'."
        )
    off = int(np.count_nonzero(between % step))
    if off > _OFF_AT_MOST * max(len(between), 1):
        raise InvalidTable(
            f"{off:,} of {len(rows):,} rows come at no whole number of steps of {forecast.step} "
            f"after the one before; state the step of '{time}' in 'forecast.step'."
        )


def _series(forecast: Forecast, rows: Frame) -> Iterator[tuple[tuple[str, ...], Rows]]:
    """Each series: the canonical texts that name it, and its rows by time."""
    number = np.zeros(len(rows), dtype=np.intp)
    for name in forecast.series:
        codes, count = _codes(rows.columns[name])
        number = np.unique(number * count + codes, return_inverse=True)[1]
    order = np.lexsort((rows.time, number))
    starts = np.flatnonzero(np.diff(number[order])) + 1
    for mine in np.split(order, starts):
        if len(mine):
            yield tuple(_text(rows.columns[name], int(mine[0])) for name in forecast.series), mine


def _codes(values: Values) -> tuple[Rows, int]:
    if isinstance(values, Categories):
        return values.codes.astype(np.intp), max(len(values.values), 1)
    known, codes = np.unique(values, return_inverse=True)
    return codes, max(len(known), 1)


def _text(values: Values, row: int) -> str:
    if isinstance(values, Categories):
        return values.values[int(values.codes[row])]
    return category_text(float(values[row]))
