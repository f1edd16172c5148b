"""What a candidate must pass. Each gate is a sentence: what was found, what was asked."""

import numpy as np

from evergreen.contracts.model_file import Metric
from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import Contest, Gate
from evergreen.metrics import Floats, ahead


def parity_gate(graph: Floats, pipeline: Floats, gates: Gates) -> Gate:
    """Whether the graph that would serve answers like the pipeline that was fitted."""
    apart = float(np.max(np.abs(graph - pipeline)))
    passed = apart <= gates.parity
    sentence = (
        f"The graph {'agrees' if passed else 'disagrees'} with its pipeline:"
        f" probabilities differ by up to {apart:.2g}, {gates.parity:g} allowed."
    )
    return Gate("parity", passed, sentence)


def metric_gate(metric: Metric, value: float, asked: float) -> Gate:
    """Whether the metric reaches its bound: from below for log loss, else from above."""
    passed = value <= asked if metric == "log_loss" else value >= asked
    bound = "at most" if metric == "log_loss" else "at least"
    found = "is" if passed else "is not"
    return Gate("metric", passed, f"The {metric} {value:.3f} {found} {bound} {asked:g}.")


def size_gate(size: int, gates: Gates) -> Gate:
    """Whether the graph is small enough to load at a cold start."""
    found = size / 2**20
    sentence = f"The graph has {found:.2f} MiB, {gates.graph_mebibytes:g} allowed."
    return Gate("graph size", found <= gates.graph_mebibytes, sentence)


def champion_gate(metric: Metric, contest: Contest, gates: Gates) -> Gate:
    """Whether the challenger is better on the hold-out, and surely enough so."""
    better = ahead(metric, np.array(contest.challenger), np.array(contest.champion)) > 0
    passed = bool(better) and contest.confidence >= gates.champion_confidence
    found = "beats" if passed else "does not beat"
    sentence = (
        f"The challenger's {metric} {contest.challenger:.3f} {found}"
        f" champion v{contest.champion_version}'s {contest.champion:.3f} (confidence"
        f" {contest.confidence:.2f}, {gates.champion_confidence:.2f} asked)."
    )
    return Gate("champion", passed, sentence)
