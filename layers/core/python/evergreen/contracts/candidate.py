"""What ``train`` tells of a candidate: its members, calibration and threshold, with the evidence.

All of it was measured out of fold: on rows that the trial's fits had not seen. Where something was
chosen it was chosen on some folds and measured on the others (cross-fitted).
"""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.policies import TrainingWindow
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


class Window(Struct, frozen=True):
    """Which rows are learned from, by their age: the share of all rows that are newer.

    ``recent`` are those younger than ``share``; ``weighted`` counts a row half for each ``share``
    of its age.
    """

    kind: TrainingWindow = "all"
    share: float = 1.0

    @property
    def words(self) -> str:
        """Such as ``the newest 50 % of the rows``."""
        if self.kind == "recent":
            return f"the newest {self.share * 100:g} % of the rows"
        if self.kind == "weighted":
            return f"all rows, counting half for each {self.share * 100:g} % that are newer"
        return "all rows"


class WindowTried(Struct, frozen=True):
    """A window on the newest rows before the hold-out."""

    window: Window
    value: float
    """The metric."""
    confidence: float
    """Share of paired resamples in which it is better than the first window tried."""


class WindowReport(Struct, frozen=True, kw_only=True):
    """Which rows the candidate learned from, and why those."""

    window: Window
    rows: int
    """That it was fitted on."""
    since: str = ""
    """Of ``recent`` the oldest row's time; of ``weighted`` that from which rows count half."""
    tried: tuple[WindowTried, ...] = ()
    """The one that needs no reason first; none where there was no choice."""
    measured: int = 0
    """Rows that they were measured on."""
    measured_since: str = ""
    origins: int = 0
    """Fits of each window, each measured on the rows that came next."""
    given_up: int = 0
    """Windows that left too few rows, or did no better than the first on the newest of all."""
    confidence: float = 0.0
    """Share of paired resamples in which what was best on the other rows is better than the first
    window; it must be as large as ``asked`` for another one to be taken."""
    asked: float = 0.95


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
    window: WindowReport | None = None
    """None where no time orders the rows: then all are learned from."""
