"""How many outcomes there are that nobody has learned from yet, over the window and before."""

from datetime import datetime
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts.drift import Point
from evergreen.monitor.decide.situation import Situation

POINTS_AT_MOST = 400
_TEXT_DAY = 10


class Timeline(Struct, frozen=True):
    """Points oldest first. What has left the window is one for each version and day at most;
    ``forgotten`` counts outcomes of points that are no longer there."""

    points: tuple[Point, ...]
    forgotten: int

    @property
    def outcomes(self) -> int:
        """All that were ever counted."""
        return self.forgotten + sum(point.outcomes for point in self.points)


def timeline(situation: Situation) -> Timeline:
    """What is remembered, up to where the window begins, and what the window shows.

    The window moves on by less than its stretches are long, so the one that it cuts through is
    remembered by its part that is older.
    """
    begins = {point.version: point.since for point in reversed(situation.points)}
    remembered = situation.memory.points
    older = [_before(point, begins.get(point.version, "")) for point in remembered]
    found = [*_by_day([point for point in older if point]), *situation.points]
    found.sort(key=lambda point: (point.since, point.version))
    dropped = found[:-POINTS_AT_MOST]
    forgotten = situation.memory.forgotten + sum(point.outcomes for point in dropped)
    return Timeline(tuple(found[-POINTS_AT_MOST:]), forgotten)


def _before(point: Point, cut: str) -> Point | None:
    """The part of a point before a moment, as if its rows had come evenly."""
    if not cut or point.until < cut:
        return point
    if point.since >= cut:
        return None
    since, until, at = (datetime.fromisoformat(t) for t in (point.since, point.until, cut))
    share = (at - since) / (until - since)
    rows, outcomes = round(point.rows * share), round(point.outcomes * share)
    return replace(point, until=cut, rows=rows, outcomes=outcomes)


def _by_day(points: list[Point]) -> list[Point]:
    points.sort(key=lambda point: (point.version, point.since))
    days = groupby(points, key=lambda point: (point.version, point.since[:_TEXT_DAY]))
    return [_joined(list(day)) for _, day in days]


def _joined(points: list[Point]) -> Point:
    """One point of several of a day, with what was measured on the most rows."""
    most = max(points, key=lambda point: point.rows)
    return replace(
        most,
        since=points[0].since,
        until=max(point.until for point in points),
        rows=sum(point.rows for point in points),
        outcomes=sum(point.outcomes for point in points),
        psi=max(point.psi for point in points),
    )


def of_champion(situation: Situation) -> int:
    """Outcomes of what the champion answered, over the window and before."""
    version = situation.alias.version
    return sum(each.outcomes for each in timeline(situation).points if each.version == version)


def pace(situation: Situation) -> int:
    """Outcomes that came since the last check; 0 where there was none."""
    memory = situation.memory
    if not memory.seen:
        return 0
    before = memory.forgotten + sum(point.outcomes for point in memory.points)
    return max(timeline(situation).outcomes - before, 0)


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
