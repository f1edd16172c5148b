"""One column of the window beside the baseline: how far apart, and whether that can be chance.

A column's p-value counts all its tests: of a number Kolmogorov and Smirnov's over the fine bins,
of every column chi-squared over the coarse ones and, apart from them, the exact test of what is
missing and of what training never saw; the least of them times their number (Bonferroni), which
holds however the tests hang together.
"""

from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.drift import ColumnDrift, Level
from evergreen.contracts.policies import Monitor
from evergreen.contracts.profile import CategoryProfile, ColumnProfile, NumberProfile
from evergreen.distribution import coarse_labels, to_coarse
from evergreen.drift_statistics import chance, psi
from evergreen.monitor.drift.bins import centres, coarsened
from evergreen.monitor.drift.effects import jensen_shannon, kolmogorov_smirnov, scaled, shares
from evergreen.monitor.drift.seasons import Adjustment
from evergreen.monitor.drift.significance import chi_squared_test, kolmogorov_smirnov_test
from evergreen.monitor.drift.worth import Worth
from evergreen.probabilities import shares_apart

Floats = NDArray[np.float64]

SMALL_SHIFT = 0.05
"""In standard deviations. What moved less is left alone, however many rows are sure of it; and so
for the following, which a shift of 0.07 to 0.08 standard deviations gives."""
SMALL_KS = 0.03
SMALL_JS = 0.03
SMALL_SHARE = 0.01
"""Of rows that are missing, or never seen in training."""


class Sides(Struct, frozen=True, eq=False, kw_only=True):
    """A column's rows by fine bin in training and in the window."""

    column: str
    profile: ColumnProfile
    before: NDArray[np.int64]
    now: NDArray[np.int64]
    sums: tuple[float, float] | None = None
    season: Adjustment | None = None
    worth: Worth = Worth()
    worth_outside: Worth = Worth()
    """Of rows as to whether they are missing or unseen."""

    @property
    def adjusted(self) -> Floats:
        """The baseline's rows by fine bin at the window's time, as many as it then stands for."""
        before = self.before.astype(np.float64)
        if not self.season:
            return before
        adjusted = before * self.season.ratio[to_coarse(self.profile)]
        found: Floats = adjusted * (self.season.rows / max(adjusted.sum(), 1.0))
        return found

    def independent(self, before: Floats, now: Floats) -> tuple[Floats, Floats]:
        """Both sides' rows scaled to as many as they are worth."""
        return scaled(before, self.worth.before), scaled(now, self.worth.now)


class Found(Struct, frozen=True, eq=False):
    """A column's drift before others are looked at, and the level that its effects are worth."""

    drift: ColumnDrift
    effect: Level


def compare(sides: Sides, monitor: Monitor) -> Found:
    """What the column's effects and tests say; its level and q-value need the other columns."""
    before, now = sides.adjusted, sides.now.astype(np.float64)
    coarse = coarsened(sides.profile, before), coarsened(sides.profile, now)
    coarsely = sides.independent(*coarse)
    known = slice(None, -2 if isinstance(sides.profile, CategoryProfile) else -1)
    chi2, p_value = chi_squared_test(coarsely[0][known], coarsely[1][known])
    p_values = [p_value, *_p_values(sides, before, now)]
    drift = ColumnDrift(
        column=sides.column,
        level="none",
        psi=psi(*coarse),
        psi_by_chance=_chance(*coarsely),
        js=jensen_shannon(*coarse),
        p_value=min(1.0, min(p_values) * len(p_values)),
        q_value=1.0,
        rows=int(now.sum()),
        chi2=chi2,
        seasonal=sides.season.parts if sides.season else (),
        labels=tuple(coarse_labels(sides.profile)),
        before=tuple(shares(coarse[0]).tolist()),
        now=tuple(shares(coarse[1]).tolist()),
        missing=float(shares(now)[-1]),
        missing_before=float(shares(before)[-1]),
    )
    drift = _with_kind(drift, sides, before, now)
    return Found(drift, _effect(drift, added_by_chance(*coarsely), monitor))


def leveled(found: Found, q_value: float, q: float) -> ColumnDrift:
    """The column's drift where its q-value among all columns is known."""
    level: Level = found.effect if q_value <= q else "none"
    return msgspec.structs.replace(found.drift, q_value=q_value, level=level)


def _with_kind(drift: ColumnDrift, sides: Sides, before: Floats, now: Floats) -> ColumnDrift:
    if isinstance(sides.profile, CategoryProfile):
        unseen, unseen_before = float(shares(now)[-2]), float(shares(before)[-2])
        return msgspec.structs.replace(drift, unseen=unseen, unseen_before=unseen_before)
    ks = kolmogorov_smirnov(before[:-1], now[:-1])
    return msgspec.structs.replace(drift, ks=ks, shift=_shift(sides, before))


def _shift(sides: Sides, adjusted: Floats) -> float | None:
    """How far the mean is from the adjusted baseline's, in standard deviations of training."""
    profile, there = sides.profile, int(sides.now[:-1].sum())
    if not isinstance(profile, NumberProfile) or not sides.sums:
        return None
    if not there or not profile.deviation or not sides.before[:-1].any():
        return None
    expected = profile.mean
    if sides.season:
        moved = shares(adjusted[:-1]) - shares(sides.before[:-1].astype(np.float64))
        expected += float(moved @ centres(profile))
    return (sides.sums[0] / there - expected) / profile.deviation


def _p_values(sides: Sides, before: Floats, now: Floats) -> Iterator[float]:
    """Of all tests but chi-squared."""
    apart = scaled(before, sides.worth_outside.before), scaled(now, sides.worth_outside.now)
    yield _share_moved(*apart, -1)
    if isinstance(sides.profile, CategoryProfile):
        yield _share_moved(*apart, -2)
    else:
        old, new = sides.independent(before, now)
        yield kolmogorov_smirnov_test(old[:-1], new[:-1])


def _share_moved(before: Floats, now: Floats, place: int) -> float:
    rows, later = float(before.sum()), float(now.sum())
    return shares_apart(before[place], rows, now[place], later)


def _chance(before: Floats, now: Floats) -> float:
    return chance(int(np.sum(before + now > 0)), float(before.sum()), float(now.sum()))


def added_by_chance(before: Floats, now: Floats) -> float:
    """What chance adds to the stability index on average: (bins - 1)(1/n + 1/m)."""
    free = max(0, int(np.sum(before + now > 0)) - 1)
    return free * float(1 / max(before.sum(), 1.0) + 1 / max(now.sum(), 1.0))


def _effect(drift: ColumnDrift, added: float, monitor: Monitor) -> Level:
    """The level of a column whose move is sure.

    Its stability index counts beyond what chance adds to it: of many bins and few rows the index is
    large without a change.
    """
    share = max(abs(drift.missing - drift.missing_before), abs(drift.unseen - drift.unseen_before))
    if drift.psi > drift.psi_by_chance and drift.psi - added >= monitor.psi_at_least:
        return "large"
    if share >= monitor.psi_at_least / 2:
        return "large"
    moved = (
        share >= SMALL_SHARE,
        drift.js >= SMALL_JS,
        (drift.ks or 0.0) >= SMALL_KS,
        abs(drift.shift or 0.0) >= SMALL_SHIFT,
    )
    return "small" if any(moved) else "none"
