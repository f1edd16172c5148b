"""The baseline as it would be at the window's hours, weekdays and months.

Where w(c) is the window's share of rows in cell c of a part of the time (an hour of the day), and
p(b | c) the baseline's share of bin b among its rows of that cell, the part turns the baseline's
p(b) into sum of w(c) p(b | c): direct standardisation. Of several parts the effects multiply,
as the main effects do in a log-linear model,

    adjusted(b) ~ p(b) * product over parts of [sum of w(c) p(b | c)] / p(b)

A cell that history never saw has no p(b | c), and its rows are held against p(b).

The adjusted baseline rests on fewer rows. A part's sum varies as if of 1 / (sum of w(c)^2 / n(c))
rows, so the rows it stands for are 1 / (1/n + sum over parts of (sum of w(c)^2 / n(c) - 1/n)). All
tests and what chance gives are counted with these.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.profile import Season

Floats = NDArray[np.float64]


class Adjustment(Struct, frozen=True, eq=False):
    """What the baseline's coarse shares are multiplied by, and the rows that it then stands for,
    also as a share of those that it has."""

    ratio: Floats
    rows: float
    kept: float = 1.0
    parts: tuple[str, ...] = ()


def adjustment(
    column: str, coarse: Floats, seasons: dict[str, Season], window: dict[str, NDArray[np.int64]]
) -> Adjustment:
    """The adjustment of a column to the window's rows by cell of each part.

    Args:
        coarse: the column's rows in the baseline by coarse bin, missing last.
    """
    rows = float(coarse.sum())
    lost, ratio, parts = 0.0, np.ones(len(coarse)), []
    for part, season in seasons.items():
        cells = window.get(part)
        if column not in season.columns or cells is None or not cells.sum():
            continue
        table = np.array(season.columns[column], dtype=np.float64)
        found, spread = _standardised(table, cells / cells.sum(), coarse)
        ratio = ratio * found
        lost += max(0.0, spread - 1 / rows)
        parts.append(part)
    adjusted = ratio * coarse
    if not parts or not adjusted.sum():
        return Adjustment(np.ones(len(coarse)), rows)
    kept = 1 / (1 + rows * lost)
    return Adjustment(ratio * rows / adjusted.sum(), rows * kept, kept, tuple(parts))


def _standardised(table: Floats, weights: Floats, coarse: Floats) -> tuple[Floats, float]:
    """The ratio of each bin, and the sum of w(c)^2 / n(c)."""
    rows = table.sum(axis=1)
    known = rows > 0
    total = coarse / coarse.sum()
    mixed = weights[known] @ (table[known] / rows[known, np.newaxis])
    mixed = mixed + weights[~known].sum() * total
    ratio = np.divide(mixed, total, out=np.ones(len(total)), where=total > 0)
    unknown = weights[~known].sum() ** 2 / coarse.sum()
    return ratio, float(np.sum(weights[known] ** 2 / rows[known]) + unknown)
