"""What champion and challenger did since the trial's phase began, as their captures tell."""

from datetime import datetime, timedelta
from statistics import median

from msgspec import Struct

from evergreen import captured
from evergreen.captured import Answered, Period
from evergreen.contracts.registry import Alias, Challenger
from evergreen.ports import ObjectStore, iso


class Side(Struct):
    """One version's requests: each one's milliseconds by its id, each row's answer by its id (a
    number, or of several classes the label), and the sentences of those it failed. Repeated
    deliveries count once."""

    milliseconds: dict[str, float]
    answers: dict[str, float | str]
    errors: list[str]

    @property
    def requests(self) -> int:
        """Requests that it scored."""
        return len(self.milliseconds)

    @property
    def typical(self) -> float:
        """The median of its milliseconds; there must be a request."""
        return median(self.milliseconds.values())

    def add(self, line: Answered) -> None:
        """Count one capture."""
        if line.error:
            self.errors.append(line.error)
        for row in line.rows:
            self.answers[row.id] = row.answer
            self.milliseconds[row.id.rpartition("-")[0]] = line.milliseconds


class Evidence(Struct, frozen=True):
    """Both sides of a trial."""

    champion: Side
    challenger: Side


def gather(features: ObjectStore, alias: Alias, challenger: Challenger, now: datetime) -> Evidence:
    """Read both sides' captures from the features bucket."""
    # A day more than now, for callers' clocks that are ahead of this one.
    period = Period(challenger.since, iso(now + timedelta(days=1)))
    role = "challenger" if challenger.share else "shadow"
    sides = {(alias.version, "champion"): _nothing(), (challenger.version, role): _nothing()}
    for line in captured.answered(features, alias.model, period).lines:
        if side := sides.get((line.version, line.role)):
            side.add(line)
    return Evidence(*sides.values())


def _nothing() -> Side:
    return Side({}, {}, [])
