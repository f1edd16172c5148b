"""Which rows train, validate and test: by time where there is one, groups kept whole."""

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.dataset import TIME
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidTable

ROWS_AT_LEAST = 50
CLASS_ROWS_AT_LEAST = 5
"""Of each class, in every split: with fewer, a metric says next to nothing."""

Rows = NDArray[np.int64]


class Splits(Struct, frozen=True, eq=False):
    """Row numbers of the dataset by split, each in the order of the rule."""

    train: Rows
    validation: Rows
    test: Rows
    rule: str

    def items(self) -> tuple[tuple[str, Rows], ...]:
        """The splits by name, oldest first."""
        return (("train", self.train), ("validation", self.validation), ("test", self.test))


def split(model: ModelFile, frame: pd.DataFrame, positive: NDArray[np.bool_]) -> Splits:
    """Split a dataset.

    Rows are ordered by time; within one time by a hash of the group, then of the row's content,
    so that neither the file's order nor chance decides. The newest share is the test split, the
    next newest the validation split, and a cut moves to the nearest end of a group. Without a
    time the hash alone orders; without a group too, each class is cut by itself.

    Raises:
        InvalidTable: a split would hold too few rows, or too few of a class.
    """
    units = _units(model, frame)
    if model.time or model.group:
        cuts = _cut(model, units)
    else:
        cuts = _cut_by_class(model, units, positive)
    splits = Splits(*cuts, _rule(model))
    _require_enough(model, splits, positive)
    return splits


def _units(model: ModelFile, frame: pd.DataFrame) -> pd.DataFrame:
    """Per row its time, its unit (what may not be cut: group within a time) and content hash."""
    names = sorted(model.columns)
    content = pd.util.hash_pandas_object(frame[names], index=False).to_numpy(np.uint64)
    unit = content
    if model.group:
        groups = frame[model.group]
        hashed = pd.util.hash_array(groups.to_numpy(object))
        unit = np.where((groups == "").to_numpy(), content, hashed)
    time = frame[TIME].to_numpy(np.int64) if model.time else np.zeros(len(frame), np.int64)
    return pd.DataFrame({"time": time, "unit": unit, "content": content})


def _order(units: pd.DataFrame) -> Rows:
    return np.lexsort((units["content"], units["unit"], units["time"])).astype(np.int64)


def _cut(model: ModelFile, units: pd.DataFrame) -> tuple[Rows, Rows, Rows]:
    order = _order(units)
    time, unit = units["time"].to_numpy()[order], units["unit"].to_numpy()[order]
    inside = (time[1:] == time[:-1]) & (unit[1:] == unit[:-1])
    if not model.group:
        inside[:] = False
    ends = np.concatenate([[0], np.flatnonzero(~inside) + 1, [len(order)]])
    return _at(order, *(_nearest(ends, cut) for cut in _cuts(model, len(order))))


def _cut_by_class(
    model: ModelFile, units: pd.DataFrame, positive: NDArray[np.bool_]
) -> tuple[Rows, Rows, Rows]:
    order = _order(units)
    parts = [
        _at(rows, *_cuts(model, len(rows)))
        for rows in (order[positive[order]], order[~positive[order]])
    ]
    train, validation, test = (np.concatenate(both) for both in zip(*parts, strict=True))
    return train, validation, test


def _cuts(model: ModelFile, rows: int) -> tuple[int, int]:
    test = round(rows * model.split.test)
    return rows - test - round(rows * model.split.validation), rows - test


def _nearest(ends: Rows, cut: int) -> int:
    return int(ends[np.argmin(np.abs(ends - cut))])


def _at(order: Rows, first: int, second: int) -> tuple[Rows, Rows, Rows]:
    return order[:first], order[first:second], order[second:]


def _rule(model: ModelFile) -> str:
    whole = f", rows of one {model.group} kept together" if model.group else ""
    if model.time:
        same = f"{whole} within a time" if whole else ""
        return f"By {model.time.column}: the newest rows test, the next newest validate{same}."
    if model.group:
        return f"By a fixed hash of {model.group}{whole}; there is no time column."
    return "By a fixed hash of the row, each class alike; there is no time column."


def _require_enough(model: ModelFile, splits: Splits, positive: NDArray[np.bool_]) -> None:
    for name, rows in splits.items():
        positives = int(positive[rows].sum())
        if len(rows) >= ROWS_AT_LEAST and (
            CLASS_ROWS_AT_LEAST <= positives <= len(rows) - CLASS_ROWS_AT_LEAST
        ):
            continue
        advice = "give more rows" if name == "train" else f"give more rows or raise split.{name}"
        raise InvalidTable(
            f"The {name} split holds {len(rows):,} rows, {positives:,} of them "
            f"'{model.target.positive}', but needs at least {ROWS_AT_LEAST} rows and "
            f"{CLASS_ROWS_AT_LEAST} of each class; {advice}."
        )
