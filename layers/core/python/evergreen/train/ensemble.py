"""Greedy ensemble selection with replacement (Caruana et al. 2004), taken where it likely wins."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.contracts.candidate import EnsembleReport
from evergreen.contracts.model_file import Metric
from evergreen.metrics import Floats
from evergreen.train.evidence import Evidence

LIKELY = 0.7
"""Share of paired resamples that an ensemble must win. Its choice was held apart from what it is
measured on, and a mean errs less where it errs, so it need not be as sure as other choices."""
_STEPS = 20
_STEPS_WITHOUT_GAIN = 5

Weights = dict[int, float]
"""By place in the evidence's trials, the largest first; they sum to 1."""


class Chosen(Struct, frozen=True):
    """Members by place in the evidence's trials, and why; no report where there was no choice."""

    weights: Weights
    report: EnsembleReport | None = None


def choose_members(evidence: Evidence, metric: Metric, at_most: int) -> Chosen:
    """The best trial alone or, where they are likely better (:data:`LIKELY`), several together.

    Members are chosen on all parts but one and measured on that one, in turn; so is the single
    trial they are compared with. What is taken is then chosen on all parts.
    """
    alone: Weights = {0: 1.0}
    if at_most < 2 or len(evidence.trials) < 2:
        return Chosen(alone)
    together, single = np.empty_like(evidence.answers[0]), np.empty_like(evidence.answers[0])
    for known, unknown in evidence.splits():
        answers = [each[known] for each in evidence.answers]
        best = ranked(metric, evidence.target[known], answers)[0]
        weights = greedy(metric, evidence.target[known], answers, at_most)
        together[unknown] = weighted(weights, [each[unknown] for each in evidence.answers])
        single[unknown] = evidence.answers[best][unknown]
    sure = evidence.surely(metric, evidence.target, together, single)
    weights = greedy(metric, evidence.target, list(evidence.answers), at_most)
    taken = len(weights) > 1 and sure >= LIKELY
    report = EnsembleReport(
        len(evidence.trials),
        metrics.measure(metric, evidence.target, single),
        metrics.measure(metric, evidence.target, together),
        sure,
        taken,
    )
    return Chosen(weights if taken else alone, report)


def greedy(metric: Metric, target: NDArray[Any], answers: list[Floats], at_most: int) -> Weights:
    """Add, again and again, the trial that makes the mean of all added so far best.

    Returns:
        how often each was added, as weights, at the best mean on the way; at most ``at_most``
        trials.
    """
    added = [ranked(metric, target, answers)[0]]
    total = answers[added[0]].copy()
    best, kept = _loss(metric, target, total), 1
    while len(added) < _STEPS and len(added) - kept < _STEPS_WITHOUT_GAIN:
        open_to = range(len(answers)) if len(set(added)) < at_most else sorted(set(added))
        losses = {
            each: _loss(metric, target, (total + answers[each]) / (len(added) + 1))
            for each in open_to
        }
        chosen = min(losses, key=lambda each: (losses[each], each))
        added.append(chosen)
        total += answers[chosen]
        if losses[chosen] < best:
            best, kept = losses[chosen], len(added)
    counts = {each: added[:kept].count(each) / kept for each in set(added[:kept])}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def weighted(weights: Weights, answers: list[Floats]) -> Floats:
    """The weighted mean of some of the trials' answers."""
    total = np.zeros_like(answers[0])
    for place, weight in weights.items():
        total += weight * answers[place]
    return total


def ranked(metric: Metric, target: NDArray[Any], answers: list[Floats]) -> list[int]:
    """The trials' places, best first, the earliest of equals."""
    losses = [_loss(metric, target, each) for each in answers]
    return sorted(range(len(answers)), key=lambda place: (losses[place], place))


def _loss(metric: Metric, target: NDArray[Any], answers: Floats) -> float:
    """What less of is better; infinite where the rows have no such metric."""
    value = metrics.loss(metric, metrics.measure(metric, target, answers))
    return value if np.isfinite(value) else np.inf
