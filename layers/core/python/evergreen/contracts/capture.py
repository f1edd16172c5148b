"""What serving leaves behind for monitoring and retraining, one JSON document a line.

Captures lie below ``captures/<model>/dt=YYYY-MM-DD/``, feedback below
``feedback/<model>/dt=YYYY-MM-DD/``, by the day (UTC) they arrived.
"""

from typing import Any

from msgspec import Struct


class CapturedRow(Struct, frozen=True):
    """One prediction. ``values`` are the row's inputs and context as the caller sent them."""

    id: str
    values: dict[str, Any]
    probability: float


class Capture(Struct, frozen=True):
    """The rows of one request. ``at`` is ISO 8601 in UTC."""

    model: str
    version: int
    at: str
    rows: tuple[CapturedRow, ...]
    redacted: tuple[str, ...] = ()
    """Columns that the model file keeps out of ``values``."""


class Outcome(Struct, frozen=True):
    """What turned out for one prediction; the newest for an id counts."""

    id: str
    outcome: str | int | bool


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
