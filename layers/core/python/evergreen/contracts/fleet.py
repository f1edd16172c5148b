"""All models as the last sweep left them; ``reports/fleet.json``, and the page beside it."""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.decision import Decision
from evergreen.contracts.drift import Performance

Health = Literal["failing", "worse", "drifting", "waiting", "ok"]
"""The worst that is true: the check failed; performance is surely worse, realised or estimated;
a column, the answers or the outcomes moved as much as the model file calls drift; there are too few
predictions to say; none of these."""


class ModelHealth(Struct, frozen=True, kw_only=True):
    """One model. A check that failed leaves what the last one found, and says its ``error``."""

    model: str
    health: Health
    version: int = 0
    since: str = ""
    """When the version began to serve."""
    checked_at: str = ""
    rows: int = 0
    """Predictions in the check's window."""
    per_day: float = 0.0
    outcomes: int = 0
    performance: Performance | None = None
    drifted: tuple[str, ...] = ()
    """The columns that moved most, at most three."""
    drifted_columns: int = 0
    decision: Decision | None = None
    """The last one; ``decision.report`` is the key of the report's JSON, its page beside it."""
    error: str = ""


class FleetReport(Struct, frozen=True, kw_only=True):
    """Every model that has a champion, sorted by name."""

    at: str
    models: tuple[ModelHealth, ...]
    checked: int = 0
    """How many the sweep looked at; the others stand as they were found before."""
    seconds: float = 0.0
    """From the sweep's event to its conclusion."""
    dollars: float = 0.0
