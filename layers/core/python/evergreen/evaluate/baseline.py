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
_SURE = 0.9
_EQUAL = 0.01
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


def baseline_gates(
    metric: Metric, value: float, beside: tuple[Baseline, ...], gates: Gates
) -> list[Gate]:
    """:func:`baseline_gate` of each baseline."""
    skill = skill_of_the_plain(metric, beside)
    return [baseline_gate(metric, value, baseline, gates, skill) for baseline in beside]


def skill_of_the_plain(metric: Metric, beside: tuple[Baseline, ...]) -> float:
    """By how much the plain model is ahead of the best baseline without skill, 0 without either."""
    losses: dict[bool, list[float]] = {True: [], False: []}
    for baseline in beside:
        losses[baseline.plain].append(metrics.loss(metric, baseline.value))
    if not losses[True] or not losses[False]:
        return 0.0
    return max(min(losses[False]) - min(losses[True]), 0.0)


def baseline_gate(
    metric: Metric, value: float, baseline: Baseline, gates: Gates, skill: float = 0.0
) -> Gate:
    """Whether a candidate of this metric surely beats a baseline without skill, or does not surely
    lose against a plain model.

    Args:
        skill: of the plain model; to lose a hundredth of it is not to lose.
    """
    asked = gates.champion_confidence
    lead = float(metrics.ahead(metric, np.array(value), np.array(baseline.value)))
    # However little a team asks of a challenger, a loss is sure at nine resamples of ten.
    least = 1 - max(asked, _SURE) if baseline.plain else asked
    if baseline.plain:
        close = lead >= -_EQUAL * skill
        passed, why = baseline.confidence >= least or close, _PLAIN
        near = "is within a hundredth of the skill of" if close else "surely loses against"
        found = "holds against" if baseline.confidence >= least else near
    else:
        passed = lead > 0 and baseline.confidence >= asked
        found, why = "beats" if passed else "does not beat", _CHANCE if lead > 0 else _NOTHING
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
