"""What a feature set says about itself, ``manifest.json``."""

from msgspec import Struct


class SplitReport(Struct, frozen=True):
    """One split. ``oldest`` and ``newest`` are ISO 8601 in UTC, empty without a time column."""

    name: str
    rows: int
    positives: int
    oldest: str
    newest: str


class Manifest(Struct, frozen=True):
    """Where a feature set comes from and how it was split; ``rule`` says why so."""

    feature_set: str
    dataset: str
    rows: int
    rule: str
    splits: tuple[SplitReport, ...]
