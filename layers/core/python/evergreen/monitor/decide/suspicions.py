"""What checks in a row have found: a cause counts once enough of them have."""

from msgspec.structs import replace

from evergreen.contracts.checks import Suspicion
from evergreen.contracts.decision import Trigger
from evergreen.monitor.decide.outcomes import not_learned, timeline
from evergreen.monitor.decide.signs import COUNTED, Sign, signs
from evergreen.monitor.decide.situation import Situation
from evergreen.ports import iso


def suspicions(situation: Situation) -> tuple[Suspicion, ...]:
    """What is suspected after this check, in the order of the model file.

    A check that finds a trigger there confirms it, one that finds it gone ends it, and one in
    between leaves it as it is. So does a check that has seen nothing new, for what is measured.
    """
    remembered = situation.memory.suspicions if situation.same_champion else ()
    known = {suspicion.trigger: suspicion for suspicion in remembered}
    found = (
        _next(situation, trigger, sign, known.get(trigger))
        for trigger, sign in signs(situation).items()
    )
    return tuple(suspicion for suspicion in found if suspicion)


def _next(
    situation: Situation, trigger: Trigger, sign: Sign, known: Suspicion | None
) -> Suspicion | None:
    if trigger not in COUNTED and not situation.something_new:
        return known
    if sign.state == "there":
        first = Suspicion(trigger, "", iso(situation.now), 0, timeline(situation).outcomes)
        known = known or first
        return replace(known, sentence=sign.sentence, found=known.found + 1)
    return known if sign.state == "between" else None


def since_found(situation: Situation, suspicion: Suspicion) -> int | None:
    """How many outcomes have come since it was first found; of what is counted, since what the
    champion was to mend was, None where it was to mend nothing."""
    if suspicion.trigger in COUNTED:
        before = situation.version.draft.lineage.outcomes
        return None if before is None else before + not_learned(situation)
    return max(timeline(situation).outcomes - suspicion.outcomes, 0)


def confirmed(situation: Situation, suspicion: Suspicion) -> bool:
    """Whether enough checks found it, where it takes more than one."""
    asked = 1 if suspicion.trigger in COUNTED else situation.file.retrain.confirmations
    return suspicion.found >= asked
