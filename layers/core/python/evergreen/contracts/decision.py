"""What a check decides: a record, and the event it puts on the bus."""

from typing import Literal

from msgspec import Struct

EVENT_SOURCE = "evergreen.monitor"
RETRAIN_DECIDED = "Retrain Decided"
DECISION_MADE = "Decision Made"
"""The event of every decision but ``retrain``."""

NOT_HELPFUL = "Retraining would not help"
"""How the reason of a run begins that was refused because its champion is not beaten."""

UNDECIDED = "does not surely beat"
"""What that reason says where the challenger was ahead, so that more rows may yet tell."""

Action = Literal["retrain", "roll back", "watch", "hold"]
Trigger = Literal["performance", "estimated", "drift", "outcomes", "growth", "age", "schedule"]


class Cause(Struct, frozen=True):
    """One thing that speaks for retraining: ``mae 121.3 where training measured 93.7``.

    ``since`` is when a check first found it, without a check between that did not; ``outcomes`` of
    what is measured have come since.
    """

    trigger: Trigger
    sentence: str
    since: str = ""
    outcomes: int | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided for a model, and why. The same ``decision_id`` is the same decision.

    ``reason`` begins with what decided: ``180 of 500 outcomes``, ``cooling down until …``.
    """

    decision_id: str
    model: str
    version: int
    """The champion's."""
    at: str
    action: Action
    reason: str
    causes: tuple[Cause, ...] = ()
    report: str = ""
    """Key of the report's JSON in the artifacts bucket."""
    run_id: str = ""
    """The run that ``retrain`` started, once that is known."""


class RetrainDecision(Struct, frozen=True):
    """The detail of a ``Retrain Decided`` event. The same ``decision_id`` is the same decision."""

    decision_id: str
    model: str
    champion_version: int
    reason: str
    labelled_until: str
    """Captures and feedback up to this time belong to the training data."""
    outcomes: int | None = None
    """That have come since a cause was first found that is measured; None where all are counted."""
