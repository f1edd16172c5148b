"""Sum up the search so far and decide whether it goes on."""

from collections import Counter

from evergreen import metrics
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import RecordOutput, SuggestInput, TrialResult
from evergreen.errors import InvalidTable
from evergreen.estimators.results import best_of, read_results, write_result
from evergreen.estimators.space import FAMILY
from evergreen.figures import metric_text
from evergreen.ports import ObjectStore, Registry
from evergreen.run_report import write_search
from evergreen.tune.rounds import proposed_trials, read_rounds

LOST = "The trial ended without a result; its function ran out of time or memory."


def record(given: SuggestInput, *, artifacts: ObjectStore, registry: Registry) -> RecordOutput:
    """Count the results. A suggested trial that left none has failed, and is written down so.

    Raises:
        InvalidTable: the budget is spent and every trial failed; says the commonest reason.
    """
    file = registry.model(given.run.model).file
    results = _complete(artifacts, given.run.run_id)
    best = best_of(results)
    done = len(results) >= file.search.trials
    output = RecordOutput(
        done=done,
        finished=sum(result.loss is not None for result in results),
        best_trial=best.number if best else None,
        best_loss=best.loss if best else None,
        summary=_summary(file, results, best),
    )
    write_search(given.run, output, artifacts=artifacts, registry=registry)
    if done and best is None:
        raise InvalidTable(_all_failed(results))
    return output


def _complete(artifacts: ObjectStore, run_id: str) -> list[TrialResult]:
    results = {result.number: result for result in read_results(artifacts, run_id)}
    for trial in proposed_trials(read_rounds(artifacts, run_id)):
        if trial.number not in results:
            lost = TrialResult(
                trial.number, trial.configuration, None, 0.0, f"failed: {LOST}", LOST
            )
            write_result(artifacts, run_id, lost)
            results[trial.number] = lost
    return sorted(results.values(), key=lambda result: result.number)


def _summary(file: ModelFile, results: list[TrialResult], best: TrialResult | None) -> str:
    counted = f"{len(results)} of {file.search.trials} trials"
    failed = sum(result.loss is None for result in results)
    counted += f", {failed} failed" if failed else ""
    if best is None or best.loss is None:
        return counted
    value = metrics.from_loss(file.metric, best.loss)
    found = f"{file.metric} {metric_text(file.metric, value)}"
    return f"{counted}, best {found} (trial {best.number}: {best.configuration[FAMILY]})"


def _all_failed(results: list[TrialResult]) -> str:
    ((error, times),) = Counter(result.error for result in results).most_common(1)
    return f"All {len(results)} trials failed, {times} of them with: {error}"
