"""What is kept of a check for the next one."""

import msgspec
from msgspec.structs import replace

from evergreen.contracts import keys
from evergreen.contracts.checks import Contested, Memory, Tally
from evergreen.contracts.decision import Decision
from evergreen.contracts.sweep import Contest
from evergreen.errors import NotFound
from evergreen.monitor.decide.outcomes import of_champion, timeline
from evergreen.monitor.decide.situation import Situation
from evergreen.monitor.decide.suspicions import suspicions
from evergreen.ports import ObjectStore

_DECISIONS = 200
_TALLIES = 50


def read_memory(artifacts: ObjectStore, model: str) -> Memory:
    """What the last check left; an empty memory where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(artifacts.read(keys.checks(model)), type=Memory)
    except (NotFound, msgspec.DecodeError):
        return Memory()


def write_memory(artifacts: ObjectStore, model: str, memory: Memory) -> None:
    """Keep it for the next check."""
    artifacts.write(keys.checks(model), msgspec.json.encode(memory), "application/json")


def remember(situation: Situation, decision: Decision, contest: Contest | None = None) -> Memory:
    """What the next check shall know. The same check again leaves the same."""
    memory, alias, now = situation.memory, situation.alias, timeline(situation)
    tallies = memory.tallies
    if decision.action == "retrain":
        tally = Tally(decision.at, decision.decision_id, now.outcomes)
        tallies = (*(each for each in tallies if each.at != decision.at), tally)[-_TALLIES:]
    contested = Contested(alias.version, of_champion(situation)) if contest else memory.contested
    return replace(
        memory,
        seen=situation.seen,
        version=alias.version,
        moved_at=alias.moved_at,
        suspicions=suspicions(situation),
        decisions=with_decision(memory, decision).decisions,
        points=now.points,
        forgotten=now.forgotten,
        tallies=tallies,
        contested=contested,
    )


def with_decision(memory: Memory, decision: Decision) -> Memory:
    """With a decision as the last; one of the same moment gives way."""
    others = (each for each in memory.decisions if each.at != decision.at)
    return replace(memory, decisions=(*others, decision)[-_DECISIONS:])
