"""The baseline profile: what a check holds served rows against."""

import zlib
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.calendar_parts import calendar_part
from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import (
    FORMAT,
    CategoryProfile,
    ColumnProfile,
    Profile,
    Sample,
    Season,
    Segment,
)
from evergreen.contracts.signature import Column
from evergreen.contracts.view_file import Part
from evergreen.distribution import (
    category_profile,
    number_profile,
    places,
    sample_code,
    to_coarse,
)
from evergreen.frame import Frame
from evergreen.profiles.stretches import stretches
from evergreen.profiles.unseen import as_served

VALUES_AT_MOST = 255
"""Of a category, the most frequent, that are counted; the others are together unseen."""
SAMPLE_AT_MOST = 2_000
"""Rows of the sample: enough to tell two mixtures apart, and some ten kilobytes."""
CELL_AT_LEAST = 50
"""Rows of each cell of a season; the shares of ten bins are then known to a few points."""
THIN_AT_MOST = 0.01
"""Share of the rows that may be of hours or weekdays with fewer."""
SEGMENT_AT_LEAST = 100
"""Rows of a value that is looked at apart."""
SEGMENTS_AT_MOST = 20
"""Values of a column that are looked at apart, the most frequent ones."""
_TARGET = ""
_DAY = 86_400 * 10**9
_SEASONS: tuple[tuple[Part, int, int, int], ...] = (
    ("hour", 24, 0, 7 * _DAY),
    ("weekday", 7, 0, 28 * _DAY),
    ("month", 12, 1, 365 * _DAY),
)
"""Part of the time, its cells, the first one's number, and how long a history must be for it: one
week's Mondays are a day, not a season."""


def moment(model: ModelFile, time: np.int64) -> str:
    """A time as ISO 8601 in UTC with milliseconds, "" without a time column."""
    return f"{time.astype('M8[ns]').astype('M8[ms]')}Z" if model.time else ""


class _Rows(Struct, frozen=True, eq=False):
    """Coarse bins of the rows by column; ``size`` tells how many bins each column has."""

    codes: dict[str, NDArray[np.intp]]
    size: dict[str, int]

    def counted(self, rows: Any) -> dict[str, tuple[int, ...]]:
        """Coarse counts of the rows that a mask selects, by column."""
        return {
            name: tuple(np.bincount(codes[rows], minlength=self.size[name]).tolist())
            for name, codes in self.codes.items()
        }


def profile(
    model: ModelFile, inputs: tuple[Column, ...], classes: tuple[str, ...], learned: Frame
) -> Profile:
    """The profile of the rows that a version learns from."""
    if classes:
        outcomes: Values = Categories(learned.target, classes)
        target: ColumnProfile = category_profile(outcomes, classes)
    else:
        outcomes = learned.target.astype(np.float32)
        target = number_profile(outcomes)
    given = {c.name: _as_served(c, learned.columns[c.name]) for c in inputs}
    columns = {c.name: _column(c, given[c.name]) for c in inputs}
    fine = {name: places(found, given[name]) for name, found in columns.items()}
    rows = _coarse(columns, fine)
    said = _coarse({_TARGET: target}, {_TARGET: places(target, outcomes)})
    seasons = _seasons(learned.time, rows) if model.time else {}
    outside = _outside(columns, rows)
    return Profile(
        rows=len(learned),
        target=target,
        columns=columns,
        newest=moment(model, learned.time.max()),
        format=FORMAT,
        oldest=moment(model, learned.time.min()),
        seasons=seasons,
        segments=_segments(model, learned, rows, said),
        sample=_sample(columns, fine, len(learned)),
        stretches=stretches(learned.time, rows.codes, seasons, outside) if model.time else (),
    )


def _as_served(found: Column, values: Values) -> Values:
    if isinstance(values, Categories) or is_text(values):
        return as_served(categories(values), found.values[:VALUES_AT_MOST])
    return values.astype(np.float32)


def _column(found: Column, values: Values) -> ColumnProfile:
    if isinstance(values, Categories):
        return category_profile(values, found.values[:VALUES_AT_MOST])
    return number_profile(values)


def _coarse(columns: dict[str, ColumnProfile], fine: dict[str, NDArray[np.intp]]) -> _Rows:
    table = {name: to_coarse(found) for name, found in columns.items()}
    size = {name: int(each[-1]) + 1 for name, each in table.items()}
    return _Rows({name: table[name][codes] for name, codes in fine.items()}, size)


def _seasons(time: NDArray[np.int64], rows: _Rows) -> dict[str, Season]:
    found: dict[str, Season] = {}
    for part, cells, first, history in _SEASONS:
        cell = calendar_part(time, part).astype(np.intp) - first
        each = np.bincount(cell, minlength=cells)
        if time.max() - time.min() < history or not _told(part, each):
            continue
        counted = {
            name: _table(cell, codes, (cells, rows.size[name]))
            for name, codes in rows.codes.items()
        }
        found[part] = Season(tuple(each.tolist()), counted)
    return found


def _told(part: Part, rows: NDArray[np.int64]) -> bool:
    """Whether nearly all rows are of cells with enough; of months each must have enough. An office
    serves by day alone, and its days have hours all the same."""
    thin = rows < CELL_AT_LEAST
    if part == "month":
        return not bool(thin.any())
    return bool(np.sum(~thin) > 1 and rows[thin].sum() <= THIN_AT_MOST * rows.sum())


def _outside(columns: dict[str, ColumnProfile], rows: _Rows) -> dict[str, tuple[int, ...]]:
    """Coarse bins of what is missing and, of a category, unseen."""
    return {
        name: (size - 1, size - 2) if isinstance(columns[name], CategoryProfile) else (size - 1,)
        for name, size in rows.size.items()
    }


def _table(
    cell: NDArray[np.intp], codes: NDArray[np.intp], shape: tuple[int, int]
) -> tuple[tuple[int, ...], ...]:
    flat = np.bincount(cell * shape[1] + codes, minlength=shape[0] * shape[1])
    return tuple(tuple(row) for row in flat.reshape(shape).tolist())


def _segments(
    model: ModelFile, learned: Frame, rows: _Rows, said: _Rows
) -> dict[str, dict[str, Segment]]:
    """By protected and named column that is there, and is of categories."""
    found: dict[str, dict[str, Segment]] = {}
    for name in dict.fromkeys((*model.protected, *model.monitor.segments)):
        values = learned.columns.get(name)
        if values is None or not is_text(values):
            continue
        coded = categories(values)
        known = sorted(zip((-coded.counted()).tolist(), coded.values, strict=True))
        kept = [text for fewer, text in known if text and -fewer >= SEGMENT_AT_LEAST]
        place = {text: code for code, text in enumerate(coded.values)}
        found[name] = {
            text: _segment(coded.codes == place[text], rows, said)
            for text in kept[:SEGMENTS_AT_MOST]
        }
    return {name: values for name, values in found.items() if values}


def _segment(mask: NDArray[np.bool_], rows: _Rows, said: _Rows) -> Segment:
    return Segment(int(mask.sum()), rows.counted(mask), said.counted(mask)[_TARGET])


def _sample(
    columns: dict[str, ColumnProfile], fine: dict[str, NDArray[np.intp]], rows: int
) -> Sample:
    chosen = np.arange(rows)
    if rows > SAMPLE_AT_MOST:
        chosen = np.sort(np.random.default_rng(0).choice(rows, SAMPLE_AT_MOST, replace=False))
    codes = [sample_code(columns[name])[each[chosen]] for name, each in fine.items()]
    body = np.column_stack(codes).astype(np.uint8) if codes else np.zeros((0, 0), np.uint8)
    return Sample(len(chosen), zlib.compress(body.tobytes()))
