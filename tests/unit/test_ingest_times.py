"""Times, in whichever way a column writes them."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from evergreen.contracts.table import Time
from evergreen.errors import InvalidTable
from evergreen.ingest import guesses
from evergreen.ingest.times import UNREADABLE, moments
from hypothesis import given
from hypothesis import strategies as st


def read(*texts: str, **stated: str) -> list[str]:
    found = moments(pa.array(texts, pa.string()), Time("at", **stated)).values
    times = found.astype("M8[ns]").astype("M8[s]")
    return ["" if v == UNREADABLE else str(t) for v, t in zip(found, times, strict=True)]


@pytest.mark.parametrize(
    ("texts", "stated", "expected"),
    [
        (("1999", "99", ""), {"unit": "year"}, ["1999-01-01T00:00:00", "", ""]),
        (("1999-12-31", "soon"), {"unit": "date"}, ["1999-12-31T00:00:00", ""]),
        (("1999-12-31T01:00:00+01:00", "1999-12-31 02:00"), {},
         ["1999-12-31T00:00:00", "1999-12-31T02:00:00"]),
        (("31.12.1999", "1.2.2000 13:30"), {}, ["1999-12-31T00:00:00", "2000-02-01T13:30:00"]),
        (("31/12/1999", "1/2/2000"), {}, ["1999-12-31T00:00:00", "2000-02-01T00:00:00"]),
        (("12/31/1999", "1/2/2000"), {}, ["1999-12-31T00:00:00", "2000-01-02T00:00:00"]),
        (("12/31/1999", "", "2000-01-05T00:00:00Z", "12/30/1999"), {},
         ["1999-12-31T00:00:00", "", "2000-01-05T00:00:00", "1999-12-30T00:00:00"]),
        (("1/2/2000",), {"format": "%d/%m/%Y"}, ["2000-02-01T00:00:00"]),
        (("946684799", "0.5e9"), {"unit": "epoch"}, ["1999-12-31T23:59:59", "1985-11-05T00:53:20"]),
        (("946684799000",), {"unit": "epoch"}, ["1999-12-31T23:59:59"]),
        (("946684799000000",), {"unit": "epoch"}, ["1999-12-31T23:59:59"]),
        (("946684799000000000", "x"), {"unit": "epoch"}, ["1999-12-31T23:59:59", ""]),
        (("2020-07-01 12:00", "2020-07-01T12:00Z"), {"zone": "Europe/Berlin"},
         ["2020-07-01T10:00:00", "2020-07-01T12:00:00"]),
        (("1492-10-12", "2999-01-01", "2000-02-30"), {}, ["", "", ""]),
    ],
)  # fmt: skip
def test_a_column_of_times_is_read_as_it_is_written(texts, stated, expected):
    assert read(*texts, **stated) == expected


@pytest.mark.parametrize(
    ("texts", "why"),
    [(("1/2/2000", "3/4/2000"), "none has a day"), (("13/1/2000", "1/13/2000"), "some")],
)
def test_dates_that_can_be_read_in_two_ways_ask_for_a_format(texts, why):
    with pytest.raises(InvalidTable, match=rf"two ways \({why}.*say which with time\.format"):
        read(*texts)


def test_a_zone_and_a_format_that_do_not_exist_are_named():
    with pytest.raises(InvalidTable, match=r"time\.zone 'Mars/Base' is no time zone"):
        read("2020-01-01", zone="Mars/Base")


def test_local_times_that_a_clock_change_repeats_or_leaves_out_are_told():
    texts = ["2020-03-29 02:30", "2020-10-25 02:30", "2020-10-25 12:00"]
    found = moments(pa.array(texts), Time("at", zone="Europe/Berlin"))
    assert found.never.tolist() == [True, False, False]
    assert found.twice.tolist() == [False, True, False]
    hours = [int(v) // 3_600_000_000_000 % 24 for v in found.values]
    assert hours == [1, 0, 11]


@given(
    st.lists(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%SZ"]),
)
def test_iso_8601_is_read_as_the_standard_library_reads_it(times, form):
    texts = [time.strftime(form) if time.year > 999 else "" for time in times]
    expected = [pd.Timestamp(datetime.fromisoformat(t).replace(tzinfo=UTC)).value for t in texts]
    assert moments(pa.array(texts), Time("at")).values.tolist() == expected


@pytest.mark.parametrize(
    ("texts", "unit", "form", "first"),
    [
        (["2020-01-01", ""], "date", "", "2020-01-01"),
        (["2020-01-01T10:00:00Z"], "timestamp", "", "2020-01-01T10"),
        (["21/03/2023 14:00", "01/04/2023 15:00"], "timestamp", "%d/%m/%Y %H:%M", "2023-03-21T14"),
        (["03/21/2023", "04/01/2023"], "date", "%m/%d/%Y", "2023-03-21"),
        (["21.03.2023", "1.4.2023"], "date", "%d.%m.%Y", "2023-03-21"),
        (["21-Mar-2023", "01-Apr-2023"], "date", "%d-%b-%Y", "2023-03-21"),
        (["3/21/2023 2:05 PM"], "timestamp", "%m/%d/%Y %I:%M %p", "2023-03-21T14:05"),
        (["21/03/23", "01/04/23"], "date", "%d/%m/%y", "2023-03-21"),
        (["21/03/2023 14:00", "01/04/2023"], "timestamp", "", "2023-03-21T14"),
    ],
)
def test_times_that_nobody_states_are_known_by_their_whole_column(texts, unit, form, first):
    found = guesses.of_texts("at", pa.array(texts))
    assert (found.time.unit, found.time.format) == (unit, form)
    assert found.values[0] == np.datetime64(first, "ns").astype(np.int64)
    assert found.values.tolist() == moments(pa.array(texts), found.time).values.tolist()


@pytest.mark.parametrize(
    "texts",
    [["2020-01-01", "soon"], ["2020-13-01"], [""], ["01/02/2023"], ["12/31/2020", "31/12/2020"],
     ["10.0.0.1", "10.0.0.2"], ["555-12-3456"], ["5 to 9", "10 to 19"], ["A12-2020"], ["12:30"]],
)  # fmt: skip
def test_what_is_no_time_or_may_be_two_is_not_taken_for_one(texts):
    assert guesses.of_texts("at", pa.array(texts)) is None


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (1_600_000_000 + 3600.0 * np.arange(50), "epoch"),
        (1_600_000_000_000 + 3_600_123.0 * np.arange(50), "epoch"),
        (20_230_101.0 + np.arange(28), "date"),
        (1_600_000_000.0 + np.arange(50), None),
        (20_230_101.0 + np.arange(60), None),
        (np.arange(50) * 1e8, None),
        (np.arange(19_000_101, 21_000_101, 10_000.5), None),
    ],
)
def test_numbers_are_times_only_when_they_clearly_are(values, unit):
    found = guesses.of_numbers("at", values)
    assert (found and found.time.unit) == unit
    if found:
        texts = pa.array([str(int(value)) for value in values])
        assert found.values.tolist() == moments(texts, found.time).values.tolist()
