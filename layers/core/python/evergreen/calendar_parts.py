"""Parts of a time as numbers, the same in training, in views and at serving. All in UTC."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.view_file import Part

_NANOSECONDS_A_DAY = 86_400 * 10**9


def calendar_part(time: NDArray[np.int64], part: Part) -> NDArray[np.float64]:
    """A part of each time.

    Args:
        time: int64 nanoseconds since 1970 in UTC, shape (n,).
        part: ``hour`` 0 to 23, ``weekday`` 0 (Monday) to 6, ``weekend`` 0 or 1, ``day`` of the
            month from 1, ``month`` and ``quarter`` from 1, ``year``, ``day_of_year`` from 1.

    Returns:
        float64, shape (n,).
    """
    return _PARTS[part](time).astype(np.float64)


def _days(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return time // _NANOSECONDS_A_DAY


def _hour(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return time % _NANOSECONDS_A_DAY // (3600 * 10**9)


def _weekday(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return (_days(time) + 3) % 7  # 1970 began on a Thursday


def _weekend(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return (_weekday(time) >= 5).astype(np.int64)


def _since(time: NDArray[np.int64], start: str) -> NDArray[np.int64]:
    """Days since the start of the month or year that the time lies in, from 1."""
    days = _days(time).astype("M8[D]")
    since: NDArray[np.int64] = (days - days.astype(f"M8[{start}]")).astype(np.int64) + 1
    return since


def _day(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return _since(time, "M")


def _day_of_year(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return _since(time, "Y")


def _months(time: NDArray[np.int64]) -> NDArray[np.int64]:
    months: NDArray[np.int64] = _days(time).astype("M8[D]").astype("M8[M]").astype(np.int64)
    return months


def _month(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return _months(time) % 12 + 1


def _quarter(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return _months(time) % 12 // 3 + 1


def _year(time: NDArray[np.int64]) -> NDArray[np.int64]:
    return _months(time) // 12 + 1970


_PARTS = {
    "hour": _hour,
    "weekday": _weekday,
    "weekend": _weekend,
    "day": _day,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
    "day_of_year": _day_of_year,
}
