"""How many independent rows are the rows of each side worth, where time makes them alike?

A window of a few days is a few draws of the weather, however many rows were served. With s
stretches and intraclass correlation r, m rows are worth 1 / (1/m + r/s); so the reference's, by its
own stretches. Stretches shorter than four weeks follow each other like weather: only the root of
their number counts, and where history is too short to tell of four weeks in which rows were served,
they count as one.
"""

import math
from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.profile import Profile, Stretches
from evergreen.stretches import DAY, DAYS, alike, places

_MOST_OF = 0.75
"""Of a stretch that a window must span to be held against such stretches."""


class Worth(Struct, frozen=True):
    """What is added to one over the rows of each side."""

    before: float = 0.0
    now: float = 0.0


class Window(Struct, frozen=True):
    """How long a window is, and over how many stretches of each length its rows spread."""

    days: float
    number: dict[int, float]

    def independent(self, length: int) -> float:
        """The stretches that count as independent, at least one."""
        if length == max(DAYS):
            return self.number[length]
        return 1.0 if self.days >= _MOST_OF * max(DAYS) else math.sqrt(self.number[length])


def window(times: NDArray[np.int64]) -> Window:
    """Of the rows' times, found once for all columns."""
    days = float(np.ptp(times)) / DAY if len(times) else 0.0
    day = np.unique(times // DAY)
    number = {each: min(days / each, float(len(np.unique(day // each)))) for each in DAYS}
    return Window(days, {each: max(1.0, found) for each, found in number.items()})


def worth(column: str, profile: Profile, window: Window, kept: float, seasonal: bool) -> Worth:
    """By the longest stretches that history tells of and that the window spans.

    Args:
        kept: the share of the baseline that is left where it was adjusted to the window's time.
        seasonal: whether it was.
    """
    for stretch in _spanned(profile, window):
        found = stretch.in_season if seasonal else stretch.alike
        if column in found:
            before = found[column] / max(1.0, stretch.number * kept)
            return Worth(before, found[column] / window.independent(stretch.days))
    return Worth()


def worth_outside(column: str, profile: Profile, window: Window) -> Worth:
    """Of rows as to whether they are missing or unseen: what fails one week need not the next, so
    that weeks, or days of a shorter window, count one by one."""
    for stretch in _spanned(profile, window):
        if stretch.days < max(DAYS) and column in stretch.outside:
            found = stretch.outside[column]
            return Worth(found / stretch.number, found / window.number[stretch.days])
    return Worth()


def _spanned(profile: Profile, window: Window) -> Iterator[Stretches]:
    """The longest first."""
    for stretch in reversed(profile.stretches):
        if stretch.days * _MOST_OF <= max(1.0, window.days):
            yield stretch


def worth_of_codes(codes: NDArray[np.intp], times: NDArray[np.int64]) -> Worth:
    """Of what history's stretches are not known of, by the window's own days; the reference is
    taken to be of as many."""
    day = places(times, 1)
    bins = int(codes.max(initial=0)) + 1
    counts = np.bincount(day * bins + codes, minlength=bins * (int(day.max(initial=-1)) + 1))
    found = alike(counts.reshape(-1, bins)) / window(times).independent(1)
    return Worth(found, found)
