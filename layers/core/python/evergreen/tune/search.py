"""A whole search in this process, for whoever has no cloud."""

from evergreen.contracts.stages import RecordOutput, RunInput, SuggestInput
from evergreen.ports import Clock, ObjectStore, Registry
from evergreen.prices import Worker
from evergreen.tune.record import record
from evergreen.tune.rounds import read_round
from evergreen.tune.suggest import suggest
from evergreen.tune.trial import trial


def search(
    run: RunInput,
    feature_set: str,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
    worker: Worker | None = None,
) -> RecordOutput:
    """Rounds of trials, one trial after the other, until the search has ended; or go on with one
    that was interrupted.

    Args:
        clock: what ``search.minutes`` are measured by.
        worker: what the trials are paid by; without it they cost nothing.

    Raises:
        InvalidTable: every trial failed; says the commonest reason.
    """
    asked = SuggestInput(run, feature_set)
    paid = worker or Worker()
    while True:
        proposed = suggest(
            asked,
            features=features,
            artifacts=artifacts,
            registry=registry,
            clock=clock,
            worker=paid,
        )
        for each in read_round(artifacts, proposed.items) if proposed.items else ():
            trial(
                each,
                features=features,
                artifacts=artifacts,
                registry=registry,
                clock=clock,
                worker=paid,
            )
        summary = record(asked, artifacts=artifacts, registry=registry, clock=clock, worker=paid)
        if summary.done:
            return summary
