"""What a candidate must pass. Each gate is a sentence: what was found, what was asked."""

import math

import numpy as np

from evergreen.contracts.decision import NOT_HELPFUL, UNDECIDED
from evergreen.contracts.model_file import LESS_IS_BETTER, Metric
from evergreen.contracts.policies import Gates
from evergreen.contracts.verdict import Contest, Gate
from evergreen.figures import metric_text
from evergreen.metrics import Floats, ahead


def parity_gate(
    graph: Floats, pipeline: Floats, gates: Gates, target: Floats | None = None
) -> Gate:
    """Whether the graph that would serve answers like the pipeline that was fitted.

    Args:
        target: where the model answers with a number, the truth, whose standard deviation is the
            unit. A row that is answered further than one from the mean may differ by as much more,
            since 32 bits hold seven digits of a number and not so many decimals.
    """
    apart, what = np.abs(graph - pipeline), "probabilities differ by up to"
    unit = ""
    if target is not None:
        apart = apart / np.maximum(np.std(target), np.abs(pipeline - np.mean(target)))
        what, unit = "answers differ by up to", " standard deviations of the target"
    most = float(np.max(apart))
    passed = most <= gates.parity
    sentence = (
        f"The graph {'agrees' if passed else 'disagrees'} with its pipeline:"
        f" {what} {most:.2g}{unit}, {gates.parity:g} allowed."
    )
    return Gate("parity", passed, sentence)


def metric_gate(metric: Metric, value: float, asked: float) -> Gate:
    """Whether the metric reaches its bound: from above where less is better, else from below."""
    less = metric in LESS_IS_BETTER
    passed = value <= asked if less else value >= asked
    found = f"{'is' if passed else 'is not'} {'at most' if less else 'at least'}"
    sentence = f"The {metric} {metric_text(metric, value)} {found} {asked:g}."
    return Gate("metric", passed, sentence)


def size_gate(size: int, gates: Gates) -> Gate:
    """Whether the graph is small enough to load at a cold start."""
    found = size / 2**20
    sentence = f"The graph has {found:.2f} MiB, {gates.graph_mebibytes:g} allowed."
    return Gate("graph size", found <= gates.graph_mebibytes, sentence)


def champion_gate(metric: Metric, contest: Contest, gates: Gates) -> Gate:
    """Whether the challenger is better on the hold-out, and surely enough so."""
    better = ahead(metric, np.array(contest.challenger), np.array(contest.champion)) > 0
    passed = bool(better) and contest.confidence >= gates.champion_confidence
    begin = "The" if passed else f"{NOT_HELPFUL}: the"
    found = "beats" if passed else UNDECIDED if better else "does not beat"
    sure = math.floor(contest.confidence * 100) / 100  # rounded up it would seem to be enough
    return Gate(
        "champion",
        passed,
        f"{begin} challenger's {metric} {metric_text(metric, contest.challenger)} {found} champion"
        f" v{contest.champion_version}'s {metric_text(metric, contest.champion)} (confidence"
        f" {sure:.2f}, {gates.champion_confidence:.2f} asked){_learned(contest)}.",
    )


def _learned(contest: Contest) -> str:
    """What is to be known of hold-out rows that the champion had learned from."""
    if contest.left_out:
        return (
            f" on {contest.rows:,} rows, without the {contest.left_out:,} of the hold-out that the"
            " champion had learned from"
        )
    if contest.known:
        return (
            f"; the champion had learned from {contest.known:,} of the {contest.rows:,} rows, too"
            " many to leave them out"
        )
    return ""
