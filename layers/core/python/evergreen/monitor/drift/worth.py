"""How many independent rows are the rows of each side worth, where time makes them alike?

A window of a few days is a few draws of the weather, however many rows were served. With s
stretches and intraclass correlation r, m rows are worth 1 / (1/m + r/s); so the reference's, by its
own stretches. Stretches shorter than four weeks follow each other like weather: only the root of
their number counts, and where history is too short to tell of four weeks in which rows were served,
they count as one.
"""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.profile import Profile
from evergreen.stretches import DAY, DAYS, alike, places

_MOST_OF = 0.75
"""Of a stretch that a window must span to be held against such stretches."""


class Worth(Struct, frozen=True):
    """What is added to one over the rows of each side."""

    before: float = 0.0
    now: float = 0.0


class Window(Struct, frozen=True):
    """How long a window is, and how many stretches of each length count as independent in it."""

    days: float
    stretches: dict[int, float]


def window(times: NDArray[np.int64]) -> Window:
    """Of the rows' times, found once for all columns."""
    days = float(np.ptp(times)) / DAY if len(times) else 0.0
    day = np.unique(times // DAY)
    return Window(days, {each: _number(day, days, each) for each in DAYS})


def worth(column: str, profile: Profile, window: Window, kept: float, seasonal: bool) -> Worth:
    """By the longest stretches that history tells of and that the window spans.

    Args:
        kept: the share of the baseline that is left where it was adjusted to the window's time.
        seasonal: whether it was.
    """
    for stretch in reversed(profile.stretches):
        found = stretch.in_season if seasonal else stretch.alike
        if column in found and stretch.days * _MOST_OF <= max(1.0, window.days):
            before = found[column] / max(1.0, stretch.number * kept)
            return Worth(before, found[column] / window.stretches[stretch.days])
    return Worth()


def worth_of_codes(codes: NDArray[np.intp], times: NDArray[np.int64]) -> Worth:
    """Of what history's stretches are not known of, by the window's own days; the reference is
    taken to be of as many."""
    day = places(times, 1)
    bins = int(codes.max(initial=0)) + 1
    counts = np.bincount(day * bins + codes, minlength=bins * (int(day.max(initial=-1)) + 1))
    found = alike(counts.reshape(-1, bins)) / window(times).stretches[1]
    return Worth(found, found)


def _number(day: NDArray[np.int64], days: float, length: int) -> float:
    """At least one; ``day`` numbers the days that have rows."""
    number = max(1.0, min(days / length, float(len(np.unique(day // length)))))
    if length == max(DAYS):
        return number
    return 1.0 if days >= _MOST_OF * max(DAYS) else math.sqrt(number)
