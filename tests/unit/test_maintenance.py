"""When maintenance is open, and when it opens next."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from evergreen.contracts.maintenance import DAYS, opens, window
from hypothesis import example, given, settings
from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
# Clocks change on 2026-03-29 and 2026-10-25 in Berlin, 2026-03-08 and 2026-11-01 in New York.
STARTS = ("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31")


@st.composite
def windows(draw):
    """A window as it is written."""
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=2))
    spelled = "-".join(days) if draw(st.booleans()) else ",".join(days)
    start, end = draw(st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(_differ))
    return f"{spelled} {start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _differ(pair):
    return pair[0] != pair[1]


def is_open(text, wall):
    """Whether a wall clock's minute is in a window: both days it may have begun on are asked."""
    spelled, hours = text.split(" ")
    start, end = hours.split("-")
    now = f"{wall:%H:%M}"

    def named(moment):
        day = DAYS[moment.weekday()]
        for part in spelled.split(","):
            first, _, last = part.partition("-")
            week = [*DAYS, *DAYS][DAYS.index(first) :]
            if day in week[: week.index(last or first) + 1]:
                return True
        return False

    if start < end:
        return named(wall) and start <= now < end
    return (named(wall) and now >= start) or (named(wall - timedelta(days=1)) and now < end)


def reference(texts, zone, now):
    """The next minute in which one is open, found by looking at every one."""

    def at(moment):
        wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return any(is_open(text, wall) for text in texts)

    if at(now):
        return None
    moment = now.replace(second=0, microsecond=0)
    while not at(moment := moment + MINUTE):
        pass
    return moment


@settings(max_examples=60, deadline=None)
@given(
    st.lists(windows(), min_size=1, max_size=2),
    st.sampled_from(ZONES),
    st.sampled_from(STARTS),
    st.integers(0, 3 * 1440 * 60),
)
@example(["Sun 02:30-02:45"], "Europe/Berlin", "2026-03-28", 0)
@example(["Sun 02:30-03:30"], "Europe/Berlin", "2026-03-28", 0)
@example(["Sun 02:30-02:45"], "Europe/Berlin", "2026-10-24", 24 * 3600 + 3000)
@example(["Sun 00:00-02:30"], "Europe/Berlin", "2026-10-24", 24 * 3600 + 2700)
def test_it_opens_as_a_look_at_every_minute_finds(texts, zone, start, seconds):
    now = datetime.fromisoformat(start).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    found, expected = opens(tuple(texts), zone, now), reference(texts, zone, now)
    assert (found and found.astimezone(UTC)) == expected


def test_without_windows_it_is_always_open():
    assert opens((), "UTC", datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_the_next_opening_is_told_in_the_zone():
    friday = datetime(2026, 1, 2, 12, tzinfo=UTC)
    found = opens(("Mon 20:00-06:00",), "Europe/Berlin", friday)
    assert found == datetime(2026, 1, 5, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    assert f"{found:%H:%M}" == "20:00"


@pytest.mark.parametrize(
    ("text", "days"),
    [("Mon-Fri", 5), ("Sat,Sun", 2), ("Fri-Mon", 4), ("Mon-Wed,Sat", 4), ("Sun", 1)],
)
def test_days_are_ranges_and_lists(text, days):
    assert len(window(f"{text} 20:00-06:00").days) == days


def test_without_days_it_is_every_day():
    assert window("22:00-05:00").days == frozenset(range(7))
    assert window("00:00-24:00").holds(datetime(2026, 1, 1, 23, 59))


@pytest.mark.parametrize(
    "text",
    [
        *("", "Mon", "Mon 20-06", "mon 20:00-06:00", "Mon 24:00-06:00", "Mon 20:60-06:00"),
        *("Mon  1:00", "Mon 08:00-08:00", "Mon 08:00-24:30", "Mo-Fr 20:00-06:00", "1:00-2:00"),
    ],
)
def test_what_is_no_window_is_none(text):
    assert window(text) is None
