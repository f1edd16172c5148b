"""One scheduled look at all models that are due: what each state of its workflow takes and gives.

A sweep is named by the time of the event that began it, so that a repeated event is the same
sweep and writes the same keys.
"""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import Measured
from evergreen.contracts.fleet import ModelHealth


class DueInput(Struct, frozen=True):
    """``at`` is the event's time (ISO 8601); of ``models`` all are checked, due or not, and
    without any those that are due. A sweep belongs to the ``execution`` that began it."""

    at: str
    models: tuple[str, ...] = ()
    execution: str = ""


class BatchInput(Struct, frozen=True):
    """Models that one worker checks, one after the other."""

    sweep: str
    number: int
    at: str
    models: tuple[str, ...]
    asked: bool = False
    """Whether a person named the models, so that nothing is left out as unchanged."""


class Known(Struct, frozen=True, kw_only=True):
    """A model that serves, as the last check left it when the sweep began."""

    model: str
    p_value: float | None = None
    """None where no check has ended yet."""
    health: ModelHealth | None = None


class DueOutput(Struct, frozen=True):
    """``items`` is the key, in the artifacts bucket, of the JSON list of batches."""

    sweep: str
    at: str
    items: str
    models: int
    batches: int
    summary: str


class Contest(Struct, frozen=True):
    """The served rows on which a version that was promoted meets the one before it."""

    model: str
    version: int
    previous: int
    since: str
    until: str


class ContestInput(Struct, frozen=True):
    """A contest that a sweep's check asked for."""

    sweep: str
    contest: Contest


class ContestOutput(Struct, frozen=True):
    """The result lies under the sweep's key of the model's contest."""

    result: str
    summary: str


class ContestResult(Struct, frozen=True):
    """Both versions on the same rows with their outcomes, paired."""

    contest: Contest
    metric: str
    rows: int
    current: Measured
    before: Measured
    confidence: float
    """Share of paired bootstrap resamples in which the previous version is better."""
    left_out: int = 0
    """Objects of captures and feedback that were more than a contest reads: the oldest."""


class Finding(Struct, frozen=True, kw_only=True):
    """What a check of one model gives to the sweep; ``error`` says why there is no more."""

    model: str
    status: Literal["checked", "unchanged", "failed"]
    decision: Decision | None = None
    """Before the fleet is looked at as a whole."""
    drift_only: bool = False
    """Whether nothing but drift speaks for the decision."""
    p_value: float = 1.0
    report: str = ""
    rows: int = 0
    outcomes: int = 0
    seconds: float = 0.0
    dollars: float = 0.0
    error: str = ""
    failures: int = 0
    """Checks in a row that failed, this one among them."""
    contest: Contest | None = None
    """The comparison that the decision waits for."""
    health: ModelHealth | None = None
    """The model's line on the fleet's page; None leaves the line that there is."""


class Progress(Struct, frozen=True):
    """How far a batch has come: what a worker that replaces a killed one goes on from."""

    findings: tuple[Finding, ...] = ()
    started: str = ""
    """The model that is being checked."""


class BatchOutput(Struct, frozen=True):
    """Findings lie under the sweep's key of the batch; ``contests`` ask for a comparison.

    ``left`` models wait for the next worker, since this one's time was up."""

    sweep: str
    number: int
    checked: int
    failed: int
    summary: str
    contests: tuple[Contest, ...] = ()
    left: int = 0


class ConcludeInput(Struct, frozen=True):
    """The sweep whose batches are done."""

    sweep: str
    at: str


class ConcludeOutput(Struct, frozen=True):
    """``models`` has a line for each that something was decided for, at most 50."""

    models: dict[str, str]
    summary: str
