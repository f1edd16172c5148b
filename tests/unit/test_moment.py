"""A time of a request is read as ingest reads a column of times."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from evergreen.contracts.table import Time
from evergreen.ingest.times import moments
from evergreen.moment import nanoseconds
from hypothesis import given
from hypothesis import strategies as st

MOMENTS = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(
    st.lists(st.tuples(MOMENTS, st.none() | OFFSETS, st.sampled_from("T ")), min_size=1),
    st.sampled_from(["UTC", "Europe/Zurich", "America/New_York"]),
)
def test_what_ingest_reads_in_a_column_is_read_alike_in_a_request(rows, zone) -> None:
    texts = [moment.replace(tzinfo=offset).isoformat(between) for moment, offset, between in rows]
    time = Time("at", zone=zone)
    column = moments(pa.array(texts), time)
    for text, expected, never in zip(texts, column.values, column.never, strict=True):
        assert nanoseconds(text, time) == (None if never else expected)


@given(st.lists(MOMENTS.map(lambda m: m.replace(microsecond=0)), min_size=1))
def test_a_stated_format_is_read_as_ingest_reads_it_and_iso_8601_beside_it(found) -> None:
    time = Time("at", format="%d.%m.%Y %H:%M:%S")
    texts = [moment.strftime(time.format) for moment in found] + [found[0].isoformat()]
    expected = moments(pa.array(texts), time).values
    assert [nanoseconds(text, time) for text in texts] == expected.tolist()


@given(st.integers(31_536_000, 7_258_118_399), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_a_count_since_1970_is_in_the_unit_that_its_size_shows(seconds: int, parts: int) -> None:
    column = moments(pa.array([str(seconds * parts)]), Time("at", "epoch"))
    assert column.values.tolist() == [seconds * 10**9]
    for value in (seconds * parts, str(seconds * parts)):
        assert nanoseconds(value, Time("at", "epoch")) == seconds * 10**9


@pytest.mark.parametrize(
    ("value", "time", "expected"),
    [
        ("2026-01-31", Time("at", "date"), "2026-01-31"),
        (1999, Time("at", "year"), "1999-01-01"),
        ("1999.0", Time("at", "year"), "1999-01-01"),
        ("2026-01-31T12:00:00.123456789Z", Time("at"), "2026-01-31T12:00:00.123456789"),
        ("31.01.2026 12:30", Time("at", format="%d.%m.%Y %H:%M"), "2026-01-31T12:30"),
        ("2026-07-01T12:00:00", Time("at", zone="Europe/Zurich"), "2026-07-01T10:00:00"),
        ("2026-07-01T12:00:00+05", Time("at", zone="Europe/Zurich"), "2026-07-01T07:00:00"),
        (1769860800.5, Time("at", "epoch"), "2026-01-31T12:00:00.5"),
    ],
)
def test_each_unit_format_and_zone_is_read(value: object, time: Time, expected: str) -> None:
    assert nanoseconds(value, time) == np.datetime64(expected, "ns").astype(np.int64)


@pytest.mark.parametrize("value", [None, "", "soon", "31/01/2026", "2026-02-30", True, [1], "1e9"])
@pytest.mark.parametrize("unit", ["timestamp", "date", "year", "epoch"])
def test_what_is_no_such_time_is_not_guessed_at(value: object, unit: str) -> None:
    assert nanoseconds(value, Time("at", unit)) is None  # type: ignore[arg-type]


def test_a_time_beyond_what_nanoseconds_reach_is_none() -> None:
    assert nanoseconds("1500-01-01", Time("at")) is None
    assert nanoseconds("9999-12-31", Time("at")) is None


def test_a_time_that_a_change_of_the_clocks_leaves_out_is_none() -> None:
    assert nanoseconds("2026-03-29T02:30:00", Time("at", zone="Europe/Zurich")) is None
    assert nanoseconds("2026-03-29T03:30:00", Time("at", zone="Europe/Zurich")) is not None
