"""A dataset version's quality report, ``report.json``: what went in, what cleaning did, what came
out, and what a person should look at before a model learns from it."""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.dataset import LabelledReport, SourceReport
from evergreen.contracts.model_file import Problem
from evergreen.contracts.profile import CategoryProfile, NumberProfile
from evergreen.contracts.table import Severity


class Finding(Struct, frozen=True):
    """Something that cleaning met in a column (or, where it is empty, in whole rows).

    ``done`` says what was done about it, in words; nothing was where no rule states it, and then
    ``advice`` is the rule that would.
    """

    kind: Literal[
        "header", "missing word", "sentinel", "range", "case", "spaces", "spelling", "date",
        "repeated rows", "repeated keys", "repeated times", "constant", "nearly empty", "gap",
    ]  # fmt: skip
    column: str
    rows: int
    examples: tuple[str, ...]
    done: str = ""
    advice: str = ""


class Quarantined(Struct, frozen=True):
    """A row that could not be typed: where it stood and why. The file has all of them."""

    source: str
    row: int
    """Counted from 1, without the header."""
    column: str
    text: str
    reason: str


class ExpectationResult(Struct, frozen=True):
    """One expectation; ``sentence`` has what was found, what was asked, and the first rows."""

    expectation: str
    column: str
    passed: bool
    severity: Severity
    sentence: str


class Suspicion(Struct, frozen=True):
    """Why a column may know the outcome. ``strength`` is 0 to 1, of what the evidence measures."""

    column: str
    evidence: Literal[
        "predicts alone", "predicts with another", "missing with the target", "later than the row",
        "copies the target",
    ]  # fmt: skip
    used: bool
    """Whether the model learns from it."""
    strength: float
    sentence: str


class Bin(Struct, frozen=True):
    """Rows of one value or range of a column, and the mean of the target among them: the share of
    the positive class, the mean of a number; None of classes, or without a target."""

    label: str
    rows: int
    target: float | None = None


class Association(Struct, frozen=True):
    """How much two columns tell of each other, 0 to 1; ``measure`` names it."""

    column: str
    other: str
    measure: str
    value: float


class ColumnReport(Struct, frozen=True, kw_only=True):
    """One column after cleaning, also one that nothing uses. The number fields are None for a
    category, and seconds since 1970 for a time; ``type`` is what the table states, else what the
    values show."""

    name: str
    type: Literal["number", "category", "time"]
    use: str
    missing: int
    distinct: int
    minimum: float | None = None
    mean: float | None = None
    deviation: float | None = None
    maximum: float | None = None
    quartiles: tuple[float, float, float] | None = None
    bins: tuple[Bin, ...] = ()
    target: Association | None = None
    """With the target."""
    profile: NumberProfile | CategoryProfile | None = None
    """What the next version is compared with; None of a time."""


class Gap(Struct, frozen=True):
    """A span without a row, longer than the table's rhythm."""

    after: str
    before: str
    steps: int
    series: str = ""
    """Which series has it, where the table has several."""


class Coverage(Struct, frozen=True):
    """The rows over time. ``step_seconds`` is the commonest distance between two times."""

    oldest: str
    newest: str
    step_seconds: float
    periods: tuple[Bin, ...]
    gaps: tuple[Gap, ...]
    gaps_in_all: int
    repeated_times: int
    """Rows that share their time with an earlier one, of the same key where the table has one."""


class Change(Struct, frozen=True):
    """Against the previous version: of the rows, or of one column."""

    column: str
    sentence: str
    psi: float | None = None
    changed: bool = False
    """Whether its PSI is worth a look and beyond what chance gives."""


class QualityReport(Struct, frozen=True, kw_only=True):
    """What went in, what cleaning did, what came out.

    ``rows_read`` = ``rows`` + the sum of ``dropped`` (rows by reason, the quarantine among them).
    ``target`` is its share of the positive class, or its mean; ``classes`` its rows by label.
    """

    dataset: str
    model: str
    """The table's name: of a model, or ``view/<name>``."""
    created_at: str
    sources: tuple[SourceReport, ...]
    labelled: LabelledReport | None
    rows_read: int
    rows: int
    dropped: dict[str, int]
    quarantine: tuple[Quarantined, ...]
    """The first of them."""
    problem: Problem | None
    """None for a feature view's table."""
    target_column: str
    positive: str
    target: float | None
    classes: dict[str, int]
    columns: tuple[ColumnReport, ...]
    left_out: dict[str, str]
    """Columns of the sources that nothing uses, each with the reason."""
    personal: dict[str, str]
    """What was done with each personal column."""
    findings: tuple[Finding, ...]
    expectations: tuple[ExpectationResult, ...]
    suspicions: tuple[Suspicion, ...]
    associations: tuple[Association, ...]
    """The strongest between columns."""
    coverage: Coverage | None
    previous: str
    changes: tuple[Change, ...]
