"""Whether a version that was promoted shall meet the one before it on what both could answer."""

from evergreen.contracts.sweep import Contest
from evergreen.monitor.decide.outcomes import of_champion
from evergreen.monitor.decide.signs import OUTCOMES_AT_LEAST, shortfall
from evergreen.monitor.decide.situation import Situation
from evergreen.ports import iso

_GROWN = 1.25
"""How many times more outcomes the next contest of a version takes: one that was looked at after
every outcome would be won by chance."""


def ask_contest(situation: Situation) -> Contest | None:
    """A contest, where the workflow promoted the champion over another version and what it does
    turns out to be worse than was measured."""
    alias = situation.alias
    promoted = alias.moved_by == "workflow" and alias.previous is not None
    if not promoted or alias.challenger or not _worse(situation) or _too_soon(situation):
        return None
    return Contest(
        situation.file.name, alias.version, alias.previous or 0, alias.moved_at, iso(situation.now)
    )


def _worse(situation: Situation) -> bool:
    found = situation.performance
    if found is None or found.realised is None:
        return False
    realised = found.realised
    surely = min(shortfall(found, realised.low), shortfall(found, realised.high)) > 0
    return found.worse or surely


def _too_soon(situation: Situation) -> bool:
    last, asked = situation.memory.contested, OUTCOMES_AT_LEAST
    if last and last.version == situation.alias.version and situation.same_champion:
        asked = max(asked, int(last.outcomes * _GROWN))
    return of_champion(situation) < asked
