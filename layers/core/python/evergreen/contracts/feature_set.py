"""What a feature set says about itself, ``manifest.json``."""

from msgspec import Struct


class SplitReport(Struct, frozen=True):
    """One split. ``oldest`` and ``newest`` are ISO 8601 in UTC, empty without a time column.

    ``classes`` are its rows by label, none where the target is a number; then ``mean`` is its mean
    and ``lowest`` its smallest, and ``skew`` how many times its median its mean is (none where the
    median is not positive).
    """

    name: str
    rows: int
    classes: dict[str, int]
    mean: float | None
    oldest: str
    newest: str
    lowest: float | None = None
    skew: float | None = None


class JoinReport(Struct, frozen=True):
    """A view as it was joined: which of its builds, and how many rows it knew nothing of, or
    nothing fresh enough."""

    view: str
    build: str
    features: tuple[str, ...]
    rows_without: int


class Manifest(Struct, frozen=True):
    """Where a feature set comes from and how it was split; ``rule`` says why so.

    ``origins`` are row numbers within train followed by validation: a trial of a forecast is
    fitted on the rows before each and measured on those up to the next.
    """

    feature_set: str
    dataset: str
    rows: int
    rule: str
    splits: tuple[SplitReport, ...]
    origins: tuple[int, ...] = ()
    joins: tuple[JoinReport, ...] = ()
