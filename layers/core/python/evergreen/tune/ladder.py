"""How much of the data a trial looks at: the rungs that promising configurations climb.

A small table begins with fewer folds, a big one with fewer rows. What counts is cells (rows times
columns), since that is what a fit takes its time for.
"""

import math
from itertools import chain

from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import Fidelity
from evergreen.past import names

_TINY = 50_000
"""Cells below which a fit takes less than starting one does, so that all look at everything."""
_FIVE_FOLDS, _THREE_FOLDS = 150_000, 1_000_000
"""Cells up to which so many folds are worth their time: 7,500 and 50,000 rows of 20 columns."""
_CELLS_A_MINUTE = 1_000_000
"""Cells times folds that a search of so many minutes can afford in its full trials."""
_SAMPLE, _SAMPLE_ROWS = 200_000, 2_000
"""Cells of the smallest sample, and its rows at least."""
_CLASS_ROWS = 50
"""Of the rarest class, in the smallest sample."""
_MEASURED_IN_A_FOLD = 1_000
"""Rows from which on a single fold tells configurations apart."""
_COLUMNS_AT_LEAST = 8
"""A row of few columns takes as long as one of so many."""
_RUNGS, _ETA, _TOP = 4, 3, 2
_STEP, _STEP_AT_MOST = 4.0, 8.0
"""A rung's rows beside those of the one below."""


def ladder(manifest: Manifest, file: ModelFile) -> tuple[Fidelity, ...]:
    """The rungs of a run, cheapest first; the last is full.

    There are no more than 4, and no more than leave, where a third climbs each, two configurations
    for the last.
    """
    rows, columns = learned_rows(manifest), max(count_columns(manifest, file), _COLUMNS_AT_LEAST)
    full = Fidelity(0, 0, count_folds(manifest, file), True)
    climbs = min(_RUNGS - 1, int(math.log(max(file.search.trials / _TOP, 1), _ETA) + 1e-9))
    if rows * columns <= _TINY or climbs == 0:
        return (full,)
    start = max(_SAMPLE // columns, _SAMPLE_ROWS, _for_rarest(manifest, rows))
    few = [Fidelity(0, 0, _few(rows, full.folds), False)] if full.folds > 1 else []
    if rows < 2 * start:
        lower = few
    else:
        whole = few if climbs > 1 else []
        samples = _samples(rows, start, climbs - len(whole))
        lower = [*(Fidelity(0, each, 1, False) for each in samples), *whole]
    return tuple(
        Fidelity(rung, each.rows, each.folds, each.full)
        for rung, each in enumerate(chain(lower, [full]))
    )


def count_folds(manifest: Manifest, file: ModelFile) -> int:
    """Folds of cross-validation: the forecast's origins, else as stated, else by the cells and the
    minutes there are. 1 is the validation split alone."""
    if file.forecast:
        return max(len(manifest.origins), 1)
    if file.search.folds:
        return file.search.folds
    cells = learned_rows(manifest) * max(count_columns(manifest, file), _COLUMNS_AT_LEAST)
    if cells <= _FIVE_FOLDS:
        return 5
    affordable = _CELLS_A_MINUTE * (file.search.minutes or math.inf)
    return 3 if cells <= min(_THREE_FOLDS, affordable / 3) else 1


def learned_rows(manifest: Manifest) -> int:
    """Rows of train and validation together."""
    return sum(split.rows for split in manifest.splits if split.name != "test")


def count_columns(manifest: Manifest, file: ModelFile) -> int:
    """Columns of the model's input."""
    joined = sum(len(view.features) for view in manifest.joins)
    past = len(names(file.forecast, file.target.column)) if file.forecast else 0
    return len(file.features) + joined + len(file.calendar) + past


def _for_rarest(manifest: Manifest, rows: int) -> int:
    """Rows of a sample that holds enough of the rarest class."""
    found: dict[str, int] = {}
    for split in manifest.splits:
        for label, count in split.classes.items() if split.name != "test" else ():
            found[label] = found.get(label, 0) + count
    rarest = max(min(found.values(), default=rows), 1)
    return math.ceil(rows * min(_CLASS_ROWS / rarest, 1))


def _few(rows: int, folds: int) -> int:
    return 2 if folds > 3 and rows < folds * _MEASURED_IN_A_FOLD else 1


def _samples(rows: int, start: int, at_most: int) -> list[int]:
    """Rows of the samples, ascending: each rung has about 4 times those of the one below, where so
    few rungs reach, and never more than 8 times."""
    wanted = math.ceil(math.log(rows / start, _STEP))
    count = max(min(wanted, at_most), 1)
    step = min((rows / start) ** (1 / count), _STEP_AT_MOST)
    return [round(rows / step**below) for below in range(count, 0, -1)]
