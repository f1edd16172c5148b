"""An axis of time with its ticks on whole minutes, hours, days, months or years."""

from datetime import UTC, datetime, timedelta

from evergreen.chart import Axis

_TICKS_AT_MOST = 5
_STEPS = (60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200)
_DAYS = (1, 2, 4, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)


def seconds(moment: str) -> float:
    """Seconds since 1970 of an ISO 8601 time."""
    return datetime.fromisoformat(moment).timestamp()


def time_axis(low: str, high: str) -> Axis:
    """From one moment to another, at most five ticks between."""
    first, last = seconds(low), max(seconds(high), seconds(low) + 1)
    for step in (*_STEPS, *(86_400 * days for days in _DAYS)):
        if (last - first) / step <= _TICKS_AT_MOST:
            return Axis(first, last, _evenly(first, last, step))
    months = next(m for m in _MONTHS if (last - first) / 86_400 / 30.4 / m <= _TICKS_AT_MOST)
    return Axis(first, last, _monthly(first, last, months))


def _evenly(first: float, last: float, step: int) -> tuple[tuple[float, str], ...]:
    start = -(-int(first) // step) * step
    places = range(start, int(last) + 1, step)
    return tuple((float(at), _name(datetime.fromtimestamp(at, UTC), step)) for at in places)


def _name(at: datetime, step: int) -> str:
    midnight = step >= 86_400 or not (at.hour or at.minute)
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
