"""What a simulation found: each policy's score, decisions and cost."""

from collections.abc import Sequence

from msgspec import Struct

from evergreen.contracts.decision import Decision


class Window(Struct, frozen=True):
    """One step: the champion's metric on its rows, None where it has none."""

    since: str
    until: str
    version: int
    rows: int
    refused_rows: int
    """Rows that serving would have refused, since they lack a value that the version needs."""
    value: float | None


class Attempt(Struct, frozen=True):
    """One retraining: when, why, and how it ended."""

    at: str
    run_id: str
    reason: str
    status: str
    """``deployed``, ``refused`` or ``failed``."""
    ending: str
    """Why, in a sentence."""
    version: int | None
    dollars: float


class Outcome(Struct, frozen=True, kw_only=True):
    """One policy. ``mean`` weighs the windows by their rows; ``worst`` is of one of them."""

    policy: str
    told: str
    """What the policy is, in words."""
    mean: float
    worst: float
    worst_since: str
    started: int
    promoted: int
    refused: int
    failed: int
    rolled_back: int
    checks: int
    dollars_training: float
    dollars_checks: float
    windows: tuple[Window, ...]
    attempts: tuple[Attempt, ...]
    decisions: tuple[Decision, ...]
    moves: tuple[tuple[str, int], ...]
    """When the champion changed, and to which version."""
    beside: tuple[float, float] | None = None
    """The middle 90 % of its mean less that of the policy that is shown; None of that one."""

    @property
    def dollars(self) -> float:
        """What training and checks cost together."""
        return self.dollars_training + self.dollars_checks


class Simulation(Struct, frozen=True, kw_only=True):
    """A history replayed under several policies."""

    model: str
    metric: str
    less_is_better: bool
    since: str
    until: str
    every: str
    delay: str
    rows_before: int
    rows_served: int
    first: str
    """What evaluating the first version said."""
    outcomes: tuple[Outcome, ...]
    seconds: float


def decisive(outcomes: Sequence[Outcome]) -> Outcome:
    """The policy that is shown and that others are held beside: the model file's own, else the
    last."""
    return next((each for each in outcomes if each.policy == "default"), outcomes[-1])
