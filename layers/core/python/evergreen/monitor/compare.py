"""What was served, column by column and outcome by outcome, beside what training saw."""

import math
from typing import Any

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
    """Every column of the profile that was captured, in its order."""
    found = {name: served.column(name, column) for name, column in profile.columns.items()}
    return [
        _compare(model, name, column, profile.rows, found[name])
        for name, column in profile.columns.items()
        if len(found[name])
    ]


def _compare(
    model: ModelFile, name: str, column: ColumnProfile, trained: int, values: NDArray[Any]
) -> Comparison:
    before = distribution.training_counts(column, trained)
    now = distribution.counts(column, values)
    index, chance = psi(before, now), psi_by_chance(before, now)
    rows = len(values)
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
