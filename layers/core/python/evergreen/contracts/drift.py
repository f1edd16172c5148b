"""What ``monitor`` finds and decides, and the event it puts on the bus."""

from typing import Literal

from msgspec import Struct

EVENT_SOURCE = "evergreen.monitor"
RETRAIN_DECIDED = "Retrain Decided"


class ColumnDrift(Struct, frozen=True):
    """Population stability index of one column.

    ``psi_by_chance`` is what it exceeds once in 1,000 times where nothing has changed; ``unseen``
    and ``missing`` are shares of the rows.
    """

    column: str
    psi: float
    psi_by_chance: float
    drifted: bool
    unseen: float
    missing: float


class Performance(Struct, frozen=True):
    """The metric on captured predictions that have their outcome, beside the one at training."""

    metric: str
    value: float
    at_training: float
    outcomes: int


class DriftReport(Struct, frozen=True, kw_only=True):
    """One check of one champion."""

    model: str
    version: int
    checked_at: str
    rows: int
    outcomes: int
    columns: tuple[ColumnDrift, ...]
    performance: Performance | None
    action: Literal["retrain", "watch", "hold"]
    reason: str
    unchecked: tuple[str, ...] = ()
    """Columns that the model file keeps out of captures, so that nothing is known of them."""
    answers: ColumnDrift | None = None
    """What was answered beside the same version's answers on its hold-out. It decides nothing: a
    version's answers change only with its columns."""


class RetrainDecision(Struct, frozen=True):
    """The detail of a ``Retrain Decided`` event. The same ``decision_id`` is the same decision."""

    decision_id: str
    model: str
    champion_version: int
    reason: str
    labelled_until: str
    """Captures and feedback up to this time belong to the training data."""
