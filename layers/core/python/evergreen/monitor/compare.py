"""What was served, column by column and outcome by outcome, beside what training saw."""

import math
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import distribution
from evergreen.contracts.drift import ColumnDrift, Performance
from evergreen.contracts.model_file import METRICS, ModelFile
from evergreen.contracts.profile import CategoryProfile, ColumnProfile, Profile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Signature
from evergreen.drift_statistics import psi, psi_by_chance
from evergreen.metrics import measure
from evergreen.monitor.window import Window

Floats = NDArray[np.float64]


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


def compare_answers(
    model: ModelFile, signature: Signature, held_out: Floats | None, served: Window
) -> Comparison | None:
    """What was answered beside what the version answered on its hold-out; None without either.

    Args:
        held_out: shape (n, k), as :attr:`Window.answers`.
    """
    if held_out is None or not len(held_out) or not served.predictions:
        return None
    before, now = (_answers(signature, each) for each in (held_out, served.answers))
    column: ColumnProfile
    if signature.problem == "multiclass":
        column = distribution.category_profile(before, signature.classes)
    else:
        column = distribution.number_profile(before)
    return _compare(model, signature.target, column, len(before), now)


def _answers(signature: Signature, answers: Floats) -> NDArray[Any]:
    """Each row's label of several classes, else its number in 32 bits."""
    if signature.problem == "multiclass":
        likeliest = answers.argmax(axis=1)
        return np.array([signature.classes[place] for place in likeliest], dtype=np.str_)
    numbers: NDArray[np.float32] = answers[:, 0].astype(np.float32)
    return numbers


def performance(
    model: ModelFile, version: Version, signature: Signature, served: Window
) -> Performance | None:
    """The model's metric on the rows with an outcome; None where it cannot be said yet."""
    at_training = version.draft.metrics.get(model.metric)
    known = model.metric in METRICS[signature.problem]
    if at_training is None or not known or not len(served.judged):
        return None
    answers = served.answers[served.judged]
    answers = answers if signature.problem == "multiclass" else answers[:, 0]
    value = measure(model.metric, served.truth, answers)
    if math.isnan(value):
        return None
    return Performance(model.metric, value, at_training, len(served.judged))
