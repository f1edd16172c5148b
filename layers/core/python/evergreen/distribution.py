"""Distributions of columns as counts in bins, the same bins in training and in a drift check.

``features`` makes the profile of the rows a version learns from; ``monitor`` counts what came
later in the profile's bins. Fine bins, about a hundredth of the rows each, tell distributions
apart; coarse ones, a tenth each, are what the stability index and people look at.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values, categories
from evergreen.contracts.profile import CategoryProfile, ColumnProfile, NumberProfile
from evergreen.number_bins import NumberBins

Counts = NDArray[np.int64]
Floats32 = NDArray[np.float32]

_FINE, _COARSE = 100, 10
_LAST_CODE = 255


def number_profile(values: Floats32) -> NumberProfile:
    """About a hundred quantiles of the values that are there; NaN is missing.

    Bin i holds edges[i-1] < value <= edges[i]. A value of as much mass as a bin has a bin of its
    own, so that what falls between two such values, or beyond the least, is told apart.
    """
    there = np.sort(values[~np.isnan(values)].astype(np.float32))
    if not len(there):
        return NumberProfile((), (0,), len(values))
    deciles = decile_edges(there)
    edges = np.union1d(_fine_edges(there), deciles)
    ends = np.searchsorted(there, edges, side="right")
    counted = np.diff(ends, prepend=0, append=len(there))
    wide = there.astype(np.float64)
    return NumberProfile(
        edges=tuple(edges.tolist()),
        counts=tuple(counted.tolist()),
        missing=len(values) - len(there),
        coarse=tuple(np.searchsorted(edges, deciles).tolist()),
        mean=float(wide.mean()),
        deviation=float(wide.std()),
    )


def decile_edges(there: Floats32) -> Floats32:
    """Inner edges between tenths of sorted values, at least one of them, rising.

    Where ties make the lowest decile the minimum, an edge below it keeps apart what will fall
    under everything that training saw.
    """
    edges = np.unique(_quantiles(there, _COARSE))
    if edges[0] == there[0]:
        edges = np.concatenate([_below(edges[:1]), edges])
    return edges


def category_profile(values: Values, known: tuple[str, ...]) -> CategoryProfile:
    """Counts of the ``known`` values; "" is missing, and the rest of the rows is unseen."""
    counted = _category_counts(known, values)
    return CategoryProfile(
        {value: int(count) for value, count in zip(known, counted, strict=False)}, int(counted[-1])
    )


def training_counts(profile: ColumnProfile, rows: int) -> Counts:
    """The profile's own counts of its ``rows`` rows, in the order of :func:`labels`."""
    if isinstance(profile, NumberProfile):
        return np.array([*profile.counts, profile.missing], dtype=np.int64)
    unseen = rows - sum(profile.counts.values()) - profile.missing
    return np.array([*profile.counts.values(), unseen, profile.missing], dtype=np.int64)


def bins(profile: ColumnProfile) -> int:
    """How many fine bins there are, missing (and a category's unseen) among them."""
    if isinstance(profile, CategoryProfile):
        return len(profile.counts) + 2
    return len(profile.edges) + 2


def places(profile: ColumnProfile, values: Values) -> NDArray[np.intp]:
    """The fine bin of each value, in the order of :func:`labels`.

    Args:
        values: n numbers (NaN is missing), or n texts or Categories ("" is missing).
    """
    if isinstance(profile, CategoryProfile):
        return _category_places(tuple(profile.counts), values)
    return NumberBins(profile.edges).places(np.asarray(values, dtype=np.float32))


def counts(profile: ColumnProfile, values: Values) -> Counts:
    """How many of ``values`` fall in each fine bin, in the order of :func:`labels`."""
    if isinstance(profile, CategoryProfile):
        return _category_counts(tuple(profile.counts), values)
    return np.bincount(places(profile, values), minlength=bins(profile)).astype(np.int64)


def to_coarse(profile: ColumnProfile) -> NDArray[np.intp]:
    """For each fine bin the coarse bin that it lies in, rising; a category's are the same."""
    fine = bins(profile)
    if isinstance(profile, CategoryProfile) or not profile.coarse:
        return np.arange(fine)
    ends = np.array(profile.coarse)
    found = np.searchsorted(ends, np.arange(fine), side="left")
    found[-1] = len(ends) + 1
    return found


def sample_code(profile: ColumnProfile) -> NDArray[np.uint8]:
    """For each fine bin its number in a sample of rows: the coarse bin, missing the last. Of a
    category with more than 253 values the rarest share the number 253."""
    coarse = to_coarse(profile)
    last = int(coarse[-1])
    if last > _LAST_CODE:
        coarse = np.minimum(coarse, _LAST_CODE - 2)
        coarse[-2:] = _LAST_CODE - 1, _LAST_CODE
    return coarse.astype(np.uint8)


def coarse_counts(profile: ColumnProfile, fine: Counts) -> Counts:
    """Fine counts of shape (..., fine bins) added up in coarse bins: shape (..., coarse bins),
    in the order of :func:`coarse_labels`."""
    place = to_coarse(profile)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    added: Counts = np.add.reduceat(np.asarray(fine, dtype=np.int64), starts, axis=-1)
    return added


def labels(profile: ColumnProfile) -> list[str]:
    """Names of the fine bins for people: missing is the last, before it a category's unseen."""
    if isinstance(profile, CategoryProfile):
        return [*profile.counts, "never seen in training", "missing"]
    return _labels(profile.edges)


def coarse_labels(profile: ColumnProfile) -> list[str]:
    """Names of the coarse bins, as :func:`labels`."""
    if isinstance(profile, CategoryProfile) or not profile.coarse:
        return labels(profile)
    return _labels(tuple(profile.edges[place] for place in profile.coarse))


def readable(number: float) -> str:
    """A number as a person writes it: 1999, 0.125, 12346."""
    if float(number).is_integer() and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.0f}" if 1000 <= abs(number) < 1e15 else f"{number:.4g}"


def _labels(edges: tuple[float, ...]) -> list[str]:
    if not edges:
        return ["any", "missing"]
    named = [readable(edge) for edge in edges]
    alone = [_just_below(low, high) for low, high in pairwise(edges)]
    for place, tight in enumerate(alone):
        if tight:
            named[place] = named[place + 1]
    inner = [
        high if tight else f"{low} to {high}"
        for (low, high), tight in zip(pairwise(named), alone, strict=True)
    ]
    first = f"under {named[0]}" if alone and alone[0] else f"up to {named[0]}"
    return [first, *inner, f"over {named[-1]}", "missing"]


def _just_below(low: float, high: float) -> bool:
    return bool(np.nextafter(np.float32(low), np.float32(np.inf)) == np.float32(high))


def _below(edges: Floats32) -> Floats32:
    """Just below each edge; nothing is below the least that 32 bits hold."""
    there = edges[edges > np.finfo(np.float32).min]
    return np.nextafter(there, np.float32(-np.inf))


def _quantiles(there: Floats32, parts: int) -> Floats32:
    """Inner quantiles of sorted values, each one of them (the inverse distribution function)."""
    return there[-(-len(there) * np.arange(1, parts) // parts) - 1]


def _fine_edges(there: Floats32) -> Floats32:
    """Hundredths, and an edge below each value that is as frequent and has others beneath it."""
    found, times = np.unique(_quantiles(there, _FINE), return_counts=True)
    frequent = found[(times > 1) | (found == there[0])]
    first = np.searchsorted(there, frequent, side="left")
    before = np.searchsorted(found, frequent) - 1
    # Nothing lies between two neighbours that both have an edge.
    under = np.where(before >= 0, found[before], np.float32(-np.inf))
    apart = (first == 0) | (there[first - 1] > under)
    return np.union1d(found, _below(frequent[apart]))


def _category_places(known: tuple[str, ...], values: Values) -> NDArray[np.intp]:
    coded = values if isinstance(values, Categories) else categories(values)
    table = _table(known, coded)
    return table[coded.codes] if len(coded) else np.zeros(0, dtype=np.intp)


def _category_counts(known: tuple[str, ...], values: Values) -> Counts:
    coded = values if isinstance(values, Categories) else categories(values)
    weights, size = coded.counted(), len(known) + 2
    return np.bincount(_table(known, coded), weights=weights, minlength=size).astype(np.int64)


def _table(known: tuple[str, ...], coded: Categories) -> NDArray[np.intp]:
    place = {value: code for code, value in enumerate(known)} | {"": len(known) + 1}
    return np.array([place.get(value, len(known)) for value in coded.values], dtype=np.intp)
