"""The columns of rows that share a value, each beside the same rows of training."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.drift import Level
from evergreen.contracts.policies import Monitor
from evergreen.contracts.profile import Segment
from evergreen.drift_statistics import psi
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.drift.column import Sides, added_by_chance
from evergreen.monitor.drift.discoveries import q_values
from evergreen.monitor.drift.effects import jensen_shannon, scaled
from evergreen.monitor.drift.seasons import Adjustment
from evergreen.monitor.drift.significance import chi_squared_test
from evergreen.monitor.served import Served

Floats = NDArray[np.float64]

SMALL_JS = 0.05
"""Of a segment's column: few rows' shares are further apart than many rows'."""


class SegmentDrift(Struct, frozen=True):
    """Rows that share a value of a column, and their columns that moved, most first."""

    column: str
    value: str
    rows: int
    drifted: tuple[str, ...]
    level: Level


class _Cell(Struct, frozen=True, eq=False):
    column: str
    p_value: float
    effect: Level
    psi: float


class Looked(Struct, frozen=True, eq=False):
    """A segment whose columns were looked at, before it is known what counts as found."""

    column: str
    value: str
    rows: int
    cells: list[_Cell]


def segments_of(
    baseline: Baseline, served: Served, sides: dict[str, Sides], monitor: Monitor
) -> Iterator[Looked]:
    """Every segment that training and the window both have."""
    for column, values in baseline.profile.segments.items():
        place = {value: i for i, value in enumerate(served.group_values.get(column, ()))}
        for value, segment in values.items():
            counted = served.segments.get(column, {}).get(value)
            if not counted or value not in place:
                continue
            rows = int(np.sum(served.groups[column] == place[value]))
            cells = list(_cells(column, segment, counted, sides, monitor))
            yield Looked(column, value, rows, cells)


def segment_drifts(looked: list[Looked], q: float) -> tuple[SegmentDrift, ...]:
    """What moved at a false discovery rate of ``q`` over all segments' columns together."""
    found = iter(q_values(p_values(looked)))
    drifts = []
    for each in looked:
        moved = [cell for cell in each.cells if next(found) <= q and cell.effect != "none"]
        moved.sort(key=lambda cell: (-cell.psi, cell.column))
        effects = {cell.effect for cell in moved}
        level: Level = "large" if "large" in effects else "small" if effects else "none"
        names = tuple(cell.column for cell in moved)
        drifts.append(SegmentDrift(each.column, each.value, each.rows, names, level))
    return tuple(drifts)


def p_values(looked: list[Looked]) -> list[float]:
    """Of every column of every segment."""
    return [cell.p_value for each in looked for cell in each.cells]


def _cells(
    by: str,
    segment: Segment,
    counted: dict[str, NDArray[np.int64]],
    sides: dict[str, Sides],
    monitor: Monitor,
) -> Iterator[_Cell]:
    for name, counts in counted.items():
        if name == by or name not in segment.columns or name not in sides:
            continue
        season, worth = sides[name].season, sides[name].worth
        before = _adjusted(np.array(segment.columns[name], dtype=np.float64), season)
        now = counts.astype(np.float64)
        tested = scaled(before, worth.before), scaled(now, worth.now)
        _, p_value = chi_squared_test(*tested)
        index = psi(before, now)
        beyond = index - added_by_chance(*tested) >= monitor.psi_at_least
        small: Level = "small" if jensen_shannon(before, now) >= SMALL_JS else "none"
        yield _Cell(name, p_value, "large" if beyond else small, index)


def _adjusted(before: Floats, season: Adjustment | None) -> Floats:
    """By the whole baseline's ratio; the segment keeps as large a share of its rows."""
    if not season or not season.parts:
        return before
    adjusted = before * season.ratio
    found: Floats = adjusted * (before.sum() * season.kept / max(adjusted.sum(), 1.0))
    return found
