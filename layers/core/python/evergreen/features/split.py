"""Which rows train, validate and test: by time, by whole groups, or alike in the target."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidTable
from evergreen.features.dataset import content, hashed
from evergreen.frame import Frame
from evergreen.repeats import told_apart
from evergreen.strata import places, strata

ROWS_AT_LEAST = 10
"""In every split. That a metric says little of few rows, its interval shows."""
CLASS_ROWS_AT_LEAST = 2
"""Of each class to train on, so that a fold that leaves one out still learns it; of two classes in
every split, since nothing is measured on one."""

Rows = NDArray[np.int64]
Hashes = NDArray[np.uint64]


class Splits(Struct, frozen=True, eq=False):
    """Row numbers of the dataset by split, each by time, and why they were split so.

    ``origins`` are those of :class:`~evergreen.contracts.feature_set.Manifest`.
    """

    train: Rows
    validation: Rows
    test: Rows
    rule: str
    origins: tuple[int, ...] = ()

    def items(self) -> tuple[tuple[str, Rows], ...]:
        """The splits by name, oldest first."""
        return (("train", self.train), ("validation", self.validation), ("test", self.test))


def split(model: ModelFile, rows: Frame, classes: tuple[str, ...]) -> Splits:
    """Split a dataset.

    By time, the newest share is the test split, the next newest the validation split. Within one
    time a hash of the group, then of the row's content, orders, so that neither the file's order
    nor chance decides, and a cut moves to the nearest end of a group; a forecast's cut moves to
    the end of a time. By group or stratified, whole groups (or rows) are dealt by their hash, each
    split alike in the target.

    Args:
        classes: the labels of the target's codes, none where it is a number.

    Raises:
        InvalidTable: a split would hold too few rows, or too few of a class.
    """
    by = model.splits_by
    hashes = content(rows)
    units = _units(model, rows, hashes)
    order = np.lexsort((hashes, units, rows.time)).astype(np.int64)
    if by == "time":
        parts = _cut_by_time(model, rows, units, order)
    else:
        parts = _deal(model, rows, units, order, classes)
    splits = Splits(*parts, _rule(model, by), _origins(model, rows, *parts[:2]))
    for name, chosen in splits.items():
        _require_enough(model, name, rows.target[chosen], classes)
    return splits


def _units(model: ModelFile, rows: Frame, hashes: Hashes) -> Hashes:
    """What may not be cut: the row's group, or, without one, the row and its copies."""
    hashes = told_apart(rows, hashes)
    if not model.group:
        return hashes
    groups = rows.columns[model.group]
    if isinstance(groups, Categories):
        nameless = np.array([value == "" for value in groups.values] or [True])[groups.codes]
    else:
        nameless = np.isnan(groups)
    return np.where(nameless, hashes, hashed(groups))


def _cut_by_time(
    model: ModelFile, rows: Frame, units: Hashes, order: Rows
) -> tuple[Rows, Rows, Rows]:
    time, unit = rows.time[order], units[order]
    inside = time[1:] == time[:-1]
    if not model.forecast:
        inside &= (unit[1:] == unit[:-1]) & bool(model.group)
    ends = np.concatenate([[0], np.flatnonzero(~inside) + 1, [len(order)]])
    first, second = (int(ends[i]) for i in _cuts(model, ends))
    return order[:first], order[first:second], order[second:]


def _deal(
    model: ModelFile, rows: Frame, units: Hashes, order: Rows, classes: tuple[str, ...]
) -> tuple[Rows, Rows, Rows]:
    """Units in the order of how far each lies in its stratum, cut where the shares are reached."""
    names, unit, sizes = np.unique(units, return_inverse=True, return_counts=True)
    stratum = strata(rows.target, unit, sizes, len(classes))
    before, lengths = places(stratum, names, sizes)
    dealt = np.lexsort((names, (before + sizes / 2) / lengths))
    cuts = _cuts(model, np.concatenate([[0], np.cumsum(sizes[dealt])]))
    of_unit = np.empty(len(dealt), dtype=np.int8)
    of_unit[dealt] = np.searchsorted(cuts, np.arange(len(dealt)), side="right")
    of_row = of_unit[unit[order]]
    return order[of_row == 0], order[of_row == 1], order[of_row == 2]


def _cuts(model: ModelFile, ends: Rows) -> tuple[int, int]:
    """Places in ``ends``, nearest to where the validation and the test split should begin; with
    three pieces or more no split is left empty."""
    rows = int(ends[-1])
    test = round(rows * model.split.test)
    wanted = rows - test - round(rows * model.split.validation), rows - test
    last = len(ends) - 1
    first = int(np.argmin(np.abs(ends - wanted[0])))
    first = min(max(first, 1), max(last - 2, 0))
    second = int(np.argmin(np.abs(ends - wanted[1])))
    return first, min(max(second, first + 1), max(last - 1, first))


def _rule(model: ModelFile, by: str) -> str:
    target, group = model.target.column, model.group
    if by == "time" and model.time:
        whole = f", rows of one {group} kept together within a time" if group else ""
        return (
            f"By {model.time.column}, because what is predicted comes later than what was learned: "
            f"the newest rows test, the next newest validate{whole}."
        )
    why = "as split.by states" if model.split.by else "as there is no time column"
    if group:
        return (
            f"By a fixed hash of {group}, {why}: rows of one {group} kept together in one split, "
            f"each split alike in {target}."
        )
    return f"By a fixed hash of the row, {why}: each split alike in {target}."


def _origins(model: ModelFile, rows: Frame, train: Rows, validation: Rows) -> tuple[int, ...]:
    """The validation split in as many parts as there are origins, cut between two times."""
    if not model.forecast or not len(validation):
        return ()
    time = rows.time[validation]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(time)) + 1])
    wanted = np.arange(model.forecast.origins) * len(time) // model.forecast.origins
    nearest = [int(starts[np.argmin(np.abs(starts - row))]) for row in wanted]
    return tuple(len(train) + row for row in sorted(set(nearest)))


def _require_enough(
    model: ModelFile, name: str, target: NDArray[Any], classes: tuple[str, ...]
) -> None:
    advice = "give more rows" if name == "train" else f"give more rows or raise split.{name}"
    if len(target) < ROWS_AT_LEAST:
        raise InvalidTable(
            f"The {name} split holds {len(target):,} rows, but needs at least {ROWS_AT_LEAST}; "
            f"{advice}."
        )
    if classes and (name == "train" or model.problem == "binary"):
        _require_classes(model, name, target, classes, advice)
    if model.problem != "binary" and target.min() == target.max():
        value = f"'{classes[int(target[0])]}'" if classes else f"{target[0]:g}"
        raise InvalidTable(
            f"The target '{model.target.column}' is {value} in all {len(target):,} rows of "
            f"the {name} split, which then measures nothing; {advice}."
        )


def _require_classes(
    model: ModelFile, name: str, target: NDArray[Any], classes: tuple[str, ...], advice: str
) -> None:
    for label, found in zip(classes, np.bincount(target, minlength=len(classes)), strict=True):
        if found < CLASS_ROWS_AT_LEAST:
            column = model.target.column
            merge = f", or merge the class with another by clean.columns.{column}.spellings"
            raise InvalidTable(
                f"The {name} split holds {len(target):,} rows, {found:,} of them '{label}', but "
                f"needs at least {CLASS_ROWS_AT_LEAST} of each class; {advice}"
                f"{'' if model.problem == 'binary' else merge}."
            )
