"""One time of a request, read as ingest reads a column of times.

A column shows by all its values whether 3/4 is a day or a month; one value cannot. So what is
neither ISO 8601 nor of the stated ``format`` is not read here, and never guessed at.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from evergreen.canonical import category_text
from evergreen.contracts.table import Time

_YEAR = re.compile(r"\d{4}")
_NUMBER = re.compile(r"-?\d{1,19}(\.\d+)?")
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 10**9
_FIRST, _LAST = 31_536_000, 7_258_118_400
"""1971 and 2200 in seconds since 1970, between which a count of seconds or their parts lies."""

_YEARS = range(1678, 2262)
"""What int64 nanoseconds reach."""


def nanoseconds(value: object, time: Time) -> int | None:
    """Nanoseconds since 1970 in UTC; None where the value is no time of this column.

    Args:
        value: text or a number, as JSON brings it.
        time: the column, its unit, format and zone.
    """
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else category_text(value)  # type: ignore[call-overload]
    if isinstance(value, bool) or not text:
        return None
    if time.unit == "year" or not (time.format or time.unit == "epoch"):
        return _safely(_year if time.unit == "year" else _iso, text, time.zone)
    found = _safely(_formatted(time.format), text, time.zone) if time.unit != "epoch" else None
    found = _safely(_epoch, text, time.zone) if time.unit == "epoch" else found
    # What is not written as the rest of its column may be ISO 8601, as labelled rows are.
    return _safely(_iso, text, "UTC") if found is None else found


def since_1970(moment: datetime) -> int:
    """Nanoseconds since 1970 of a moment with its zone, exact to the microsecond."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _safely(read: Callable[[str, str], int | None], text: str, zone: str) -> int | None:
    try:
        return read(text, zone)
    except (ValueError, OverflowError):
        return None


def _year(text: str, _zone: str) -> int | None:
    return _in_zone(datetime(int(text), 1, 1), 0, "UTC") if _YEAR.fullmatch(text) else None


def _formatted(format_: str) -> Callable[[str, str], int | None]:
    return lambda text, zone: _in_zone(datetime.strptime(text, format_), 0, zone)


def _iso(text: str, zone: str) -> int | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    *numbers, fraction, offset = found.groups()
    moment = datetime(*(int(number or 0) for number in numbers), tzinfo=_offset(offset))  # type: ignore[misc,arg-type]
    return _in_zone(moment, int((fraction or "0").ljust(9, "0")), zone)


def _epoch(text: str, _zone: str) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    for unit in (_SECOND, 10**6, 10**3, 1):
        if _FIRST <= abs(int(whole)) * unit // _SECOND < _LAST:
            return int(whole) * unit + int(fraction[:9].ljust(9, "0") or 0) * unit // _SECOND
    return None


def _in_zone(moment: datetime, fraction: int, zone: str) -> int | None:
    """``fraction`` counts nanoseconds that the moment does not have."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(zone))
        if moment.astimezone(UTC).astimezone(moment.tzinfo) != moment:
            return None  # a change of the clocks leaves this time out
    if moment.year not in _YEARS:
        return None
    return since_1970(moment) + fraction


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    return datetime.fromisoformat(f"2000-01-01T00:00:00{text.upper()}").tzinfo


@cache
def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
