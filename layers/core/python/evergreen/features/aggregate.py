"""Feature rows from source rows: what was known of an entity at each event, and when it changed."""

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.calendar_parts import calendar_part
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import Feature, ViewFile
from evergreen.features.events import Windows, events, late
from evergreen.features.known import Known, known_since_the_first, versions
from evergreen.features.source import Source, source
from evergreen.features.windows import Index

Values = dict[str, NDArray[np.generic]]

_LARGEST = float(np.finfo(np.float32).max)


class _Rows(Struct, frozen=True, eq=False):
    """Feature rows by event number and when they were known, categories as codes."""

    event: Index
    known: Index
    values: Values


def feature_rows(view: ViewFile, table: pa.Table, start: int, stop: int) -> pa.Table:
    """The feature rows of the events at ``start`` <= time < ``stop`` (nanoseconds).

    Where nothing was late, an event has one row, computed for all such events at once. Else it has
    one for each time at which what is known changed its values.

    Args:
        table: source rows, all that those events reach, in any order.

    Returns:
        The entity's columns (text), TIME, CREATED and the features (float64 or text), sorted by
        entity, event and when known.
    """
    rows = source(view, table)
    every = events(rows)
    windows = Windows(rows, every)
    wanted = np.flatnonzero((every.time >= start) & (every.time < stop))
    behind = late(view, rows, every, windows, wanted)
    straight = known_since_the_first(rows, every, windows, wanted[~behind])
    parts = [straight, *versions(view, rows, every, windows, wanted[behind])]
    made = _changed(_joined([_computed(view, part, every.time) for part in parts]))
    entity = every.entity[made.event]
    columns = {name: pa.array(texts[entity], pa.string()) for name, texts in rows.names.items()}
    columns |= {TIME: pa.array(every.time[made.event]), CREATED: pa.array(made.known)}
    for name, feature in view.features.items():
        columns[name] = _shown(feature, made.values[name], rows)
    return pa.table(columns)


def _joined(parts: list[_Rows]) -> _Rows:
    """All of them, by event and when they were known."""
    event, known = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("event", "known")
    )
    order = np.lexsort((known, event))
    names = parts[0].values
    values = {name: np.concatenate([p.values[name] for p in parts])[order] for name in names}
    return _Rows(event[order], known[order], values)


def _computed(view: ViewFile, known: Known, times: Index) -> _Rows:
    values: Values = {}
    for name, feature in view.features.items():
        if feature.part:
            values[name] = calendar_part(times[known.event], feature.part)
        elif feature.of:
            values[name] = known.take(feature)
    for name, feature in view.features.items():
        if feature.ratio:
            above, below = (values[part].astype(np.float64) for part in feature.ratio)
            with np.errstate(all="ignore"):
                ratio = above / below
            values[name] = ratio
    return _Rows(known.event, known.known, {name: _held(each) for name, each in values.items()})


def _held(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Numbers that models and requests cannot hold, which have 32 bits, are missing; codes stay."""
    if values.dtype.kind != "f":
        return values
    return np.where(np.abs(values) <= _LARGEST, values, np.nan)


def _changed(rows: _Rows) -> _Rows:
    """Without the rows whose values are those of the row before, of the same event."""
    new = np.ones(len(rows.event), np.bool_)
    new[1:] = rows.event[1:] != rows.event[:-1]
    for values in rows.values.values():
        same = values[1:] == values[:-1]
        if values.dtype.kind == "f":
            same |= np.isnan(values[1:]) & np.isnan(values[:-1])
        new[1:] |= ~same
    kept = {name: values[new] for name, values in rows.values.items()}
    return _Rows(rows.event[new], rows.known[new], kept)


def _shown(feature: Feature, values: NDArray[np.generic], rows: Source) -> pa.Array:
    """Numbers as they are (missing is null); codes as their texts ("" is missing)."""
    if values.dtype.kind == "f":
        return pa.array(values, pa.float64(), from_pandas=True)
    texts = np.append(rows.texts[feature.of], "")
    if feature.categories:
        texts = np.array([_categorised(feature.categories)(text) for text in texts], dtype=object)
    return pa.array(texts[values], pa.string())


def _categorised(categories: dict[str, str]) -> Callable[[str], str]:
    patterns = [(re.compile(pattern, re.IGNORECASE), name) for pattern, name in categories.items()]

    def category(text: str) -> str:
        found = (name for pattern, name in patterns if pattern.search(text))
        return next(found, "other") if text else ""

    return category
