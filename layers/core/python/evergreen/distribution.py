"""Distributions of columns as counts in bins, the same bins in training and in a drift check.

``features`` makes the profile of the rows a version learns from; ``monitor`` counts what came
later in the profile's bins.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values, categories
from evergreen.contracts.profile import CategoryProfile, ColumnProfile, NumberProfile

_DECILES = np.arange(1, 10) / 10


def number_profile(values: NDArray[np.float32]) -> NumberProfile:
    """Deciles of the values that are there; NaN is missing.

    Bin i holds edges[i-1] < value <= edges[i]. Where ties make the lowest decile the minimum, an
    edge below it keeps apart what will fall under everything that training saw.
    """
    there = values[~np.isnan(values)].astype(np.float32)
    if not len(there):
        return NumberProfile((), (0,), len(values))
    edges = np.unique(np.quantile(there, _DECILES, method="inverted_cdf").astype(np.float32))
    if edges[0] == there.min():
        edges = np.concatenate([[np.float32(_below(edges[0]))], edges])
    profile = NumberProfile(tuple(float(edge) for edge in edges), (), len(values) - len(there))
    counts = _number_counts(profile, values)[:-1]
    return NumberProfile(profile.edges, tuple(int(count) for count in counts), profile.missing)


def category_profile(values: Values, known: tuple[str, ...]) -> CategoryProfile:
    """Counts of the ``known`` values; "" is missing, and the rest of the rows is unseen."""
    counts = _category_counts(known, values)
    return CategoryProfile(
        {value: int(count) for value, count in zip(known, counts, strict=False)}, int(counts[-1])
    )


def training_counts(profile: ColumnProfile, rows: int) -> NDArray[np.int64]:
    """The profile's own counts of its ``rows`` rows, in the order of :func:`labels`."""
    if isinstance(profile, NumberProfile):
        return np.array([*profile.counts, profile.missing], dtype=np.int64)
    unseen = rows - sum(profile.counts.values()) - profile.missing
    return np.array([*profile.counts.values(), unseen, profile.missing], dtype=np.int64)


def counts(profile: ColumnProfile, values: Values) -> NDArray[np.int64]:
    """How many of ``values`` fall in each bin, in the order of :func:`labels`."""
    if isinstance(profile, CategoryProfile):
        return _category_counts(tuple(profile.counts), values)
    return _number_counts(profile, np.asarray(values, dtype=np.float32))


def labels(profile: ColumnProfile) -> list[str]:
    """Names of the bins for people: missing is the last, and before it a category's unseen."""
    if isinstance(profile, CategoryProfile):
        return [*profile.counts, "never seen in training", "missing"]
    edges = [readable(edge) for edge in profile.edges]
    if not edges:
        return ["any", "missing"]
    inner = [f"{low} to {high}" for low, high in pairwise(edges)]
    first, last = f"up to {edges[0]}", f"over {edges[-1]}"
    if inner and profile.edges[0] == _below(profile.edges[1]):
        first, inner[0] = f"under {edges[1]}", edges[1]
    return [first, *inner, last, "missing"]


def readable(number: float) -> str:
    """A number as a person writes it: 1999, 0.125, 12346."""
    if float(number).is_integer() and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.0f}" if 1000 <= abs(number) < 1e15 else f"{number:.4g}"


def _below(edge: float) -> float:
    return float(np.nextafter(np.float32(edge), np.float32(-np.inf)))


def _number_counts(profile: NumberProfile, values: NDArray[np.float32]) -> NDArray[np.int64]:
    missing = np.isnan(values)
    edges = np.array(profile.edges, dtype=np.float32)
    place = np.searchsorted(edges, values[~missing], side="left")
    counted = np.bincount(place, minlength=len(edges) + 1)
    return np.append(counted, missing.sum()).astype(np.int64)


def _category_counts(known: tuple[str, ...], values: Values) -> NDArray[np.int64]:
    coded = values if isinstance(values, Categories) else categories(values)
    counted = dict(zip(coded.values, coded.counted().tolist(), strict=True))
    missing = counted.pop("", 0)
    by_value = [counted.pop(value, 0) for value in known]
    return np.array([*by_value, sum(counted.values()), missing], dtype=np.int64)
