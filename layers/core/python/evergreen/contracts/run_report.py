"""What is told of a run: how the search went, what came of it, and how good that is.

``runs/<run_id>/report.json`` is a :class:`RunReport`; the page beside it shows the same. It holds
names of columns and labels of the target, never a value of another column.
"""

from msgspec import Struct

from evergreen.contracts.candidate import BlendReport
from evergreen.contracts.model_file import Metric, Problem
from evergreen.contracts.stages import TrialResult
from evergreen.contracts.verdict import Verdict

Interval = tuple[float, float]
"""The middle 90 %."""


class ColumnImportance(Struct, frozen=True):
    """How much worse the metric gets on the hold-out when a column's values change places."""

    column: str
    drop: float
    """By the metric, more is worse, whatever its direction; the mean over the repeats."""
    interval: Interval


class CurvePoint(Struct, frozen=True):
    """The metric on the validation rows of a fit on so many training rows."""

    rows: int
    value: float
    interval: Interval
    seconds: float


class Diagnostics(Struct, frozen=True, kw_only=True):
    """Of a candidate, ``candidate/diagnostics.json``, made by ``train`` after the fit.

    ``notes`` say what was left out, and why.
    """

    metric: Metric
    rows: int
    """Of the hold-out, that columns were permuted on."""
    repeats: int
    columns: tuple[ColumnImportance, ...]
    """The most important first."""
    curve: tuple[CurvePoint, ...]
    curve_rule: str
    """Which rows the smaller fits got."""
    curve_of: str
    """The configuration that was fitted, in a few words."""
    notes: tuple[str, ...] = ()


class Confusion(Struct, frozen=True):
    """Hold-out rows by true label (rows) and answered label (columns)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class ReliabilityBin(Struct, frozen=True):
    """Rows of like probability: the mean that was answered, and the share that came true."""

    rows: int
    answered: float
    observed: float
    interval: Interval
    """Wilson's, of the observed share."""


class Reliability(Struct, frozen=True):
    """Whether probabilities come true: of the positive class or, of several, of the answer."""

    bins: tuple[ReliabilityBin, ...]
    calibration_error: float
    """Expected: the mean distance of answered and observed, weighted by rows."""
    brier: float


class ResidualBand(Struct, frozen=True):
    """Prediction minus truth among rows of like prediction: its 5 %, 50 % and 95 % quantiles."""

    predicted: tuple[float, float]
    rows: int
    low: float
    median: float
    high: float


class Residuals(Struct, frozen=True):
    """Prediction minus truth on the hold-out; ``counts`` are those between ``edges``."""

    bands: tuple[ResidualBand, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class PartError(Struct, frozen=True):
    """The mean absolute error of the hold-out rows of one hour or weekday."""

    part: str
    rows: int
    error: float
    interval: Interval


class HoldOutReport(Struct, frozen=True):
    """What the hold-out shows beside the metrics, made by ``evaluate``."""

    confusion: Confusion | None = None
    reliability: Reliability | None = None
    residuals: Residuals | None = None
    over_time: tuple[PartError, ...] = ()


class Ranked(Struct, frozen=True):
    """A configuration's place, by its trial that looked at most; full ones come first."""

    rank: int
    trial: int
    value: float
    """Of the model's metric, the mean over the folds."""
    spread: float | None
    """Standard deviation over the folds."""


class SettingShare(Struct, frozen=True):
    """The share of a loss's variance that a setting accounts for by itself, 0 to 1.

    Of the choice of the family, ``family`` and ``setting`` are empty.
    """

    family: str
    setting: str
    share: float
    trials: int


class SearchReport(Struct, frozen=True, kw_only=True):
    """The search's budget: what was tried, and what it took."""

    configurations: int
    promotions: int
    failed: int
    rounds: int
    done: bool
    why: str
    """Why it ended; empty while it goes on."""
    started_at: str
    seconds: float
    """Since the first stage of the run."""
    trial_seconds: float
    """Of all trials together."""
    transitions: int
    """Of the workflow's states, in the search's rounds."""
    dollars: float
    """The trials and these transitions; trials of a run that it resumed are not among them."""
    other_dollars: float
    """The other stages, at what a second of this run's trials cost, and their transitions."""


class RunReport(Struct, frozen=True, kw_only=True):
    """The whole run. What is not known yet is empty or null."""

    version: int = 1
    run_id: str
    model: str
    problem: Problem
    metric: Metric
    trigger: str
    search: SearchReport
    trials: tuple[TrialResult, ...]
    ranked: tuple[Ranked, ...]
    settings: tuple[SettingShare, ...] = ()
    blend: BlendReport | None = None
    """What the candidate is made of."""
    diagnostics: Diagnostics | None = None
    hold_out: HoldOutReport | None = None
    verdict: Verdict | None = None
