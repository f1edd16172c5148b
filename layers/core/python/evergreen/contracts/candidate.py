"""What ``train`` tells of a candidate: its members, calibration and threshold, with the evidence.

All of it was measured out of fold: on rows that the trial's fits had not seen. Where something was
chosen it was chosen on some folds and measured on the others (cross-fitted).
"""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.stages import Configuration

Method = Literal["sigmoid", "temperature", "bias-corrected temperature"]


class Member(Struct, frozen=True):
    """A fitted configuration and its share of the answer; ``candidate/members.json`` lists them."""

    trial: int
    weight: float
    configuration: Configuration


class EnsembleReport(Struct, frozen=True):
    """Whether several trials together answer better than one."""

    tried: int
    """Trials that could be members."""
    single: float
    """The metric of the best trial alone."""
    together: float
    confidence: float
    """Share of paired bootstrap resamples in which the ensemble is better."""
    taken: bool


class Bin(Struct, frozen=True):
    """Rows of similar probability: of the positive class, or of the likeliest of several."""

    rows: int
    predicted: float
    """Their mean probability."""
    observed: float
    """How often it was so."""


class CalibrationReport(Struct, frozen=True):
    """Whether probabilities were mended, and how reliable they are."""

    method: Method
    slope: float
    biases: tuple[float, ...]
    log_loss_before: float
    log_loss_after: float
    confidence: float
    """Share of paired bootstrap resamples in which the log loss is lower after."""
    taken: bool
    reliability_before: tuple[Bin, ...]
    reliability_after: tuple[Bin, ...]


class ThresholdReport(Struct, frozen=True):
    """From which probability on a binary model answers with the positive class, and why there."""

    threshold: float
    rule: Literal["as many as are positive", "stated costs", "least cost found"]
    cost: float | None = None
    """Mean cost of a row by the stated costs."""
    cost_of_none: float | None = None
    """The same where no row is answered with the positive class, or where all are: the cheaper."""


class BlendReport(Struct, frozen=True):
    """``candidate/blend.json``."""

    metric: str
    rows: int
    """Out of fold; of a run without such predictions, validation rows that a fit on the others
    was asked about."""
    members: tuple[Member, ...]
    ensemble: EnsembleReport | None = None
    """None where there was nothing to choose from."""
    dropped: tuple[int, ...] = ()
    """Trials of the ensemble that were left out, because the graph would have been too large."""
    calibration: CalibrationReport | None = None
    threshold: ThresholdReport | None = None
