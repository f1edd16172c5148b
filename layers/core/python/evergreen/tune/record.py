"""Sum up the search so far and decide whether it goes on."""

from collections import Counter
from datetime import datetime

from evergreen import metrics
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import RecordOutput, SuggestInput, Trial, TrialResult
from evergreen.errors import EvergreenError, InvalidModelFile, InvalidTable
from evergreen.estimators.results import best_of, create_result, read_results
from evergreen.estimators.space import FAMILY
from evergreen.figures import metric_text
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.prices import Worker, dollars
from evergreen.run_report import write_search
from evergreen.tune.begun import Begun, read_begun
from evergreen.tune.plan import Plan, Progress, plan
from evergreen.tune.progress import progress
from evergreen.tune.rounds import Round, proposed_trials, read_rounds

LOST = (
    "The trial ended without a result, most likely for lack of time or memory; compute.on and"
    " compute.memory_gib in the model file give it more."
)
_FUNCTION_SECONDS_AT_MOST = 900.0


def record(
    given: SuggestInput, *, artifacts: ObjectStore, registry: Registry, clock: Clock, worker: Worker
) -> RecordOutput:
    """Count the results. A suggested trial that left none has failed, and is written down so.

    Raises:
        InvalidTable: the search has ended and every trial failed; says the commonest reason.
        InvalidModelFile: its budget is too small for any.
        NotFound: nothing was suggested yet.
    """
    run_id = given.run.run_id
    file = registry.model(given.run.model).file
    begun = read_begun(artifacts, run_id)
    rounds = read_rounds(artifacts, run_id)
    worked = begun.container.worker if begun.container else worker
    results = _complete(artifacts, run_id, begun, rounds, clock, worked)
    now = progress(file.search, begun, rounds, results, clock, worker)
    planned = plan(now)
    best = best_of(results)
    output = RecordOutput(
        done=not planned.trials,
        finished=sum(result.loss is not None for result in results),
        best_trial=best.number if best else None,
        best_loss=best.loss if best else None,
        summary=_summary(file, results, best, now) + _ended(planned, now),
        why=planned.why,
        dollars=now.spent.dollars,
        transitions=now.spent.transitions,
        train_in="container" if begun.container else "lambda",
        cpu=begun.container.cpu if begun.container else "",
        memory=begun.container.memory if begun.container else "",
    )
    write_search(given.run, output, artifacts=artifacts, registry=registry)
    if output.done and best is None:
        raise _nothing_found(results)
    return output


def _complete(
    artifacts: ObjectStore,
    run_id: str,
    begun: Begun,
    rounds: list[Round],
    clock: Clock,
    worker: Worker,
) -> list[TrialResult]:
    results = {result.number: result for result in read_results(artifacts, run_id)}
    missing = [trial for trial in proposed_trials(rounds) if trial.number not in results]
    if not missing:
        return list(results.values())
    current = {trial.number for trial in rounds[-1]}
    seconds = _since(begun, [r for n, r in results.items() if n not in current], clock)
    for trial in missing:
        lost = _lost(trial, seconds, worker, clock)
        results[trial.number] = create_result(artifacts, run_id, lost)
    return sorted(results.values(), key=lambda result: result.number)


def _since(begun: Begun, before: list[TrialResult], clock: Clock) -> float:
    """Seconds since the round can have begun: when the one before it was done."""
    began = max([begun.at, *(result.finished_at for result in before)])
    return max((clock.now() - datetime.fromisoformat(began)).total_seconds(), 0.0)


def _lost(trial: Trial, seconds: float, worker: Worker, clock: Clock) -> TrialResult:
    """What became of a trial that nobody heard of again; it cost no more than the whole round."""
    seconds = min(seconds, _FUNCTION_SECONDS_AT_MOST) if worker.kind == "lambda" else seconds
    return TrialResult(
        number=trial.number,
        configuration=trial.configuration,
        loss=None,
        seconds=round(seconds, 3),
        summary=f"failed: {LOST}",
        error=LOST,
        fidelity=trial.fidelity,
        promotes=trial.promotes,
        origin=trial.origin,
        dollars=dollars(worker, seconds),
        finished_at=iso(clock.now()),
    )


def _summary(
    file: ModelFile, results: list[TrialResult], best: TrialResult | None, now: Progress
) -> str:
    promoted = sum(result.promotes is not None for result in results)
    failed = sum(result.loss is None for result in results)
    parts = [f"{now.configurations} of {file.search.trials} configurations"]
    parts += [f"{promoted} promoted"] if promoted else []
    parts += [f"{failed} failed"] if failed else []
    if best is not None and best.loss is not None:
        value = metric_text(file.metric, metrics.from_loss(file.metric, best.loss), 4)
        family = best.configuration[FAMILY]
        parts.append(f"best {file.metric} {value} (trial {best.number}: {family})")
    parts += [f"${now.spent.dollars:.4f}"] if now.spent.dollars else []
    return ", ".join(parts)


def _ended(planned: Plan, now: Progress) -> str:
    """Why no more configurations are tried although the budget of trials would allow it."""
    early = planned.why and now.configurations < now.search.trials
    return f"; {planned.why}" if early else ""


def _nothing_found(results: list[TrialResult]) -> EvergreenError:
    if not results:
        return InvalidModelFile(
            "The search's budget was spent before its first trial; raise search.minutes or"
            " search.dollars."
        )
    ((error, times),) = Counter(result.error for result in results).most_common(1)
    return InvalidTable(f"All {len(results)} trials failed, {times} of them with: {error}")
