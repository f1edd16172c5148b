"""The past of a series in the online store, however runs and people write it."""

import math

import numpy as np
import pytest
from evergreen.contracts.model_file import Forecast
from evergreen.contracts.views import OnlineRow
from evergreen.errors import Conflict, InvalidTable
from evergreen.series import keep, observed, steps_of
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.memory import MemoryOnlineStore

STEP = 3600 * 10**9
FORECAST = Forecast(step="1h", horizon=1, lags=(1, 4))
VALUE = st.none() | st.floats(-1e6, 1e6)
SAID = st.dictionaries(st.integers(0, 30), VALUE, min_size=1, max_size=8)


def row(values: dict[int, float | None], known: int = 1) -> OnlineRow:
    times = np.array(list(values), dtype=np.int64) * STEP
    listed = np.array([math.nan if v is None else v for v in values.values()], dtype=np.float64)
    return observed("past/m", "[]", FORECAST, times, listed, known)


def read(store: MemoryOnlineStore) -> dict[int, float]:
    times, values = steps_of(store.rows["past/m", "[]"])
    both = zip((times // STEP).tolist(), values.tolist(), strict=True)
    return {time: value for time, value in both if value == value}


@given(st.lists(SAID, min_size=1, max_size=5))
def test_the_last_value_said_for_each_time_is_kept_as_far_as_a_forecast_looks_back(said) -> None:
    store = MemoryOnlineStore()
    expected: dict[int, float] = {}
    newest, longest = 0, 4
    for values in said:
        keep(store, FORECAST, row(values))
        newest = max(newest, *values)
        longest = max(longest, max(values) - min(values) + 1)
        expected |= {time: value for time, value in values.items() if value is not None}
    found = read(store)
    assert store.rows["past/m", "[]"].event == newest * STEP
    recent = {time: value for time, value in expected.items() if time > newest - 4}
    assert {time: value for time, value in found.items() if time > newest - 4} == recent
    assert found.items() <= expected.items()
    assert len(steps_of(store.rows["past/m", "[]"])[0]) <= longest


def test_the_same_values_again_change_no_value() -> None:
    store = MemoryOnlineStore()
    for _ in range(3):
        keep(store, FORECAST, row({1: 1.0, 2: 2.0}))
    assert read(store) == {1: 1.0, 2: 2.0}


def test_an_older_table_does_not_undo_what_was_observed_since() -> None:
    store = MemoryOnlineStore()
    keep(store, FORECAST, row({1: 1.0, 2: 2.0}))
    keep(store, FORECAST, row({3: 3.0}))
    keep(store, FORECAST, row({1: 1.5, 2: 2.0}))
    assert read(store) == {1: 1.5, 2: 2.0, 3: 3.0}


def test_somebody_who_writes_in_between_is_not_overwritten() -> None:
    store = MemoryOnlineStore()
    keep(store, FORECAST, row({1: 1.0}))
    plain, rivals = store.replace, [row({2: 2.0})]

    def late(made: OnlineRow, before: OnlineRow | None) -> None:
        if rivals:
            keep(store, FORECAST, rivals.pop())
        plain(made, before)

    store.replace = late  # type: ignore[method-assign]
    keep(store, FORECAST, row({3: 3.0}))
    assert read(store) == {1: 1.0, 2: 2.0, 3: 3.0}


def test_times_off_the_grid_are_refused() -> None:
    with pytest.raises(InvalidTable, match="1h apart"):
        observed("past/m", "[]", FORECAST, np.array([0, STEP + 1]), np.array([1.0, 2.0]), 1)
    store = MemoryOnlineStore()
    keep(store, FORECAST, row({1: 1.0}))
    half = observed("past/m", "[]", FORECAST, np.array([STEP // 2]), np.array([1.0]), 1)
    with pytest.raises(InvalidTable, match="1h apart"):
        keep(store, FORECAST, half)


def test_a_series_that_others_write_without_a_pause_is_given_up_with_a_sentence() -> None:
    store = MemoryOnlineStore()

    def always(*_: object) -> None:
        raise Conflict("changed")

    store.replace = always  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="try again"):
        keep(store, FORECAST, row({1: 1.0}))
