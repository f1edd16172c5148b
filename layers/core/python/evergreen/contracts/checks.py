"""What is remembered of a model's checks from one to the next: ``reports/<model>/checks.json``.

To lose it is harmless: causes are then confirmed anew, and the timeline begins with the window.
"""

from msgspec import Struct

from evergreen.contracts.decision import Decision, Trigger
from evergreen.contracts.drift import Point


class Suspicion(Struct, frozen=True):
    """A cause that checks have found, ``found`` times in a row, since ``since``, when ``outcomes``
    had ever been counted."""

    trigger: Trigger
    sentence: str
    since: str
    found: int
    outcomes: int = 0


class Tally(Struct, frozen=True):
    """How many outcomes were known when retraining was decided."""

    at: str
    decision_id: str
    outcomes: int


class Contested(Struct, frozen=True):
    """The last contest that was asked for, and the outcomes it was asked with."""

    version: int
    outcomes: int


class Alerted(Struct, frozen=True):
    """What people were told, in short, and when they last were."""

    at: str
    about: str


class Memory(Struct, frozen=True, kw_only=True):
    """Of one model, as its last check left it."""

    seen: str = ""
    """Digest of the captures and the feedback that the last check saw."""
    version: int = 0
    """The champion that was checked, and when it became that; causes are its."""
    moved_at: str = ""
    suspicions: tuple[Suspicion, ...] = ()
    decisions: tuple[Decision, ...] = ()
    """The last ones, oldest first."""
    points: tuple[Point, ...] = ()
    """Of all versions, oldest first; of days that have left the window one for each at most."""
    forgotten: int = 0
    """Outcomes of older points, which are no longer remembered."""
    tallies: tuple[Tally, ...] = ()
    contested: Contested | None = None
    told: tuple[Alerted, ...] = ()
    """Of the last month, oldest first, each thing once."""
