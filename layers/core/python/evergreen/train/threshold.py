"""From which probability on a binary model answers with the positive class."""

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.candidate import ThresholdReport
from evergreen.contracts.policies import Costs
from evergreen.metrics import Floats
from evergreen.train.evidence import SURE, Evidence


def choose_threshold(evidence: Evidence, answers: Floats, costs: Costs | None) -> ThresholdReport:
    """Where the expected cost is least; without stated costs, where as many rows are flagged as are
    positive.

    Of calibrated probabilities the least expected cost is at FP / (FP + FN) (Elkan 2001). The
    threshold of the least cost found replaces it only where it surely costs less on rows that it
    was not chosen by: the least found is mostly noise, since few rows lie near it.

    Args:
        answers: the probability of the positive class, shape (m,), calibrated or not.
    """
    target = evidence.target
    if costs is None:
        share = float(np.mean(target))
        threshold = float(np.quantile(answers, 1 - share, method="higher"))
        return ThresholdReport(threshold, "as many as are positive")
    stated = costs.false_positive / (costs.false_positive + costs.false_negative)
    threshold = least_cost(target, answers, costs)
    found = np.empty(len(target))
    for known, unknown in evidence.splits():
        chosen = least_cost(target[known], answers[known], costs)
        found[unknown] = cost(target[unknown], answers[unknown], chosen, costs)
    by_theory = cost(target, answers, stated, costs)
    nothing = np.zeros(len(target))
    taken = evidence.surely("mae", nothing, found, by_theory) >= SURE
    trivial = (cost(target, answers, edge, costs).mean() for edge in (0.0, np.inf))
    return ThresholdReport(
        threshold if taken else stated,
        "least cost found" if taken else "stated costs",
        float((found if taken else by_theory).mean()),
        float(min(trivial)),
    )


def cost(target: NDArray[np.integer], answers: Floats, threshold: float, costs: Costs) -> Floats:
    """What each row's answer costs, shape (m,)."""
    flagged, positive = answers >= threshold, target == 1
    wrongly = costs.false_positive * (flagged & ~positive)
    missed: Floats = wrongly + costs.false_negative * (~flagged & positive)
    return missed


def least_cost(target: NDArray[np.integer], answers: Floats, costs: Costs) -> float:
    """The threshold that costs least on these rows: halfway between two probabilities, the lowest
    of equals; above 1 where no row is worth flagging."""
    order = np.argsort(-answers, kind="stable")
    ordered, positive = answers[order], target[order] == 1
    saved = np.where(positive, costs.false_negative, -costs.false_positive).cumsum()
    last = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    best = len(last) - 1 - int(np.argmax(saved[last][::-1]))
    if saved[last[best]] <= 0:
        return float(np.nextafter(1.0, 2.0))
    here = float(ordered[last[best]])
    return here if best + 1 == len(last) else (here + float(ordered[last[best] + 1])) / 2
