"""What was served, column by column and outcome by outcome, beside what training saw."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import distribution
from evergreen.contracts.drift import ColumnDrift, Performance
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import CategoryProfile, Profile
from evergreen.contracts.registry import Version
from evergreen.distribution import ColumnProfile
from evergreen.drift_statistics import psi, psi_by_chance
from evergreen.monitor.performance import METRICS
from evergreen.monitor.window import Window


class Comparison(Struct, frozen=True, eq=False):
    """One column: rows by bin in training and since, and what that amounts to."""

    drift: ColumnDrift
    labels: list[str]
    before: NDArray[np.int64]
    now: NDArray[np.int64]


def compare(model: ModelFile, profile: Profile, served: Window) -> list[Comparison]:
    """Every column of the profile, in its order; nothing where nothing was served."""
    if not served.predictions:
        return []
    return [
        _compare(model, name, column, profile.rows, served)
        for name, column in profile.columns.items()
    ]


def _compare(
    model: ModelFile, name: str, column: ColumnProfile, trained: int, served: Window
) -> Comparison:
    before = distribution.training_counts(column, trained)
    now = distribution.counts(column, served.column(name, column))
    index, chance = psi(before, now), psi_by_chance(before, now)
    rows = len(served.predictions)
    unseen = int(now[-2]) / rows if isinstance(column, CategoryProfile) else 0.0
    drifted = index >= model.monitor.psi_at_least and index > chance
    drift = ColumnDrift(name, index, chance, drifted, unseen, int(now[-1]) / rows)
    return Comparison(drift, distribution.labels(column), before, now)


def performance(model: ModelFile, version: Version, served: Window) -> Performance | None:
    """The model's metric on the rows with an outcome; None where it cannot be said yet."""
    value = METRICS[model.metric](served.truth, served.probability)
    at_training = version.draft.metrics.get(model.metric)
    if math.isnan(value) or at_training is None:
        return None
    return Performance(model.metric, value, at_training, len(served.judged))
