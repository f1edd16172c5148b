"""What serving leaves behind for monitoring and retraining, one JSON document a line.

Captures lie below ``captures/<model>/dt=YYYY-MM-DD/``, feedback below
``feedback/<model>/dt=YYYY-MM-DD/``, by the day (UTC) they arrived.
"""

from typing import Any, Literal

from msgspec import Struct


class CapturedRow(Struct, frozen=True, omit_defaults=True):
    """One prediction. ``values`` are the row's inputs and context as they were scored: as the
    caller sent them, with what serving looked up or derived.

    A binary model leaves ``probability`` (of the positive class), one of several classes
    ``probabilities`` (in the signature's order) and the ``label`` that was answered, a model of
    numbers ``value``. ``looked_up`` names the columns of ``values`` that the online store gave.
    """

    id: str
    values: dict[str, Any]
    probability: float | None = None
    probabilities: tuple[float, ...] | None = None
    value: float | None = None
    looked_up: tuple[str, ...] = ()
    label: str = ""


Role = Literal["champion", "challenger", "shadow"]
"""Who scored: the champion and, in a trial, the challenger for its share answer requests; a
challenger in shadow scores what the champion answers."""


class Capture(Struct, frozen=True):
    """The rows of one request. ``at`` is ISO 8601 in UTC.

    A shadow's rows carry the ids of the champion's and no values. Where a challenger failed,
    ``error`` says how and there are no rows; the champion's capture of the request has them.
    """

    model: str
    version: int
    at: str
    rows: tuple[CapturedRow, ...]
    role: Role = "champion"
    milliseconds: float = 0.0
    """What checking and scoring the rows took."""
    error: str = ""
    redacted: tuple[str, ...] = ()
    """Columns that the model file keeps out of ``values``."""


class Outcome(Struct, frozen=True):
    """What turned out for one prediction; the newest for an id counts."""

    id: str
    outcome: str | int | float | bool


class Feedback(Struct, frozen=True):
    """The outcomes of one request."""

    model: str
    at: str
    outcomes: tuple[Outcome, ...]


def captures_prefix(model: str) -> str:
    """Where in the features bucket a model's captures lie."""
    return f"captures/{model}/"


def feedback_prefix(model: str) -> str:
    """Where in the features bucket a model's feedback lies."""
    return f"feedback/{model}/"
