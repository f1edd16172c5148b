"""What a window would have answered: fits on the rows before each of a few points of time in the
validation split, measured on the rows that came next (rolling origins; Tashman 2000).

Fits are on 20,000 rows at most, drawn evenly. Fewer rows favour longer windows, so what is chosen
on fewer would have been chosen on all; and the rule knows no clock, so that the same run gives the
same candidate.
"""

from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.bootstrap import clusters_in_time
from evergreen.contracts.candidate import Window
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.pipeline import answers, fit
from evergreen.frame import Frame
from evergreen.groups import groups
from evergreen.metrics import Floats
from evergreen.train.evidence import Evidence
from evergreen.train.material import Material
from evergreen.train.windows import learned

_ORIGINS = 3
_FITTED_AT_MOST = 20_000
_MEASURED_AT_MOST = 30_000
_ROWS_AT_LEAST = 100
"""Of a window, and of what is measured: fewer tell nothing."""
_OF_A_CLASS_AT_LEAST = 5
_PARTS = 5
_STRETCHES = 10
"""Of the measured time, drawn whole: what is better must be so nearly everywhere, and a lucky week
is one draw of ten."""

Rows = NDArray[np.intp]


class Rehearsal(Struct, frozen=True, eq=False):
    """Places in train followed by validation: pairs of rows to fit on and rows measured, the
    newest last."""

    turns: tuple[tuple[Rows, Rows], ...]

    @property
    def newest(self) -> "Rehearsal":
        """The last turn."""
        return Rehearsal(self.turns[-1:])

    @property
    def earlier(self) -> "Rehearsal":
        """All turns but the last."""
        return Rehearsal(self.turns[:-1])

    def measured(self, material: Material) -> Frame:
        """The rows that were measured, turn after turn."""
        return material.rows.take(np.concatenate([after for _, after in self.turns]))


def rehearsal(material: Material) -> Rehearsal | None:
    """None where no time orders the rows, or too few are there to measure."""
    validation = material.validation
    if material.file.splits_by != "time" or len(validation) < _ROWS_AT_LEAST:
        return None
    generator = np.random.default_rng(material.seed)
    order = np.argsort(material.rows.time, kind="stable")
    drawn = _drawn(generator, len(order), _FITTED_AT_MOST)
    looked_at = _drawn(generator, len(order), _MEASURED_AT_MOST * len(order) // len(validation))
    ordered = material.rows.take(order)
    edges = [*_origins(ordered, material.file.group, len(material.train)), len(order)]
    return Rehearsal(
        tuple(
            (order[:begin][drawn[:begin]], order[begin:end][looked_at[begin:end]])
            for begin, end in pairwise(edges)
        )
    )


def rehearsed(
    material: Material, turns: Rehearsal, configuration: Configuration, window: Window
) -> Floats | None:
    """Answers to the measured rows, shape (m,) or (m, k); None where the window leaves too few
    rows, or none of a class."""
    found = []
    for before, after in turns.turns:
        given = learned(window, material.file, material.rows.take(before))
        if not enough(given.rows, len(material.signature.classes)):
            return None
        fitted = fit(material.signature, configuration, given.rows, given.weights)
        found.append(answers(fitted, material.signature, material.rows.take(after)))
    return np.concatenate(found)


def evidence_of(
    material: Material, turns: Rehearsal, trials: tuple[TrialResult, ...], each: list[Floats]
) -> Evidence:
    """Answers to the measured rows, in parts of neighbouring stretches of time.

    Args:
        each: answers of as many competitors as there are, one trial's or several.
    """
    held = turns.measured(material)
    clusters = clusters_in_time(held, material.file.group, _STRETCHES)
    age = np.argsort(np.argsort(held.time, kind="stable"), kind="stable")
    first = np.full(int(clusters.max()) + 1, len(held))
    np.minimum.at(first, clusters, age)
    parts = first[clusters] * _PARTS // len(held)
    return Evidence(trials, held.target, tuple(each), parts, clusters, material.seed)


def _origins(rows: Frame, group: str | None, validation: int) -> list[int]:
    """Where the validation rows begin, and their thirds: each at the nearest end of a time or,
    where none is near (a table by year), of a group."""
    size = (len(rows) - validation) / _ORIGINS
    later, known = rows.time[validation:], groups(rows, group)[validation:]
    between_times = 1 + np.flatnonzero(np.diff(later))
    between_groups = 1 + np.flatnonzero(np.diff(known))
    found = {0}
    for wanted in size * np.arange(1, _ORIGINS):
        for ends in (between_times, between_groups):
            nearest = int(ends[np.argmin(np.abs(ends - wanted))]) if len(ends) else 0
            if nearest and abs(nearest - wanted) < size / 2:
                found.add(nearest)
                break
    return [validation + each for each in sorted(found)]


def _drawn(generator: np.random.Generator, count: int, most: int) -> NDArray[np.bool_]:
    return generator.random(count) < most / count


def enough(rows: Frame, classes: int) -> bool:
    """Whether a window's rows can be learned from: a hundred, and five of each class."""
    if len(rows) < _ROWS_AT_LEAST:
        return False
    if classes:
        counted = np.bincount(rows.target, minlength=classes)
        return bool(counted.min() >= _OF_A_CLASS_AT_LEAST)
    return bool(rows.target.min() < rows.target.max())
