"""Whether a candidate learned anything: beside answers without skill, and a plain model's."""

import math

import numpy as np
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.bootstrap import confidence
from evergreen.contracts.model_file import Metric
from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import PLAIN_MODELS, Baseline, Gate
from evergreen.figures import metric_text
from evergreen.metrics import Floats

_NOTHING = "there is nothing here that it learned."
_CHANCE = "there is nothing here that it surely learned; more rows would tell."
_PLAIN = "a model with its defaults answers better than what the search found."


def measured_baselines(
    metric: Metric,
    target: NDArray[np.generic],
    answers: dict[str, Floats],
    challenger: Floats,
    resampled: Floats,
) -> tuple[Baseline, ...]:
    """Each baseline on the hold-out; one that has no such metric (a deviance of answers below 0) is
    left out.

    Args:
        answers: of the baselines, each of shape (n,) or (n, k).
        challenger: the candidate's metric on B resamples, shape (B,).
        resampled: that of each baseline on the same, shape (len(answers), B).
    """
    found = []
    for (name, answered), values in zip(answers.items(), resampled, strict=True):
        value = metrics.measure(metric, target, answered)
        if math.isfinite(value):
            sure = confidence(metric, challenger, values)
            found.append(Baseline(name, value, sure, name in PLAIN_MODELS))
    return tuple(found)


def baseline_gate(metric: Metric, value: float, baseline: Baseline, gates: Gates) -> Gate:
    """Whether a candidate of this metric surely beats a baseline without skill, or does not surely
    lose against a plain model."""
    asked = gates.champion_confidence
    ahead = bool(metrics.ahead(metric, np.array(value), np.array(baseline.value)) > 0)
    passed = baseline.confidence >= 1 - asked
    found, why = "holds against" if passed else "surely loses against", _PLAIN
    if not baseline.plain:
        passed = ahead and baseline.confidence >= asked
        found, why = "beats" if passed else "does not beat", _CHANCE if ahead else _NOTHING
    least = 1 - asked if baseline.plain else asked
    sentence = (
        f"The candidate's {metric} {metric_text(metric, value)} {found} '{baseline.name}'"
        f" {metric_text(metric, baseline.value)} (confidence {baseline.confidence:.2f},"
        f" {least:.2f} asked)"
    )
    if passed:
        return Gate("baseline", True, f"{sentence}.")
    if gates.baselines == "report":
        return Gate("baseline", True, f"{sentence}, which the model file has reported alone.")
    return Gate("baseline", False, f"{sentence}: {why}")
