from functools import cache

import numpy as np
import pytest
from evergreen.contracts.profile import Season
from evergreen.monitor.drift import find_drift
from evergreen.monitor.drift.seasons import adjustment
from evergreen.stretches import alike
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.served import DAY, baseline_of, file_of, frame_of, served_from

HOUR = DAY // 24
NEW_YEAR = 1_577_836_800 * 10**9
"""The first of 2020, in nanoseconds."""


def rows(first: int, days: float, warmer: float = 0.0, of: int = 24 * 28):
    """So many rows of some days: warm in summer and by day, weather that lasts for days, use by
    night, and noise that has no season."""
    random = np.random.default_rng(first)
    time = np.sort(random.integers(0, int(days * DAY), of)) + NEW_YEAR + first * DAY
    day = (time - NEW_YEAR) // DAY
    hour = time % DAY / HOUR
    weather = np.random.default_rng(1).normal(0, 4.0, 2000)
    warm = 15 - 12 * np.cos(2 * np.pi * day / 365.25) - 4 * np.cos(2 * np.pi * hour / 24)
    columns = {
        "temperature": warm + weather[day] + random.normal(size=of) + warmer,
        "use": np.where((hour < 6) & (random.random(of) < 0.9), 0.0, random.normal(5, 1, of)),
        "noise": random.normal(size=of),
    }
    return columns, time


@pytest.fixture(scope="module")
def history():
    return 2 * 365.25, 60_000


@cache
def learned(days, of, seasonal):
    columns, time = rows(0, days, of=of)
    file = file_of(columns, monitor={"seasonal": seasonal})
    return file, baseline_of(file, frame_of(columns, time=time))


def found(history, later, seasonal=True):
    file, baseline = learned(*history, seasonal)
    served = served_from(baseline, frame_of(later[0], time=later[1]))
    drifts = find_drift(file, baseline, served)
    return {each.column: each for each in drifts.columns}


def test_a_night_is_held_against_nights(history):
    night = rows(750, 0.24, of=2_000)
    plain, seasonal = (found(history, night, each) for each in (False, True))
    assert plain["use"].level == "large"
    assert seasonal["use"].level == "none"
    assert seasonal["use"].seasonal == ("hour", "weekday", "month")
    assert seasonal["use"].before[1] == pytest.approx(seasonal["use"].now[1], abs=0.1)


def test_no_month_of_the_next_year_alarms_by_its_season(history):
    plain, seasonal = 0, 0
    for month in range(12):
        later = rows(731 + 30 * month, 28, of=4_000)
        assert found(history, later)["noise"].level == "none"
        plain += found(history, later, False)["temperature"].psi >= 0.2
        seasonal += found(history, later)["temperature"].level == "large"
    assert plain >= 10
    assert seasonal == 0


def test_a_summer_in_winter_is_found_though_a_year_has_summers(history):
    for month in (0, 5, 11):
        later = rows(731 + 30 * month, 28, warmer=15.0, of=4_000)
        levels = {name: each.level for name, each in found(history, later).items()}
        assert levels == {"temperature": "large", "use": "none", "noise": "none"}


def test_what_has_no_season_is_found_as_surely_as_before(history):
    columns, time = rows(731, 28, of=20_000)
    shifted = columns | {"noise": columns["noise"] + 0.2}
    assert found(history, (shifted, time))["noise"].level == "small"


def test_a_month_that_history_never_saw_is_not_adjusted_for():
    later = found((182, 30_000), rows(182, 28, of=4_000))
    assert later["temperature"].seasonal == ("hour", "weekday")


def test_one_day_of_weather_is_one_draw_however_many_rows_it_has(history):
    hits = sum(
        found(history, rows(day, 1, of=20_000))["temperature"].level == "large"
        for day in range(740, 750)
    )
    assert hits == 0


shares = st.lists(st.integers(0, 50), min_size=4, max_size=4)


@given(
    st.lists(shares, min_size=3, max_size=3), st.lists(st.integers(0, 9), min_size=3, max_size=3)
)
def test_a_window_as_history_itself_is_not_adjusted_and_any_other_rests_on_fewer_rows(table, cells):
    counts = np.array(table) + 1
    season = Season(tuple(counts.sum(axis=1).tolist()), {"x": tuple(map(tuple, counts.tolist()))})
    coarse = counts.sum(axis=0).astype(float)
    same = adjustment("x", coarse, {"hour": season}, {"hour": counts.sum(axis=1)})
    assert same.ratio == pytest.approx(1)
    assert same.rows == pytest.approx(coarse.sum())
    other = adjustment("x", coarse, {"hour": season}, {"hour": np.array(cells)})
    assert other.rows <= coarse.sum() * (1 + 1e-9)
    assert (other.ratio * coarse).sum() == pytest.approx(coarse.sum())


def test_a_window_of_one_cell_is_held_against_that_cell_alone():
    counts = np.array([[90, 10, 0], [10, 90, 0]])
    season = Season((100, 100), {"x": ((90, 10, 0), (10, 90, 0))})
    coarse = counts.sum(axis=0).astype(float)
    found = adjustment("x", coarse, {"hour": season}, {"hour": np.array([7, 0])})
    assert found.ratio * coarse / coarse.sum() == pytest.approx([0.9, 0.1, 0.0])
    assert found.rows == pytest.approx(100)


def test_rows_that_come_one_by_one_are_not_alike_and_rows_of_one_draw_are():
    random = np.random.default_rng(0)
    free = random.multinomial(500, np.full(10, 0.1), 30)
    assert alike(free) == pytest.approx(0, abs=2e-3)
    drawn = np.zeros((30, 10), dtype=np.int64)
    drawn[np.arange(30), random.integers(0, 10, 30)] = 500
    assert alike(drawn) == pytest.approx(1, abs=0.2)


def test_the_intraclass_correlation_is_that_of_the_beta_binomial():
    random = np.random.default_rng(0)
    shares = random.beta(2, 6, 400)
    ones = random.binomial(200, shares)
    found = alike(np.column_stack([ones, 200 - ones]))
    assert found == pytest.approx(1 / (2 + 6 + 1), rel=0.15)


def test_a_steady_trend_is_told_from_what_comes_and_goes():
    rising = np.round(np.linspace(100, 900, 40)).astype(np.int64)
    table = np.column_stack([rising, 1000 - rising])
    assert alike(table) < 0.01
    assert alike(table, trends=False) > 0.1


def test_an_office_that_serves_by_day_alone_has_hours_all_the_same():
    columns, time = rows(0, 100, of=40_000)
    by_day = (time % DAY >= 8 * HOUR) & (time % DAY < 18 * HOUR)
    frame = frame_of(columns, time=time).take(by_day)
    assert set(baseline_of(file_of(columns), frame).profile.seasons) == {"hour", "weekday"}


def test_a_history_tells_how_alike_days_weeks_and_months_are():
    columns, time = rows(0, 2 * 365.25, of=60_000)
    found = baseline_of(file_of(columns), frame_of(columns, time=time)).profile.stretches
    assert [(each.days, each.number) for each in found] == [(1, 731), (7, 106), (28, 27)]
    day, week, month = found
    assert day.in_season["temperature"] > 0.1
    assert day.in_season["temperature"] > 2 * week.in_season["temperature"]
    assert month.in_season["temperature"] < month.alike["temperature"]
    assert [each.in_season["noise"] for each in found] == pytest.approx([0, 0, 0], abs=1e-3)


def test_a_history_without_time_says_nothing_of_stretches():
    columns, _ = rows(0, 100, of=500)
    assert baseline_of(file_of(columns, time=None), frame_of(columns)).profile.stretches == ()


def test_readings_that_fail_are_found_though_the_weather_wanders():
    """History of half a year, in which nobody can tell a trend from a season."""
    columns, time = rows(182, 28, of=4_000)
    columns["temperature"][::3] = np.nan
    assert found((182, 30_000), (columns, time))["temperature"].level == "large"


def test_readings_that_always_fail_for_days_on_end_are_not_found_when_they_do():
    def outages(first, days, of):
        columns, time = rows(first, days, of=of)
        week = (time - NEW_YEAR) // (7 * DAY)
        columns["noise"][np.random.default_rng(3).random(400)[week] < 0.25] = np.nan
        return columns, time

    columns, time = outages(0, 2 * 365.25, 60_000)
    file = file_of(columns)
    baseline = baseline_of(file, frame_of(columns, time=time))
    levels = []
    for month in range(12):
        later, at = outages(731 + 30 * month, 28, 4_000)
        drifts = find_drift(file, baseline, served_from(baseline, frame_of(later, time=at)))
        levels += [each.level for each in drifts.columns if each.column == "noise"]
    assert levels.count("large") <= 1
