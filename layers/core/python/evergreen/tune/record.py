"""Sum up the search so far and decide whether it goes on."""

from collections import Counter
from datetime import datetime

from evergreen import metrics
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import RecordOutput, SuggestInput, Trial, TrialResult
from evergreen.errors import InvalidTable
from evergreen.estimators.results import best_of, read_results, write_result
from evergreen.estimators.space import FAMILY
from evergreen.figures import dollars_text, metric_text
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.prices import Worker, dollars
from evergreen.tune.begun import Begun, read_begun
from evergreen.tune.plan import plan
from evergreen.tune.progress import progress
from evergreen.tune.rounds import Round, read_rounds

LOST = "The trial ended without a result; its function ran out of time or memory."
_FUNCTION_SECONDS_AT_MOST = 900.0


def record(
    given: SuggestInput, *, artifacts: ObjectStore, registry: Registry, clock: Clock, worker: Worker
) -> RecordOutput:
    """Count the results. A suggested trial that left none has failed, and is written down so.

    Raises:
        InvalidTable: the search has ended and every trial failed; says the commonest reason.
        NotFound: nothing was suggested yet.
    """
    run_id = given.run.run_id
    file = registry.model(given.run.model).file
    begun = read_begun(artifacts, run_id)
    rounds = read_rounds(artifacts, run_id)
    results = _complete(artifacts, run_id, begun, rounds, clock, worker)
    now = progress(file.search, begun, rounds, results, clock, worker)
    planned = plan(now)
    best = best_of(results)
    if not planned.trials and best is None:
        raise InvalidTable(_all_failed(results))
    return RecordOutput(
        done=not planned.trials,
        finished=sum(result.loss is not None for result in results),
        best_trial=best.number if best else None,
        best_loss=best.loss if best else None,
        summary=_summary(file, results, best, now.spent.dollars, planned.why),
        why=planned.why,
        dollars=now.spent.dollars,
        train_in=begun.runs_in,
    )


def _complete(
    artifacts: ObjectStore,
    run_id: str,
    begun: Begun,
    rounds: list[Round],
    clock: Clock,
    worker: Worker,
) -> list[TrialResult]:
    results = {result.number: result for result in read_results(artifacts, run_id)}
    missing = [t for t in (rounds[-1] if rounds else ()) if t.number not in results]
    if missing:
        before = [r for t in missing[:1] for n, r in results.items() if n < t.number]
    for trial in missing:
        lost = _lost(trial, seconds, worker, clock)
        write_result(artifacts, run_id, lost)
        results[trial.number] = lost
    return sorted(results.values(), key=lambda result: result.number)
