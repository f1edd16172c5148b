"""Can rows of the window be told from rows of training by all columns together?

A classifier two-sample test (Friedman 2003; Lopez-Paz and Oquab 2017): the area under the ROC curve
of rows that the classifier was not made of is 0.5 where both are of one distribution. It sees what
no column shows alone. Where columns were adjusted to the window's time, training's rows are
weighted so that each column is distributed as adjusted.
"""

import math
import zlib

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.drift import DomainDrift, Level
from evergreen.contracts.policies import Monitor
from evergreen.contracts.profile import CategoryProfile, ColumnProfile, Profile
from evergreen.distribution import sample_code
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.drift.auc import auc
from evergreen.monitor.drift.bins import coarsened
from evergreen.monitor.drift.column import Sides
from evergreen.monitor.drift.effects import shares
from evergreen.monitor.drift.raking import raked
from evergreen.monitor.drift.tables import Rows, out_of_fold
from evergreen.monitor.served import Served
from evergreen.probabilities import normal_above

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

ROWS_AT_LEAST = 100
"""Of either side; fewer cannot be told apart, and are not tried."""
COLUMNS_AT_MOST = 300
"""All pairs of 500 take 700 MB. Of a wider table columns are taken evenly, whatever they show."""
SMALL_AUC = 0.55
_FOLDS = 3
_LEVELS = 6
_NAMED, _NAMED_SHARE = 5, 0.05
_Z_90 = 1.6448536269514722


class Told(Struct, frozen=True):
    """How well both sides are told apart; ``columns`` tell most, first."""

    auc: float
    error: float
    p_value: float
    columns: tuple[str, ...]


def tell_apart(baseline: Baseline, served: Served, sides: list[Sides]) -> Told | None:
    """None where either side has too few rows, or fewer than two columns are left.

    A column in which time makes rows alike is left out: any day or week could be told by it. So is
    one that captures left out of some rows: where it stands says when, not what was served.
    """
    sample = sample_of(baseline.profile)
    sides = [each for each in sides if _one_by_one(each, len(served.codes))]
    sides = [each for each in sides if served.column_rows[each.column] == len(served)]
    if min(len(sample), len(served.codes)) < ROWS_AT_LEAST or len(sides) < 2:
        return None
    sides = _evenly(sides)
    place = {name: i for i, name in enumerate(baseline.profile.columns)}
    columns = [place[each.column] for each in sides]
    before, now = sample[:, columns], served.codes[:, columns]
    weights = raked(before, list(map(_margin, sides, before.max(axis=0).tolist())))
    rows = _rows(_in_order(sides, before), weights, _in_order(sides, now))
    scores, told = out_of_fold(rows, _folds(rows.now), _FOLDS)
    named = tuple(sides[i].column for i in _named(told))
    return _told(rows, scores, weights, named)


def domain_drift(told: Told, q_value: float, monitor: Monitor) -> DomainDrift:
    """``large`` from the area on that two normal distributions with ``psi_at_least`` have."""
    large = area(monitor.psi_at_least)
    level: Level = "none"
    if q_value <= monitor.false_discovery_rate and told.auc >= SMALL_AUC:
        level = "large" if told.auc - _Z_90 * told.error >= large else "small"
    return DomainDrift(
        auc=told.auc,
        low=max(0.0, told.auc - _Z_90 * told.error),
        high=min(1.0, told.auc + _Z_90 * told.error),
        p_value=told.p_value,
        level=level,
        columns=told.columns if level != "none" else (),
    )


def area(psi: float) -> float:
    """Of two normal distributions of one deviation with this stability index."""
    return 0.5 + math.erf(math.sqrt(psi) / 2) / 2


def sample_of(profile: Profile) -> Codes:
    """The baseline's sample of rows, shape (rows, columns)."""
    if not profile.sample or not profile.columns:
        return np.zeros((0, 0), dtype=np.uint8)
    codes = np.frombuffer(zlib.decompress(profile.sample.codes), dtype=np.uint8)
    return codes.reshape(-1, len(profile.columns))


def _evenly(sides: list[Sides]) -> list[Sides]:
    if len(sides) <= COLUMNS_AT_MOST:
        return sides
    kept = np.linspace(0, len(sides) - 1, COLUMNS_AT_MOST).astype(np.intp)
    return [sides[place] for place in kept.tolist()]


def _one_by_one(sides: Sides, rows: int) -> bool:
    return (sides.worth.before + sides.worth.now) * rows < 1


def _margin(sides: Sides, highest: int) -> Floats | None:
    if not sides.season:
        return None
    margin = shares(coarsened(sides.profile, sides.adjusted))
    return margin if highest < len(margin) <= 256 else None


def _folds(now: Floats) -> NDArray[np.intp]:
    """Each side dealt into equal folds; the same rows into the same ones."""
    fold, random = np.empty(len(now), dtype=np.intp), np.random.default_rng(0)
    for side in (0.0, 1.0):
        mine = np.flatnonzero(now == side)
        fold[random.permutation(mine)] = np.arange(len(mine)) % _FOLDS
    return fold


def _in_order(sides: list[Sides], codes: Codes) -> Codes:
    return np.column_stack([_ranks(each.profile)[codes[:, i]] for i, each in enumerate(sides)])


def _ranks(profile: ColumnProfile) -> Codes:
    """For each code its place among the neighbours that levels are made of: values by their names.

    Codes go by frequency in training, which is chance where values are about as frequent. Levels
    of them would hold what happened to be frequent there, and tell any rows from training's.
    """
    ranks = np.arange(256, dtype=np.uint8)
    if isinstance(profile, CategoryProfile):
        own = int(np.count_nonzero(np.bincount(sample_code(profile))[:-2] == 1))
        ranks[np.argsort(list(profile.counts)[:own])] = np.arange(own, dtype=np.uint8)
    return ranks


def _rows(before: Codes, weights: Floats, now: Codes) -> Rows:
    codes = np.concatenate([before, now])
    each = np.concatenate([weights, np.ones(len(now))])
    shared = np.concatenate([weights / weights.sum(), np.full(len(now), 1 / len(now))])
    worth = 2 / float(np.sum(shared**2))
    levels = np.column_stack([_levels(column, each) for column in codes.T])
    is_now = np.concatenate([np.zeros(len(before)), np.ones(len(now))])
    return Rows(levels, is_now, shared * worth, _LEVELS)


def _levels(codes: Codes, weights: Floats) -> NDArray[np.intp]:
    """At most six levels: neighbouring bins together, of about as many rows of both sides each."""
    rows = np.bincount(codes, weights=weights, minlength=256)
    middle = (np.cumsum(rows) - rows / 2) / rows.sum()
    level = np.minimum((middle * _LEVELS).astype(np.intp), _LEVELS - 1)
    found: NDArray[np.intp] = level[codes]
    return found


def _told(rows: Rows, scores: Floats, weights: Floats, columns: tuple[str, ...]) -> Told:
    """The mean of the folds' areas, each of which one classifier scored.

    The folds' classifiers share rows, so the mean varies more than of independent ones: by
    1/k + 1/(k - 1) of a fold's variance (Nadeau and Bengio 2003).
    """
    fold = _folds(rows.now)
    found = []
    for k in range(_FOLDS):
        mine, later = fold == k, rows.now == 1
        old = mine[: len(weights)]
        found.append(auc(scores[mine & ~later], weights[old], scores[mine & later]))
    value = sum(each.value for each in found) / _FOLDS
    shared = (1 / _FOLDS + 1 / (_FOLDS - 1)) / _FOLDS
    error = math.sqrt(shared * sum(each.variance for each in found))
    chance = math.sqrt(shared * sum(each.by_chance for each in found))
    p_value = normal_above((value - 0.5) / chance) if chance else 1.0
    return Told(value, error, p_value, columns)


def _named(told: Floats) -> list[int]:
    """Places of the columns that tell most, first."""
    order = np.argsort(-told, kind="stable")[:_NAMED].tolist()
    return [place for place in order if told[place] > _NAMED_SHARE * told.sum()]
