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


def worth(
    column: str, profile: Profile, times: NDArray[np.int64], kept: float, seasonal: bool
) -> Worth:
    """By the longest stretches that history tells of and that the window spans.

    Args:
        kept: the share of the baseline that is left where it was adjusted to the window's time.
        seasonal: whether it was.
    """
    span = max(1.0, float(np.ptp(times)) / DAY) if len(times) else 1.0
    for stretch in reversed(profile.stretches):
        found = stretch.in_season if seasonal else stretch.alike
        if column in found and stretch.days * _MOST_OF <= span:
            here = _number(times, stretch.days)
            return Worth(found[column] / max(1.0, stretch.number * kept), found[column] / here)
    return Worth()


def worth_of_codes(codes: NDArray[np.intp], times: NDArray[np.int64]) -> Worth:
    """Of what history's stretches are not known of, by the window's own days; the reference is
    taken to be of as many."""
    day = places(times, 1)
    bins = int(codes.max(initial=0)) + 1
    counts = np.bincount(day * bins + codes, minlength=bins * (int(day.max(initial=-1)) + 1))
    found = alike(counts.reshape(-1, bins)) / _number(times, 1)
    return Worth(found, found)


def _number(times: NDArray[np.int64], days: int) -> float:
    """The stretches that count as independent, at least one."""
    spanned = float(np.ptp(times)) / (days * DAY) if len(times) else 1.0
    number = max(1.0, min(spanned, float(len(np.unique(times // (days * DAY))))))
    if days == max(DAYS):
        return number
    return 1.0 if spanned * days >= _MOST_OF * max(DAYS) else math.sqrt(number)
