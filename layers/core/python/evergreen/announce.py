"""A decision becomes a record and an event. To say it again changes nothing."""

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.decision import Decision, RetrainDecision
from evergreen.ports import EventBus, ObjectStore


def announce(decision: Decision, *, artifacts: ObjectStore, bus: EventBus) -> None:
    """Keep the record unless there is one, and put the event on the bus.

    What dies in between is made up for by saying it again, so an event may come twice.
    """
    record(decision, artifacts)
    if decision.action == "retrain":
        bus.publish(
            RetrainDecision(
                decision.decision_id,
                decision.model,
                decision.version,
                decision.reason,
                decision.at,
                _since_found(decision),
            )
        )
    else:
        bus.announce(decision)


def _since_found(decision: Decision) -> int | None:
    """Of several causes those of the last that was found."""
    known = (cause.outcomes for cause in decision.causes if cause.outcomes is not None)
    return min(known, default=None)


def record(decision: Decision, artifacts: ObjectStore) -> bool:
    """Whether it was new."""
    key = keys.decision(decision.model, decision.at, decision.decision_id)
    return artifacts.create(key, msgspec.json.encode(decision), "application/json")
