"""What a view's features are, by definition: slow, plain, from the source rows alone."""

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from evergreen.calendar_parts import calendar_part
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.table import seconds
from evergreen.contracts.view_file import Feature, ViewFile

Row = dict[str, Any]
SECOND = 10**9
LARGEST = float(np.finfo(np.float32).max)
"""What a model takes; more is missing."""


def features_at(view: ViewFile, rows: Iterable[Row], entity: Row, time: int) -> Row | None:
    """The features of an entity as known at ``time``, or None where nothing was known of it."""
    seen = [
        row
        for row in rows
        if all(row[name] == entity[name] for name in view.entity)
        and row[TIME] <= time
        and row[CREATED] <= time
    ]
    if not (seen := _that_count(view, seen)):
        return None
    found = {name: _feature(view, feature, seen) for name, feature in view.features.items()}
    for name, feature in view.features.items():
        if feature.ratio:
            above, below = (found[part] for part in feature.ratio)
            ratio = math.nan if above is None or not below else above / below
            found[name] = ratio if abs(ratio) <= LARGEST else None
    return found


def _that_count(view: ViewFile, seen: list[Row]) -> list[Row]:
    """One row of those that are the same."""
    keyed = view.clean.key and view.clean.repeated_keys != "keep"
    names = [name for name in view.columns if not keyed or name in view.clean.key]
    seen = sorted(seen, key=lambda row: (row[TIME], row[CREATED], _content(view, row)))
    one: dict[tuple[Any, ...], Row] = {}
    for row in seen:
        same = (row[TIME], *(row[name] for name in names))
        if same not in one or (keyed and view.clean.repeated_keys != "first"):
            one[same] = row
    return sorted(one.values(), key=lambda row: (row[TIME], row[CREATED], _content(view, row)))


def _content(view: ViewFile, row: Row) -> list[Any]:
    return [
        (
            row[name] is None if kind == "number" else False,
            row[name] or ("" if kind == "category" else 0.0),
        )
        for name, kind in view.columns.items()
    ][::-1]


def _feature(view: ViewFile, feature: Feature, seen: list[Row]) -> Any:
    newest = seen[-1][TIME]
    if feature.part:
        return float(calendar_part(np.array([newest]), feature.part)[0])
    if not feature.of:
        return None
    if feature.take in ("last", "lag"):
        return _value(view, feature, seen)
    over = seconds(feature.over or "") * SECOND
    inside = [row[feature.of] for row in seen if row[TIME] > newest - over]
    known = [value for value in inside if value not in (None, "")]
    return _aggregate(feature.take, known)


def _aggregate(take: str, known: list[Any]) -> float | None:
    if take in ("count", "distinct"):
        return float(len(known if take == "count" else set(known)))
    if not known:
        return None
    total = math.fsum(known)
    return {"sum": total, "mean": total / len(known), "min": min(known), "max": max(known)}[take]


def _value(view: ViewFile, feature: Feature, seen: list[Row]) -> Any:
    times = sorted({row[TIME] for row in seen})
    back = feature.back if feature.take == "lag" else 0
    value = "" if view.columns[feature.of] == "category" else None
    if back < len(times):
        value = [row for row in seen if row[TIME] == times[-1 - back]][-1][feature.of]
    if not feature.categories:
        return value
    found = (
        name for like, name in feature.categories.items() if re.search(like, value or "", re.I)
    )
    return next(found, "other") if value else ""
