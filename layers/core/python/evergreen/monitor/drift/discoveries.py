"""Many tests at once: which of them found something, where the share of false ones is bounded."""

from collections.abc import Sequence

import numpy as np


def q_values(p_values: Sequence[float]) -> list[float]:
    """The false discovery rate at which each is found (Benjamini and Hochberg 1995), >= its p."""
    if not p_values:
        return []
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[::-1]
    raised = p[order] * len(p) / np.arange(len(p), 0, -1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(raised), 1.0)
    return [float(each) for each in q]


def any_of(p_values: Sequence[float]) -> float:
    """The p-value of that nothing at all is there (Simes 1986); 1 without any test."""
    return min(q_values(p_values), default=1.0)


def fleet_discoveries(p_values: Sequence[float], q: float) -> float:
    """The level at which tests within the selected families are found, 0 where none is selected.

    Args:
        p_values: of each family (each model's check) that it holds nothing, by :func:`any_of`. One
            at most ``q`` by :func:`q_values` is selected.

    Within a selected family what has a q-value of at most the level is found; then, averaged over
    the selected families, a share of at most ``q`` is false (Benjamini and Bogomolov 2014).
    """
    selected = sum(value <= q for value in q_values(p_values))
    return q * selected / len(p_values) if p_values else 0.0
