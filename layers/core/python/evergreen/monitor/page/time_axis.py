"""An axis of time with its ticks on whole hours, days, months or years."""

from datetime import UTC, datetime, timedelta

from evergreen.chart import Axis

_TICKS_AT_MOST = 5
_HOURS = (1, 3, 6, 12, 24, 48, 96, 7 * 24, 14 * 24)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)


def seconds(moment: str) -> float:
    """Seconds since 1970 of an ISO 8601 time."""
    return datetime.fromisoformat(moment).timestamp()


def time_axis(low: str, high: str) -> Axis:
    """From one moment to another, at most five ticks between."""
    first, last = seconds(low), max(seconds(high), seconds(low) + 1)
    for hours in _HOURS:
        if (last - first) / 3600 / hours <= _TICKS_AT_MOST:
            return Axis(first, last, _hourly(first, last, hours * 3600))
    months = next(m for m in _MONTHS if (last - first) / 86_400 / 30.4 / m <= _TICKS_AT_MOST)
    return Axis(first, last, _monthly(first, last, months))


def _hourly(first: float, last: float, step: int) -> tuple[tuple[float, str], ...]:
    start = -(-int(first) // step) * step
    places = range(start, int(last) + 1, step)
    return tuple((float(at), _name(datetime.fromtimestamp(at, UTC), step)) for at in places)


def _name(at: datetime, step: int) -> str:
    midnight = step >= 86_400 or not at.hour
    return f"{at.day} {at:%b}" if midnight else f"{at:%H:%M}"


def _monthly(first: float, last: float, step: int) -> tuple[tuple[float, str], ...]:
    at = datetime.fromtimestamp(first, UTC).replace(day=1, hour=0, minute=0, second=0)
    found: list[tuple[float, str]] = []
    while at.timestamp() <= last:
        months = at.year * 12 + at.month - 1
        if at.timestamp() >= first and months % step == 0:
            found.append((at.timestamp(), f"{at.year}" if step >= 12 else f"{at:%b %Y}"))
        at = (at + timedelta(days=31)).replace(day=1)
    return tuple(found)
