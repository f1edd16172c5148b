"""The decision."""

from collections.abc import Sequence

from evergreen.contracts.checks import Suspicion
from evergreen.contracts.decision import Action, Cause, Decision
from evergreen.monitor.decide.holds import hold
from evergreen.monitor.decide.outcomes import not_tried
from evergreen.monitor.decide.signs import (
    drift_sentence,
    outcomes_sentence,
    performance_sentence,
    shortfall,
    tells,
)
from evergreen.monitor.decide.situation import Situation
from evergreen.monitor.decide.suspicions import confirmed, since_found, suspicions
from evergreen.ports import iso
from evergreen.retraining import decision_id


def decide(situation: Situation) -> Decision:
    """What to do, and why. It depends on the situation alone.

    Few predictions say nothing; without a cause there is nothing to do; a cause that is measured
    must be found again; and then everything that holds a retraining back is asked.
    """
    suspected = suspicions(situation)
    sure = [suspicion for suspicion in suspected if confirmed(situation, suspicion)]
    action, reason = _outcome(situation, suspected, sure)
    causes = (
        Cause(each.trigger, each.sentence, each.since, since_found(situation, each))
        for each in sure or suspected
    )
    return Decision(
        decision_id=decision_id(situation.alias, situation.claim),
        model=situation.file.name,
        version=situation.version.number,
        at=iso(situation.now),
        action=action,
        reason=reason,
        causes=tuple(causes),
        report=situation.report,
    )


def _outcome(
    situation: Situation, suspected: Sequence[Suspicion], sure: Sequence[Suspicion]
) -> tuple[Action, str]:
    asked = situation.file.monitor.rows_at_least
    telling = any(tells(situation, each.trigger) for each in suspected)
    if situation.rows < asked and not telling:
        few = f"{situation.rows:,} of {asked:,} predictions"
        return "hold", _because(few, suspected)
    if not suspected:
        return "watch", _calm(situation)
    if not sure:
        return "hold", _unconfirmed(situation, suspected)
    held = hold(situation, sure)
    if held:
        return "hold", _because(held, sure)
    if any(each.trigger == "growth" for each in sure):  # it has told how many are new
        return "retrain", _sentences(sure)
    return "retrain", f"{_sentences(sure)}; {not_tried(situation):,} new outcomes"


def _because(held: str, causes: Sequence[Suspicion]) -> str:
    return f"{held}; {_sentences(causes)}" if causes else held


def _sentences(causes: Sequence[Suspicion]) -> str:
    return "; ".join(cause.sentence for cause in causes)


def _unconfirmed(situation: Situation, suspected: Sequence[Suspicion]) -> str:
    most = max(suspected, key=lambda suspicion: suspicion.found)
    asked = situation.file.retrain.confirmations
    return f"{most.found} of {asked} checks found it: {most.sentence}"


def _calm(situation: Situation) -> str:
    """What was looked at, though nothing speaks for retraining."""
    found, columns = situation.performance, situation.columns
    answers, outcomes = situation.answers, situation.outcome_drift
    drift = drift_sentence((*columns, *((answers,) if answers else ())))
    moved = [drift] if drift else []
    if outcomes and outcomes.drifted:
        moved.append(outcomes_sentence(outcomes))
    told = [
        f"{'; '.join(moved)}, for which the policy does not retrain"
        if moved
        else f"no drift in {situation.rows:,} predictions"
    ]
    if columns and not moved:
        largest = max(columns, key=lambda column: column.psi)
        told.append(f"largest PSI {largest.psi:.2f} in {largest.column}")
    if found and found.realised:
        lost = shortfall(found, found.realised.value) > 0 and not found.worse
        remark = ", which is not surely a loss of skill" if lost else ""
        told.append(f"{performance_sentence(found, found.realised)}{remark}")
    if situation.unmeasured:
        told.append(situation.unmeasured)
    return "; ".join(told)
