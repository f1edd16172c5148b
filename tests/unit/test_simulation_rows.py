"""When rows and their outcomes come, in a replay."""

import numpy as np
import pandas as pd
from evergreen import captured
from evergreen.captured import Period
from evergreen.contracts.model_checks import parse
from evergreen.simulation.store import MemoryObjects
from evergreen.simulation.traffic import write_feedback

from tests.fakes.shops import DAY, FILE, history, shop


def test_rows_of_one_year_come_spread_over_it(tmp_path) -> None:
    years = np.repeat([2000, 2001], 50)
    table = pd.DataFrame({"year": years, "x": np.arange(100.0), "bought": ["yes", "no"] * 50})
    stated = FILE | {"features": {"x": "number"}, "time": {"column": "year", "unit": "year"}}
    found, _ = history(tmp_path, table, parse(stated))
    days = (found.arrived - found.rows.time) / DAY
    assert days.max() > 350
    assert np.all(np.diff(found.arrived) > 0)
    assert found.times[0] == "2000"


def test_a_forecasts_rows_are_captured_with_the_past_that_was_known(tmp_path) -> None:
    hours = pd.date_range("2020-01-01", periods=200, freq="1h")
    table = pd.DataFrame({"at": hours.astype(str), "count": np.arange(200.0) ** 1.5})
    stated = {
        "name": "rides",
        "problem": "forecast",
        "target": {"column": "count"},
        "time": {"column": "at"},
        "forecast": {"step": "1h", "horizon": 3, "lags": [3, 24]},
        "search": {"trials": 1, "parallel": 1},
    }
    found, _ = history(tmp_path, table, parse(stated))
    lag = found.rows.columns["count.lag_24"]
    assert np.allclose(lag[24:], table["count"].to_numpy()[:-24])
    assert np.isnan(lag[:24]).all()


def test_feedback_comes_no_sooner_than_its_delay_and_is_what_turned_out(tmp_path) -> None:
    found, _ = history(tmp_path, shop(300), parse(FILE))
    store = MemoryObjects()
    write_feedback(store, found, np.arange(100, 200), 5 * DAY)
    lines = captured.feedback(store, "shop", Period("", "2030")).lines
    said = captured.outcomes(lines)
    assert len(said) == 100
    assert said["row-150"] == found.outcome(150)
    first = np.datetime64(int(found.arrived[100]) + 5 * DAY, "ns")
    assert str(first)[:10] == min(line.at for line in lines)[:10]
    assert min(line.at for line in lines) >= str(first)[:19]
