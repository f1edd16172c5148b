"""What ``monitor`` finds in one check of one model; ``reports/<model>/drift/<time>.json``."""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.decision import Decision

Level = Literal["none", "small", "large"]
"""``none`` is within chance, or too little to matter; ``small`` surely moved; ``large`` moved as
much as the model file calls drift."""


class ColumnDrift(Struct, frozen=True, kw_only=True):
    """One column in the window beside the baseline. Effects and significance are told apart.

    ``psi`` (coarse bins), ``js`` (Jensen-Shannon distance, base 2, coarse bins), ``ks`` (fine bins,
    of a number), ``shift`` (change of the mean in standard deviations, of a number) are effects.
    ``p_value`` is of the column as a whole, all its tests counted; ``q_value`` is that after the
    false discovery rate is controlled over the check (Benjamini and Hochberg 1995).
    """

    column: str
    level: Level
    psi: float
    psi_by_chance: float
    js: float
    p_value: float
    q_value: float
    rows: int
    ks: float | None = None
    shift: float | None = None
    chi2: float | None = None
    unseen: float = 0.0
    """Share of the rows."""
    missing: float = 0.0
    unseen_before: float = 0.0
    missing_before: float = 0.0
    seasonal: tuple[str, ...] = ()
    """Parts of the time that the baseline was adjusted to."""
    labels: tuple[str, ...] = ()
    before: tuple[float, ...] = ()
    """Shares by coarse bin in the (adjusted) baseline, in the order of ``labels``."""
    now: tuple[float, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether it moved as much as the model file calls drift."""
        return self.level == "large"


class DomainDrift(Struct, frozen=True):
    """How well rows of the window are told from rows of training by all columns together."""

    auc: float
    low: float
    high: float
    p_value: float
    level: Level
    columns: tuple[str, ...] = ()
    """Those that tell most, first."""


class Measured(Struct, frozen=True):
    """A value of the metric with its middle 90 %."""

    value: float
    low: float
    high: float
    rows: int


class Performance(Struct, frozen=True, kw_only=True):
    """The metric on the window: realised on rows that have their outcome, estimated on all."""

    metric: str
    at_training: float
    realised: Measured | None = None
    estimated: Measured | None = None
    estimated_of_judged: Measured | None = None
    """The estimate for the very rows that have their outcome, to be held against ``realised``."""
    naive: float | None = None
    """The metric of an answer without skill on the judged rows."""
    worse: bool = False
    """Realised, surely and by as much as the model file says matters."""
    estimated_worse: bool = False
    note: str = ""
    """Why something is not told, or how far estimates have been off."""


class Point(Struct, frozen=True, kw_only=True):
    """A stretch of the window, for the timeline."""

    since: str
    until: str
    version: int
    rows: int
    outcomes: int
    realised: Measured | None = None
    estimated: Measured | None = None
    psi: float = 0.0
    """The largest of any column, as the check found it whose window ended here; else 0."""


class SegmentReport(Struct, frozen=True):
    """Rows that share a value of a protected or named column."""

    column: str
    value: str
    rows: int
    drifted: tuple[str, ...]
    """Its columns that moved, most first."""
    realised: Measured | None
    level: Level


class DriftReport(Struct, frozen=True, kw_only=True):
    """One check of one champion."""

    model: str
    version: int
    checked_at: str
    since: str
    until: str
    rows: int
    outcomes: int
    columns: tuple[ColumnDrift, ...]
    performance: Performance | None
    decision: Decision
    unchecked: tuple[str, ...] = ()
    """Columns that the model file keeps out of captures, so that nothing is known of them."""
    unmeasured: str = ""
    """Why there is no performance whatever is served: the metric is another than at training."""
    answers: ColumnDrift | None = None
    outcome_drift: ColumnDrift | None = None
    """What turned out, beside the hold-out's outcomes."""
    domain: DomainDrift | None = None
    segments: tuple[SegmentReport, ...] = ()
    timeline: tuple[Point, ...] = ()
    """Oldest first, over all versions that are remembered."""
    decisions: tuple[Decision, ...] = ()
    """Earlier ones, oldest first."""
    p_value: float = 1.0
    """That nothing moved at all (Simes 1986 over columns, answers and outcomes)."""
    seconds: float = 0.0
    """That the check took."""
    dollars: float = 0.0
