"""Hours in which something may be started: ``Mon-Fri 20:00-06:00``, by a zone's wall clock."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = "|".join(DAYS)
_WINDOW = re.compile(
    rf"(?:(?P<days>(?:{_DAY})(?:-(?:{_DAY}))?(?:,(?:{_DAY})(?:-(?:{_DAY}))?)*) )?"
    r"(?P<start>[01]\d|2[0-3]):(?P<start_minute>[0-5]\d)"
    r"-(?P<end>[01]\d|2[0-4]):(?P<end_minute>[0-5]\d)"
)
_DAY_MINUTES = 24 * 60
_MINUTE = timedelta(minutes=1)


class Window(Struct, frozen=True):
    """``days`` (0 is Monday) on which it opens, and minutes after midnight from and to when; one
    that ends no later than it starts ends on the day after."""

    days: frozenset[int]
    start: int
    end: int

    def holds(self, wall: datetime) -> bool:
        """Whether a time on the wall clock lies in it."""
        minute, day = wall.hour * 60 + wall.minute, wall.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        today = day in self.days and minute >= self.start
        return today or ((day - 1) % 7 in self.days and minute < self.end)


def window(text: str) -> Window | None:
    """``Mon-Fri 20:00-06:00``, ``Sat,Sun 00:00-24:00`` or, every day, ``20:00-06:00``; None where
    the text is none, or never ends."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        return None
    start = int(found["start"]) * 60 + int(found["start_minute"])
    end = int(found["end"]) * 60 + int(found["end_minute"])
    if start == end or end > _DAY_MINUTES:
        return None
    return Window(_days(found["days"] or "Mon-Sun"), start, end)


def opens(windows: tuple[str, ...], zone: str, now: datetime) -> datetime | None:
    """When the first of the windows opens next, in the zone; None while one is open, and where
    there are none.

    Windows are read on the wall clock: an hour that a change of the clocks repeats counts twice,
    and one that it leaves out does not come.
    """
    parsed = [made for text in windows if (made := window(text))]
    there = ZoneInfo(zone)

    def is_open(moment: datetime) -> bool:
        wall = moment.astimezone(there)
        return any(each.holds(wall) for each in parsed)

    if not parsed or is_open(now):
        return None
    return next(
        (moment.astimezone(there) for moment in _moments(parsed, there, now) if is_open(moment)),
        None,
    )


def _moments(windows: list[Window], zone: ZoneInfo, now: datetime) -> list[datetime]:
    """When a window may open: where one starts, and where the clocks change."""
    today = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    starts = (
        (today + timedelta(days=day, minutes=each.start)).replace(tzinfo=zone, fold=fold)
        for each in windows
        for day in range(9)
        for fold in (0, 1)
    )
    found = {start.astimezone(UTC) for start in starts} | set(_changes(zone, now))
    return sorted(moment for moment in found if moment > now)


def _changes(zone: ZoneInfo, now: datetime) -> list[datetime]:
    """The moments within a week and a day at which the clocks of the zone change."""
    whole = now.astimezone(UTC).replace(second=0, microsecond=0)
    hours = [whole + timedelta(hours=hour) for hour in range(8 * 24 + 1)]
    return [
        next(at for at in _minutes(before, after) if _offset(zone, at) == _offset(zone, after))
        for before, after in pairwise(hours)
        if _offset(zone, before) != _offset(zone, after)
    ]


def _minutes(after: datetime, until: datetime) -> list[datetime]:
    return [after + _MINUTE * n for n in range(1, int((until - after) / _MINUTE) + 1)]


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}
    return frozenset(found)
