"""Propose the next round of trials."""

from evergreen.contracts.search import Search
from evergreen.contracts.stages import SuggestInput, SuggestOutput, Trial
from evergreen.estimators.results import read_results
from evergreen.estimators.space import FAMILY, describe, families
from evergreen.feature_set import read_signature
from evergreen.ports import ObjectStore, Registry
from evergreen.tune.rounds import proposed_trials, read_rounds, write_round


def suggest(
    given: SuggestInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> SuggestOutput:
    """Up to ``search.parallel`` configurations, never more than ``search.trials`` in the run.

    A round that still waits for results is given again, unchanged, instead of a new one.
    """
    run_id = given.run.run_id
    rounds = read_rounds(artifacts, run_id)
    results = read_results(artifacts, run_id)
    finished = {result.number for result in results}
    if rounds and any(trial.number not in finished for trial in rounds[-1].trials):
        return rounds[-1]
    search = registry.model(given.run.model).file.search
    first = len(proposed_trials(rounds)) + 1
    count = min(search.parallel, search.trials - first + 1)
    if count < 1:
        return SuggestOutput((), f"all {search.trials} trials were suggested")
    # Imported here because hyperopt costs half a second, which trials need not pay.
    from evergreen.tune.propose import propose

    space = families(read_signature(features, given.feature_set))
    numbers = range(first, first + count)
    proposals = propose(results, numbers, search, space)
    trials = tuple(
        Trial(given.run, given.feature_set, n, each.configuration, origin=each.origin)
        for n, each in zip(numbers, proposals, strict=True)
    )
    output = SuggestOutput(trials, _summary(trials, search))
    write_round(artifacts, run_id, len(rounds) + 1, output)
    return output


def _summary(trials: tuple[Trial, ...], search: Search) -> str:
    if len(trials) == 1:
        return f"trial {trials[0].number} of {search.trials}: {describe(trials[0].configuration)}"
    families = sorted({str(trial.configuration[FAMILY]) for trial in trials})
    numbers = f"{trials[0].number} to {trials[-1].number} of {search.trials}"
    return f"trials {numbers}: {', '.join(families)}"
