"""What happened since: new values of a forecast's series, so that it goes on without retraining."""

from typing import Any

import click
import msgspec

from evergreen.canonical import category_text
from evergreen.cli import tables
from evergreen.cli.client import Client
from evergreen.cli.command import on_cloud
from evergreen.cli.show import Show
from evergreen.contracts.signature import Signature
from evergreen.contracts.table import Time, seconds
from evergreen.contracts.views import OnlineRow, entity_key, past_of
from evergreen.errors import InvalidTable
from evergreen.moment import nanoseconds, since_1970
from evergreen.ports import OnlineStore

_SECOND = 10**9


@click.command()
@click.argument("model")
@click.argument("path", metavar="FILE")
@on_cloud
def observe(client: Client, show: Show, model: str, path: str) -> None:
    """Add actual values to the series that MODEL forecasts.

    FILE is CSV, JSON or JSON Lines (- is standard input) with the model's time column, the columns
    that name a series, and the target. Of a time that was there before the new value counts; a row
    without a value is left out.
    """
    signature = msgspec.convert(client.describe(model)["signature"], Signature)
    cloud = client.cloud
    now = since_1970(cloud.clock.now())
    given = tables.read(path, "rows")
    kept = keep_all(cloud.online, model, signature, given, now)
    missing = sum(_is_missing(row, signature.target) for row in given)
    values = len(given) - missing
    if missing:
        show.note(f"{missing:,} rows without a '{signature.target}' left out.")
    count = "1 series" if len(kept) == 1 else f"{len(kept):,} series"
    document = {"model": model, "values": values, "series": len(kept)}
    show.result(document, f"{values:,} values of {count} of '{model}' observed.")


def keep_all(
    online: OnlineStore, model: str, signature: Signature, rows: tables.Rows, now: int
) -> list[OnlineRow]:
    """Merge rows into their series; gives those as the online store has them then.

    Args:
        now: nanoseconds since 1970; nothing was observed later.

    Raises:
        InvalidTable: the model is no forecast, or a row has no time, series or value of it.
    """
    import numpy as np  # the other commands start sooner without it

    from evergreen.series import keep, observed

    forecast, time = signature.forecast, signature.time
    if forecast is None or time is None:
        raise InvalidTable(f"'{model}' is no forecast, so it has no series to add values to.")
    series: dict[str, dict[int, float]] = {}
    latest = now + seconds(forecast.step) * _SECOND
    for number, row in enumerate(rows, 1):
        if _is_missing(row, signature.target):
            continue
        at = _time(number, row, time)
        if at > latest:
            raise InvalidTable(f"Row {number} is of the future ({row[time.column]}); leave it out.")
        entity = entity_key(_series(number, row, name) for name in forecast.series)
        series.setdefault(entity, {})[at] = _value(number, row, signature.target)
    found = []
    for entity, values in series.items():
        times = np.array(list(values), dtype=np.int64)
        listed = np.array(list(values.values()), dtype=np.float64)
        new = observed(past_of(model), entity, forecast, times, listed, now)
        found.append(keep(online, forecast, new))
    return found


def _time(number: int, row: dict[str, Any], time: Time) -> int:
    at = nanoseconds(row.get(time.column), time)
    if at is None:
        raise InvalidTable(
            f"Row {number} has no time in '{time.column}' that the model reads; it has "
            f"'{row.get(time.column)}'."
        )
    return at


def _series(number: int, row: dict[str, Any], name: str) -> str:
    text = category_text(row.get(name))
    if not text:
        raise InvalidTable(f"Row {number} has no '{name}', which names its series.")
    return text


def _is_missing(row: dict[str, Any], target: str) -> bool:
    return target in row and not category_text(row[target])


def _value(number: int, row: dict[str, Any], target: str) -> float:
    if target not in row:
        raise InvalidTable(f"Row {number} has no '{target}', which holds the value of its series.")
    value = row[target]
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidTable(f"Row {number} has no number in '{target}': '{value}'.") from None
