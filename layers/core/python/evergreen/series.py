"""The newest values of a forecast's series, kept in the online store as one row each.

A training run leaves what its table had (:func:`keep`); people add what happened since, so that
forecasts go on without retraining. Both merge into what is there, so none undoes the other.
"""

import math

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.model_file import Forecast
from evergreen.contracts.table import seconds
from evergreen.contracts.views import OnlineRow
from evergreen.errors import Conflict, InvalidTable
from evergreen.past import reach
from evergreen.ports import OnlineStore

_SECOND = 10**9
_ATTEMPTS = 8


def steps_of(row: OnlineRow) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """When the values of a series' row were (nanoseconds since 1970, ascending), and the values
    (NaN where one is missing), both of shape (n,)."""
    listed, step = row.values.get("values"), row.values.get("step")
    values = [math.nan if v is None else v for v in listed] if isinstance(listed, list) else []
    size = round(step * _SECOND) if isinstance(step, float) else 0
    back = np.arange(len(values) - 1, -1, -1, dtype=np.int64)
    return row.event - size * back, np.array(values, dtype=np.float64)


def observed(
    view: str,
    entity: str,
    forecast: Forecast,
    times: NDArray[np.int64],
    values: NDArray[np.float64],
    known: int,
) -> OnlineRow:
    """Values of a series as a row; of a time that comes twice the last counts.

    Args:
        times: nanoseconds since 1970, in any order, all on one grid of the forecast's step.
        values: of the target, NaN where missing; the same shape (n,), n at least 1.
        known: when they became known, nanoseconds since 1970.

    Raises:
        InvalidTable: times are not on one grid.
    """
    step = seconds(forecast.step)
    event = int(times.max())
    back, off = np.divmod(event - times, step * _SECOND)
    if off.any():
        raise InvalidTable(
            f"The times of {entity} are not {forecast.step} apart; give them on the model's grid."
        )
    listed = np.full(int(back.max()) + 1, np.nan)
    listed[len(listed) - 1 - back] = values
    return series_row(view, entity, event, known, listed, step)


def keep(online: OnlineStore, forecast: Forecast, row: OnlineRow) -> OnlineRow:
    """Merge a series' row into the one that the online store has; gives what it has then.

    Where both have a value, the new row's counts. At least as many steps as a forecast looks back
    stay, and as many as either row has at most.

    Raises:
        Conflict: others write the same series without a pause.
        InvalidTable: the times of the two rows are not on one grid.
    """
    for _ in range(_ATTEMPTS):
        before = online.read([(row.view, row.entity)]).get((row.view, row.entity))
        made = _merged(before, row, forecast)
        try:
            online.replace(made, before)
        except Conflict:
            continue
        return made
    raise Conflict(f"Others write the series {row.entity} all the time; try again.")


def _merged(before: OnlineRow | None, row: OnlineRow, forecast: Forecast) -> OnlineRow:
    if before is None or before.values.get("step") != row.values.get("step"):
        return row  # of another step nothing can be kept
    longest = max(len(steps_of(before)[1]), len(steps_of(row)[1]), reach(forecast))
    parts = [steps_of(before), steps_of(row)]
    times, values = (np.concatenate(both) for both in zip(*parts, strict=True))
    there = ~np.isnan(values)
    # Of a time that comes twice the last counts, so what is missing stands before what is not.
    times = np.concatenate([times[~there], times[there]])
    values = np.concatenate([values[~there], values[there]])
    known = max(row.known, before.known + 1)
    made = observed(row.view, row.entity, forecast, times, values, known)
    newest = steps_of(made)[1][-longest:]
    return series_row(row.view, row.entity, made.event, known, newest, seconds(forecast.step))


def series_row(
    view: str, entity: str, event: int, known: int, values: NDArray[np.float64], step: int
) -> OnlineRow:
    """A series' row of values that end at ``event``, ``step`` seconds apart; shape (n,)."""
    listed = [None if math.isnan(value) else value for value in values.tolist()]
    return OnlineRow(view, entity, event, known, {"values": listed, "step": float(step)})
