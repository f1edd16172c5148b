"""How many outcomes there are that nobody has learned from yet."""

from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts.drift import Point
from evergreen.monitor.decide.situation import Situation

POINTS_AT_MOST = 400
_TEXT_DAY = 10


class Timeline(Struct, frozen=True):
    """Points oldest first, one for each version and day; ``forgotten`` counts outcomes of those
    that are no longer there."""

    points: tuple[Point, ...]
    forgotten: int

    @property
    def outcomes(self) -> int:
        """All that were ever counted."""
        return self.forgotten + sum(point.outcomes for point in self.points)


def timeline(situation: Situation) -> Timeline:
    """What is remembered and what the window shows.

    A day that is only partly in the window was seen whole before, so the point of more rows stays;
    of as many, the newer has the later outcomes.
    """
    memory = situation.memory
    found: dict[tuple[int, str], Point] = {}
    for point in (*memory.points, *situation.points):
        name = point.version, point.since[:_TEXT_DAY]
        known = found.get(name)
        psi = max(point.psi, known.psi) if known else point.psi
        newer = point if known is None or point.rows >= known.rows else known
        found[name] = replace(newer, psi=psi)
    points = sorted(found.values(), key=lambda point: (point.since, point.version))
    dropped = points[:-POINTS_AT_MOST]
    forgotten = memory.forgotten + sum(point.outcomes for point in dropped)
    return Timeline(tuple(points[-POINTS_AT_MOST:]), forgotten)


def not_learned(situation: Situation) -> int:
    """Outcomes that came since the champion's rows were gathered."""
    return _since(situation, _learned_until(situation))


def not_tried(situation: Situation) -> int:
    """Outcomes that came since rows were last gathered, whatever came of it."""
    learned, claim = _learned_until(situation), situation.claim
    if claim is None or claim.claimed_at <= learned:
        return _since(situation, learned)
    return _since(situation, claim.claimed_at, claim.decision_id)


def _learned_until(situation: Situation) -> str:
    version = situation.version
    return version.draft.lineage.labelled_until or version.registered_at


def _since(situation: Situation, at: str, decision_id: str = "") -> int:
    """Exactly, where the count of that moment is remembered: outcomes may be of predictions that
    are older. Else those of predictions since, which are no more."""
    now = timeline(situation)
    counts = [
        tally.outcomes
        for tally in situation.memory.tallies
        if tally.at == at or (decision_id == tally.decision_id and tally.at <= at)
    ]
    if counts:
        return max(now.outcomes - counts[-1], 0)
    return sum(point.outcomes for point in now.points if point.since >= at)
