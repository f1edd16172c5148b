"""What a candidate owes to each column: the metric's loss where the column's values change places
(Breiman 2001; Fisher, Rudin and Dominici 2019), on rows that nothing was fitted on.

Columns that say the same stand in for each other, so each of them alone may look unimportant.
"""

import time
from collections.abc import Callable

import numpy as np
from msgspec import Struct

from evergreen.bootstrap import bootstrap, clusters_of, interval
from evergreen.contracts.run_report import ColumnImportance
from evergreen.frame import Frame
from evergreen.metrics import Floats, ahead, measure
from evergreen.train.material import Material

Answer = Callable[[Frame], Floats]
"""What a candidate answers, as :func:`evergreen.estimators.pipeline.answers` gives it."""

ROWS_AT_MOST = 5000
_ROWS_AT_LEAST = 200
_REPEATS = 5
_RESAMPLES, _RESAMPLES_AT_LEAST = 200, 40
_CELLS = 50_000_000


class Permuted(Struct, frozen=True):
    """The importance of each column, and how many rows and repeats it rests on."""

    rows: int
    repeats: int
    columns: tuple[ColumnImportance, ...]


def permute(material: Material, answer: Answer, seconds: float) -> Permuted:
    """Columns by importance. In ``seconds`` of answering: of less time fewer repeats are made, then
    fewer rows are looked at, and below 200 of them none is.

    The interval is over resampled rows and repeats together.
    """
    generator = np.random.default_rng(material.seed)
    chosen = generator.permutation(len(material.test))[:ROWS_AT_MOST]
    rows = material.test.take(np.sort(chosen))
    names = [column.name for column in material.signature.inputs]
    began = time.perf_counter()
    answer(rows)
    affordable = seconds / max((time.perf_counter() - began) * len(names), 1e-9)
    if affordable < 1:
        rows = rows.take(slice(0, None, int(np.ceil(1 / affordable))))
        if len(rows) < min(_ROWS_AT_LEAST, len(material.test)):
            return Permuted(len(rows), 0, ())
    repeats = min(max(int(affordable), 1), _REPEATS)
    return Permuted(
        len(rows), repeats, _measured(material, answer, rows, names, repeats, generator)
    )


def _measured(
    material: Material,
    answer: Answer,
    rows: Frame,
    names: list[str],
    repeats: int,
    generator: np.random.Generator,
) -> tuple[ColumnImportance, ...]:
    draws = _CELLS // (len(rows) * len(names))
    draws = max(min(draws, _RESAMPLES), _RESAMPLES_AT_LEAST) // repeats
    drops: dict[str, list[Floats]] = {name: [] for name in names}
    base = answer(rows)
    for seed in generator.integers(0, 2**32, repeats).tolist():
        before = _again(material, rows, base, seed, draws)
        for name in names:
            mixed = rows.columns[name][generator.permutation(len(rows))]
            answered = answer(Frame({**rows.columns, name: mixed}, rows.target, rows.time))
            after = _again(material, rows, answered, seed, draws)
            drops[name].append(ahead(material.file.metric, before, after))
    found = [_importance(name, np.stack(each)) for name, each in drops.items()]
    return tuple(sorted(found, key=lambda each: -each.drop))


def _again(material: Material, rows: Frame, answered: Floats, seed: int, draws: int) -> Floats:
    """The metric of the rows as they are, then of resampled ones: shape (1 + draws,). The same
    seed draws the same rows."""
    metric, together = material.file.metric, clusters_of(rows, material.file.group)
    drawn = bootstrap(metric, rows.target, [answered], together, seed, draws)[0]
    return np.append(measure(metric, rows.target, answered), drawn)


def _importance(name: str, drops: Floats) -> ColumnImportance:
    """``drops`` of shape (repeats, 1 + draws)."""
    return ColumnImportance(name, float(drops[:, 0].mean()), interval(drops[:, 1:]))
