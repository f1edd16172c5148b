"""All that a decision depends on: what a check found, what is remembered, and what time it is."""

from datetime import datetime

from msgspec import Struct

from evergreen.contracts.checks import Memory
from evergreen.contracts.drift import ColumnDrift, DomainDrift, Performance, Point
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Alias, RetrainClaim, Run, Version
from evergreen.retraining import Spending


class Situation(Struct, frozen=True, kw_only=True):
    """One check of one champion, before anything is decided."""

    file: ModelFile
    alias: Alias
    version: Version
    """The champion."""
    now: datetime
    rows: int
    """Predictions in the window."""
    seen: str
    """Digest of the captures and the feedback that were looked at: the same, nothing new."""
    columns: tuple[ColumnDrift, ...] = ()
    answers: ColumnDrift | None = None
    outcome_drift: ColumnDrift | None = None
    domain: DomainDrift | None = None
    performance: Performance | None = None
    unmeasured: str = ""
    """Why there is none, where there can be none."""
    points: tuple[Point, ...] = ()
    """The window's timeline."""
    memory: Memory = Memory()
    claim: RetrainClaim | None = None
    runs: tuple[Run, ...] = ()
    """The model's, newest first."""
    spending: Spending = Spending()
    report: str = ""
    """Key of the report's JSON in the artifacts bucket."""

    @property
    def same_champion(self) -> bool:
        """Whether what is remembered is about this champion."""
        known = (self.memory.version, self.memory.moved_at)
        return known == (self.alias.version, self.alias.moved_at)

    @property
    def something_new(self) -> bool:
        """Whether predictions or outcomes came since the last check."""
        return not self.same_champion or self.seen != self.memory.seen
