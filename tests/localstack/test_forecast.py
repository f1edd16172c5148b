"""A forecast as deployed: asked by time alone, and going on from what is observed."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from evergreen.cli.client import Client

from tests.localstack import loans
from tests.localstack.conftest import Command
from tests.localstack.test_views import write

START = datetime(2024, 1, 1)
HOURS = 24 * 40


def trips(first: int, count: int) -> list[dict[str, Any]]:
    """A day's rhythm at two stations, hour by hour."""
    random = np.random.default_rng(first)
    return [
        {
            "at": (START + timedelta(hours=hour)).isoformat(),
            "station": station,
            "trips": round(float(size * (10 + 5 * np.sin(hour / 24 * 2 * np.pi)) + noise), 3),
        }
        for hour in range(first, first + count)
        for station, size in (("a", 1), ("b", 2))
        for noise in [random.normal(0, 0.3)]
    ]


def test_a_forecast_is_asked_by_time_alone_and_goes_on_from_what_is_observed(
    client: Client, evergreen: Command, tmp_path: Path
) -> None:
    name = loans.new_name("trips")
    gone = dict.fromkeys(("protected", "decision", "exclude", "deploy", "gates", "monitor"))
    changes: dict[str, Any] = {
        "problem": "forecast",
        "target": {"column": "trips"},
        "time": {"column": "at"},
        "features": {"station": "category"},
        "calendar": ["hour"],
        "forecast": {"step": "1h", "horizon": 24, "lags": [24, 48], "series": ["station"]},
        "search": {"trials": 2, "parallel": 2},
        "retrain": None,
    }
    client.apply(loans.write_model_file(tmp_path, name=name, **gone | changes))
    data = write(tmp_path / "trips.csv", trips(0, HOURS))
    run = client.follow(client.train(name, [str(data)]), seconds=0.2)
    assert run.status == "deployed", run.reason

    def ask(hour: int, **lags: float) -> tuple[float, dict[str, int]]:
        row = {"station": "b", "at": (START + timedelta(hours=hour)).isoformat()} | lags
        found = client.cloud.api.call("POST", f"/models/{name}/predict", {"instances": [row]})
        return found["predictions"][0]["value"], found["features"]

    next_day, beyond = HOURS + 5, HOURS + 24 + 5
    value, found = ask(next_day)
    assert found == {"completed": 1, "stale": 0, "missing": 0}
    assert abs(value - 2 * (10 + 5 * np.sin(next_day / 24 * 2 * np.pi))) < 3
    assert ask(beyond)[1]["stale"] == 1

    new = trips(HOURS, 24)
    since = write(tmp_path / "since.csv", new)
    done = evergreen("observe", name, since)
    assert done.returncode == 0, done.stderr
    assert "48 values of 2 series" in done.stdout
    on, found = ask(beyond)
    assert found == {"completed": 1, "stale": 0, "missing": 0}
    there = {row["at"]: row["trips"] for row in trips(0, HOURS) + new if row["station"] == "b"}
    at = [(START + timedelta(hours=beyond - lag)).isoformat() for lag in (24, 48)]
    sent, found = ask(beyond, **{"trips.lag_24": there[at[0]], "trips.lag_48": there[at[1]]})
    assert found == {"completed": 1, "stale": 0, "missing": 0}  # the hour is derived all the same
    assert sent == on
