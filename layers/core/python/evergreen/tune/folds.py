"""Cross-validation as the split rule says, over train followed by validation.

By time, each fold is fitted on what came before the rows it measures (rolling origins; Tashman
2000). By group or stratified, rows are dealt as ``features`` deals them to its splits: whole groups
and equal rows together, every fold alike in the target. A forecast keeps its feature set's origins.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import Fidelity
from evergreen.frame import Frame
from evergreen.groups import groups
from evergreen.strata import places, strata
from evergreen.tune.ladder import count_folds
from evergreen.tune.units import as_units, learned_apart

Rows = NDArray[np.intp]

BEFORE = -1
"""The block of the rows that no fold measures."""
_MEASURED = 0.5
"""Share of the rows, the newest, that folds by time measure."""


class Fold(Struct, frozen=True, eq=False):
    """Places of rows in train followed by validation, ascending, each of one dimension.

    ``number`` is that of all folds, whichever of them a trial looks at.
    """

    number: int
    fit: Rows
    measured: Rows


class Study(Struct, frozen=True, eq=False):
    """The n rows that a run's trials share: ``train`` of the train split, then the validation's.

    ``classes`` are how many the target has, 0 for a number.
    """

    file: ModelFile
    manifest: Manifest
    rows: Frame
    train: int
    classes: int


def folds(study: Study, fidelity: Fidelity) -> list[Fold]:
    """The folds that a trial of this fidelity measures; the same for all of them in a run.

    By time the newest comes first, since it is most like what will be asked. A fold whose rows to
    fit on lack a class is left out where another does not.
    """
    block = blocks(study)
    kept = _sample(study, block, fidelity.rows)
    numbers = range(int(block.max()) + 1)
    ordered = _in_order(study)
    found = [
        Fold(
            number,
            np.flatnonzero(kept & ((block < number) if ordered else (block != number))),
            np.flatnonzero(kept & (block == number)),
        )
        for number in (reversed(numbers) if ordered else numbers)
    ]
    found = [fold for fold in found if len(fold.fit) and len(fold.measured)]
    able = [fold for fold in found if _varied(study, fold)] or found
    return able if fidelity.full else able[: fidelity.folds]


def looked_at(chosen: list[Fold]) -> int:
    """How many rows a trial of these folds looks at, to fit and to measure."""
    places = [rows for fold in chosen for rows in (fold.fit, fold.measured)]
    return len(np.unique(np.concatenate(places)))


def blocks(study: Study) -> NDArray[np.int8]:
    """The fold that measures each row, 0 and up, or :data:`BEFORE`; shape (n,)."""
    count = count_folds(study.manifest, study.file)
    if _in_order(study):
        order = np.arange(len(study.rows))
        if study.file.forecast or count == 1:
            cuts = study.manifest.origins or (study.train,)
        else:
            order = np.argsort(study.rows.time, kind="stable")
            cuts = _cuts(study, order, count)
        block = np.empty(len(order), dtype=np.int8)
        block[order] = np.searchsorted(cuts, np.arange(len(order)), side="right") + BEFORE
        return block
    found = as_units(learned_apart(study.rows, study.file.group), study.file.search.seed)
    stratum = strata(study.rows.target, found.of_row, found.sizes, study.classes)
    before, lengths = places(stratum, found.names, found.sizes)
    dealt = np.floor(count * (before + found.sizes / 2) / lengths).astype(np.int64)
    # From another fold on in each stratum, or the first would hold all that cannot be divided.
    return ((dealt + stratum) % count).astype(np.int8)[found.of_row]


def _in_order(study: Study) -> bool:
    """Whether a fold may be fitted on earlier blocks alone."""
    file = study.file
    single = count_folds(study.manifest, file) == 1
    return single or bool(file.forecast) or file.splits_by == "time"


def _cuts(study: Study, order: Rows, count: int) -> tuple[int, ...]:
    """Where the blocks begin: between two times where one is near, else between two groups."""
    time = study.rows.time[order]
    group = groups(study.rows, study.file.group)[order]
    changes = np.diff(time) != 0
    between_times = np.flatnonzero(changes) + 1
    between_groups = np.flatnonzero(changes | (np.diff(group) != 0)) + 1
    size = len(time) * _MEASURED / count
    found = set()
    for wanted in len(time) * (1 - _MEASURED) + size * np.arange(count):
        for ends, near in ((between_times, size / 2), (between_groups, size)):
            nearest = int(ends[np.argmin(np.abs(ends - wanted))]) if len(ends) else 0
            if nearest and abs(nearest - wanted) < near:
                found.add(nearest)
                break
    return tuple(sorted(found)) or (study.train,)


def _sample(study: Study, block: NDArray[np.int8], rows: int) -> NDArray[np.bool_]:
    """The rows that a trial looks at, shape (n,): the same share of each block and stratum, whole
    groups, spread over time. A smaller sample is part of every larger one."""
    share = rows / len(block)
    if rows == 0 or share >= 1:
        return np.ones(len(block), dtype=np.bool_)
    parts = int(block.max()) + 1 - BEFORE
    whole = groups(study.rows, study.file.group) * parts + (block - BEFORE)
    found = as_units(whole, study.file.search.seed)
    stratum = strata(study.rows.target, found.of_row, found.sizes, study.classes)
    of_unit = np.empty(len(found.sizes), dtype=np.int64)
    of_unit[found.of_row] = block - BEFORE
    cell = stratum * parts + of_unit
    before, lengths = places(cell, found.names, found.sizes)
    kept: NDArray[np.bool_] = (before < share * lengths)[found.of_row]
    return kept


def _varied(study: Study, fold: Fold) -> bool:
    """Whether the rows to fit on hold every class, or more than one number."""
    target = study.rows.target[fold.fit]
    if study.classes:
        return bool(np.all(np.bincount(target, minlength=study.classes) > 0))
    return bool(target.min() < target.max())
