"""What a row leaves out is looked up or derived, and nothing else."""

import math

import numpy as np
import pytest
from evergreen.completion import Completed, Completion
from evergreen.contracts.model_file import Forecast
from evergreen.contracts.signature import Column, Lookup, Signature
from evergreen.contracts.table import ColumnRule, Time
from evergreen.contracts.view_file import Online
from evergreen.contracts.views import OnlineRow, entity_key, past_of
from evergreen.series import keep, observed

from tests.fakes.memory import MemoryOnlineStore

DEFAULT = Online()
HOUR = 3600 * 10**9
NOON = int(np.datetime64("2026-01-31T12:00:00", "ns").astype(np.int64))
WEATHER = OnlineRow("weather", entity_key(["zrh"]), NOON, NOON, {"wind": 7.25, "sky": "clear"})


def signature(online: Online = DEFAULT, **changes: object) -> Signature:
    inputs = (
        Column("distance", "number"),
        Column("weather.wind", "number", nullable=True, origin="view"),
        Column("weather.sky", "category", True, ("clear",), origin="view"),
    )
    lookup = Lookup(
        "weather", ("from",), {"weather.wind": "wind", "weather.sky": "sky"}, online=online
    )
    given = {"inputs": inputs, "lookups": (lookup,), "time": Time("at")} | changes
    return Signature(context=("from", "at"), target="late", classes=("n", "y"), **given)  # type: ignore[arg-type]


def complete(
    found: Signature, *rows: dict, store: MemoryOnlineStore | None = None, now: int = NOON
) -> Completed:
    if store is None:
        store = MemoryOnlineStore()
        store.write([WEATHER])
    return Completion("flights", found).complete(list(rows), store.read, now)


def test_a_row_that_brings_everything_is_left_as_it_is_and_nothing_is_read() -> None:
    store = MemoryOnlineStore()
    row = {"distance": 1, "weather.wind": 3, "weather.sky": "fog"}
    done = complete(signature(), row, store=store)
    assert done.rows == [row]
    assert done.looked_up == [()]
    assert (done.found.completed, done.found.stale, done.found.missing) == (0, 0, 0)
    assert store.reads == []


def test_what_a_row_leaves_out_comes_from_the_store_and_what_it_sends_wins() -> None:
    rows = [{"distance": 1, "from": " zrh "}, {"distance": 2, "from": "zrh", "weather.wind": 1.0}]
    done = complete(signature(), *rows)
    assert done.rows == [
        rows[0] | {"weather.wind": 7.25, "weather.sky": "clear"},
        rows[1] | {"weather.sky": "clear"},
    ]
    assert done.looked_up == [("weather.wind", "weather.sky"), ("weather.sky",)]
    assert done.found.completed == 2
    assert rows[0] == {"distance": 1, "from": " zrh "}  # the caller's stays as it was


def test_all_rows_and_views_are_read_in_one_batch() -> None:
    store = MemoryOnlineStore()
    again = Lookup("again", ("from",), {"weather.sky": "sky"})
    wind = Lookup("weather", ("from",), {"weather.wind": "wind"})
    both = signature(lookups=(wind, again))
    complete(both, *[{"distance": 1, "from": str(n % 3)} for n in range(9)], store=store)
    assert len(store.reads) == 1
    assert len(store.reads[0]) == 6


def test_a_key_is_cleaned_by_its_columns_rule() -> None:
    rule = ColumnRule(case="lower", spellings={"zurich": "zrh"})
    inputs = (*signature().inputs, Column("from", "category", rule=rule))
    done = complete(signature(inputs=inputs), {"distance": 1, "from": "ZURICH"})
    assert done.rows[0]["weather.wind"] == 7.25


@pytest.mark.parametrize("missing", ["null", "refuse"])
def test_an_unknown_entity_is_answered_as_the_view_says(missing: str) -> None:
    done = complete(signature(Online(missing=missing)), {"distance": 1, "from": "xyz"})  # type: ignore[arg-type]
    assert done.found.missing == 1
    if missing == "null":
        assert done.rows[0]["weather.wind"] is done.rows[0]["weather.sky"] is None
        assert not done.gaps
    else:
        (gap,) = done.gaps
        assert (gap.row, gap.column) == (0, "from")
        assert gap.detail == "The view 'weather' knows no such entity."


@pytest.mark.parametrize(("stale", "wind"), [("answer", 7.25), ("null", None), ("refuse", None)])
def test_a_stale_row_is_answered_as_the_view_says(stale: str, wind: float | None) -> None:
    online = Online(stale_after="6h", stale=stale)  # type: ignore[arg-type]
    row = {"distance": 1, "from": "zrh"}
    fresh, old = (
        complete(signature(online), row, now=NOON + age) for age in (6 * HOUR - 1, 6 * HOUR)
    )
    assert (fresh.found.stale, old.found.stale) == (0, 1)
    assert fresh.rows[0]["weather.wind"] == 7.25
    assert old.rows[0].get("weather.wind") == wind
    assert bool(old.gaps) == (stale == "refuse")


def test_age_is_counted_to_the_rows_own_time_where_it_has_one() -> None:
    online = Online(stale_after="6h", stale="null")
    rows = [{"distance": 1, "from": "zrh", "at": at} for at in ("2026-01-31T13:00", "2026-02-01")]
    done = complete(signature(online), *rows, now=NOON + 1000 * HOUR)
    assert [row["weather.wind"] for row in done.rows] == [7.25, None]


def test_a_row_without_columns_and_without_entity_hears_what_to_send() -> None:
    (gap,) = complete(signature(), {"distance": 1}).gaps
    assert gap.column == "weather.wind"
    assert gap.detail == (
        "The column is missing; send it, or 'from' to look it up in the view 'weather'."
    )


def test_a_missing_value_that_the_model_cannot_do_without_is_refused() -> None:
    needs = (Column("weather.wind", "number", origin="view"), *signature().inputs[2:])
    (gap,) = complete(signature(inputs=needs), {"from": "xyz"}).gaps
    assert gap.column == "weather.wind"
    assert "the model needs one" in gap.detail


CALENDAR = (Column("at.hour", "number", origin="calendar"), Column("at.weekend", "number"))


def test_parts_of_the_time_are_derived_and_those_sent_win() -> None:
    found = signature(inputs=CALENDAR, lookups=(), calendar=("hour", "weekend"))
    done = complete(found, {"at": "2026-01-31T12:00:00+02:00", "at.weekend": 0})
    assert done.rows[0]["at.hour"] == 10.0
    assert done.rows[0]["at.weekend"] == 0
    assert done.looked_up == [()]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [({}, "at.hour", "'at' to derive it from"), ({"at": "noon"}, "at", "2026-01-31T12:00:00Z")],
)
def test_without_a_readable_time_nothing_is_derived(row: dict, column: str, said: str) -> None:
    found = signature(inputs=CALENDAR[:1], lookups=(), calendar=("hour",))
    (gap,) = complete(found, row).gaps
    assert gap.column == column
    assert said in gap.detail


FORECAST = Forecast(step="1h", horizon=2, lags=(2, 3), means=(2,), series=("station",))
PAST = ("trips.lag_2", "trips.lag_3", "trips.mean_2")


def forecasting(nullable: bool = True) -> Signature:
    inputs = tuple(Column(name, "number", nullable, origin="past") for name in PAST)
    return Signature(
        inputs, ("at", "station"), "trips", (), "forecast", Time("at"), forecast=FORECAST
    )


def store_of(*values: float, station: str = "a", until: int = NOON) -> MemoryOnlineStore:
    store = MemoryOnlineStore()
    times = until - HOUR * np.arange(len(values) - 1, -1, -1, dtype=np.int64)
    view, entity = past_of("flights"), entity_key([station])
    keep(store, FORECAST, observed(view, entity, FORECAST, times, np.array(values), until))
    return store


def test_the_past_comes_from_the_series_own_values_by_the_rows_time() -> None:
    rows = [
        {"station": "a", "at": "2026-01-31T13:00:00Z"},
        {"station": "a", "at": "2026-01-31T14:00:00Z", "trips.lag_2": 99},
    ]
    done = complete(forecasting(), *rows, store=store_of(1, 2, 4, 8))
    assert [[row[name] for name in PAST] for row in done.rows] == [[4, 2, 3.0], [99, 4, 6.0]]
    assert done.found.missing == done.found.stale == 0
    assert done.looked_up == [PAST, PAST[1:]]


def test_a_time_beyond_the_horizon_has_a_stale_past_and_a_series_nobody_knows_none() -> None:
    rows = [{"station": s, "at": "2026-01-31T15:00:00Z"} for s in ("a", "b")]
    done = complete(forecasting(), *rows, store=store_of(1, 2, 4, 8))
    assert [done.rows[0][name] for name in PAST] == [None, 8, 8]
    assert [done.rows[1][name] for name in PAST] == [None] * 3
    assert (done.found.stale, done.found.missing) == (1, 1)
    needed = complete(forecasting(nullable=False), rows[0], store=store_of(1, 2, 4, 8))
    assert [gap.column for gap in needed.gaps] == ["trips.lag_2"]


def test_a_value_that_is_missing_in_the_series_is_missing_in_the_row() -> None:
    row = {"station": "a", "at": "2026-01-31T14:00:00Z"}
    done = complete(forecasting(), row, store=store_of(1, 2, math.nan, math.nan))
    assert [done.rows[0][name] for name in PAST] == [None, None, None]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (
            {"at": "2026-01-31T14:00:00Z"},
            "trips.lag_2",
            "The column is missing; send it, or 'station' to look it up in the past of its series.",
        ),
        (
            {"station": "a", "at": "2026-01-31T13:30:00Z"},
            "at",
            "The time is no whole number of steps of 1h from the past of its series.",
        ),
    ],
)
def test_a_forecast_without_its_series_or_off_its_grid_is_refused_and_not_answered_without_a_past(
    row: dict, column: str, said: str
) -> None:
    (gap,) = complete(forecasting(), row, store=store_of(1, 2, 4, 8)).gaps
    assert (gap.column, gap.detail) == (column, said)
    sent = dict.fromkeys(PAST, 1.0)
    assert not complete(forecasting(), row | sent, store=store_of(1, 2, 4, 8)).gaps
