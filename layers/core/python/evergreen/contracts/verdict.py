"""What ``evaluate`` finds: metrics, gates and the comparison with the champion."""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.model_file import Problem

PLAIN_MODELS = {
    "logistic regression": "logistic",
    "ridge regression": "ridge",
    "Poisson regression": "poisson",
    "quantile regression": "linear quantile",
}
"""Baselines that learn, each with the family whose defaults it has."""


class Gate(Struct, frozen=True):
    """One check: ``sentence`` says what was found and what was asked."""

    name: Literal["parity", "metric", "fairness", "graph size", "baseline", "champion"]
    passed: bool
    sentence: str


class GroupRate(Struct, frozen=True):
    """Equal treatment of one group of one protected column.

    Of a class, ``true_positive_rate`` is equal opportunity for ``label``, with so many
    ``positives``; of a number, ``error`` is the mean of prediction minus truth.
    """

    column: str
    group: str
    rows: int
    positives: int
    true_positive_rate: float
    label: str = ""
    error: float | None = None


class Baseline(Struct, frozen=True):
    """What a model without skill, or a plain one, scores on the same hold-out rows."""

    name: str
    value: float
    confidence: float
    """Share of paired bootstrap resamples in which the candidate is better."""
    plain: bool = False
    """Whether it is a model with its defaults, which the candidate need not beat, but may not
    surely lose against."""


class Contest(Struct, frozen=True):
    """Champion and challenger on the same hold-out rows, by the model's metric."""

    champion_version: int
    champion: float
    challenger: float
    confidence: float
    """Share of paired bootstrap resamples in which the challenger is better."""
    psi: float = 0.0
    """Population stability index of the challenger's answers against the champion's: in deciles
    of the champion's or, of several classes, by label."""
    rows: int = 0
    """That they met on; 0 where it was not counted."""
    left_out: int = 0
    """Hold-out rows that the champion had learned from, on which they did not meet."""
    known: int = 0
    """Such rows on which they did, because too few others are there."""


class Verdict(Struct, frozen=True, kw_only=True):
    """The whole evaluation of one candidate. ``interval`` is the 90 % bootstrap interval."""

    metric: str
    value: float
    interval: tuple[float, float]
    metrics: dict[str, float]
    threshold: float
    """Probability from which on the positive label is answered; 0 where the model is not binary."""
    rows: int
    positives: int
    """Rows of the positive class; 0 where there is none."""
    newest: str
    oldest: str
    groups: tuple[GroupRate, ...]
    contest: Contest | None
    gates: tuple[Gate, ...]
    problem: Problem = "binary"
    baselines: tuple[Baseline, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every gate let the candidate through."""
        return all(gate.passed for gate in self.gates)

    @property
    def helpful(self) -> bool:
        """Whether it is better than the champion, where there is one; whatever else it lacks."""
        return all(gate.passed for gate in self.gates if gate.name == "champion")

    @property
    def reason(self) -> str:
        """Why not, or that all gates passed. First whether it would have helped: a reason that
        begins with :data:`~evergreen.contracts.decision.NOT_HELPFUL` says that it would not."""
        if self.passed:
            return "All gates passed."
        contests = [gate for gate in self.gates if gate.name == "champion"]
        failed = [gate for gate in self.gates if not gate.passed and gate not in contests]
        # Of a challenger that is better all the same, that comes last.
        told = [*failed, *contests] if self.helpful else [*contests, *failed]
        return " ".join(gate.sentence for gate in told)
