"""Propose the next round of trials."""

from collections.abc import Iterator

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts import keys
from evergreen.contracts.stages import SuggestInput, SuggestOutput, Trial
from evergreen.estimators.results import read_results
from evergreen.estimators.space import FAMILY, describe
from evergreen.ports import Clock, ObjectStore, Registry
from evergreen.prices import Worker
from evergreen.tune.begin import begin, space_of
from evergreen.tune.begun import Begun
from evergreen.tune.halving import Promotion
from evergreen.tune.plan import Plan, Progress, plan
from evergreen.tune.progress import progress
from evergreen.tune.resume import take_over
from evergreen.tune.rounds import Round, read_rounds, write_round


def suggest(
    given: SuggestInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
    worker: Worker,
    containers: bool = False,
) -> SuggestOutput:
    """Up to ``search.parallel`` trials: promotions first, then new configurations. None where the
    search has ended.

    A round that still waits for results is given again, unchanged, instead of a new one.

    Args:
        containers: whether trials can be run in containers.

    Raises:
        NotConfigured: the model file asks for containers, and there are none.
    """
    run_id = given.run.run_id
    file = registry.model(given.run.model).file
    begun = begin(
        given,
        file,
        features=features,
        artifacts=artifacts,
        registry=registry,
        clock=clock,
        containers=containers,
    )
    rounds = read_rounds(artifacts, run_id)
    if begun.resumed and not rounds:
        rounds = take_over(artifacts, given.run, begun)
    results = read_results(artifacts, run_id)
    finished = {result.number for result in results}
    if rounds and any(trial.number not in finished for trial in rounds[-1]):
        return _output(run_id, begun, len(rounds), rounds[-1])
    now = progress(file.search, begun, rounds, results, clock, worker)
    planned = plan(now)
    if not planned.trials:
        return SuggestOutput((), f"nothing is left to try: {planned.why}")
    trials = tuple(_trials(given, now, planned, begun, file, features))
    write_round(artifacts, run_id, len(rounds) + 1, trials)
    return _output(run_id, begun, len(rounds) + 1, trials)


def _trials(
    given: SuggestInput,
    now: Progress,
    planned: Plan,
    begun: Begun,
    file: ModelFile,
    features: ObjectStore,
) -> Iterator[Trial]:
    first = max((trial.number for trial in now.proposed), default=0) + 1
    tried = {trial.number: trial for trial in now.proposed}
    for number, each in enumerate(planned.promotions, first):
        yield _promoted(number, each, tried)
    if not planned.new:
        return
    # Imported here because hyperopt costs half a second, which trials need not pay.
    from evergreen.tune.propose import Proposal, propose

    first += len(planned.promotions)
    numbers = range(first, first + planned.new)
    earlier = [Proposal(each.configuration, each.origin) for each in begun.earlier]
    space = space_of(file, features, given.feature_set)
    results = list(now.results)
    for number, made in zip(
        numbers, propose(results, numbers, file.search, space, earlier=earlier), strict=True
    ):
        yield Trial(
            given.run,
            given.feature_set,
            number,
            made.configuration,
            now.ladder[0],
            origin=made.origin,
        )


def _promoted(number: int, promotion: Promotion, tried: dict[int, Trial]) -> Trial:
    """The configuration as it was proposed: how many steps it learns is found at each rung."""
    before = tried[promotion.result.number]
    return Trial(
        before.run,
        before.feature_set,
        number,
        before.configuration,
        promotion.fidelity,
        promotes=before.number,
        origin="promoted",
    )


def _output(
    run_id: str, begun: Begun, number: int, trials: Round
) -> SuggestOutput:
    place = begun.place(len(trials))
    shown = trials if place == "inline" else ()
    summary = _summary(trials) + (_resumed(begun) if number <= 2 else "")
    return SuggestOutput(shown, summary, place, keys.trials_of_round(run_id, number))


def _summary(trials: Round) -> str:
    promoted = sum(trial.promotes is not None for trial in trials)
    if len(trials) == 1:
        kind = "promoted, " if promoted else ""
        return f"trial {trials[0].number}: {kind}{describe(trials[0].configuration)}"
    families = ", ".join(sorted({str(trial.configuration[FAMILY]) for trial in trials}))
    numbers = f"trials {trials[0].number} to {trials[-1].number}"
    return f"{numbers}, {promoted} promoted: {families}" if promoted else f"{numbers}: {families}"


def _resumed(begun: Begun) -> str:
    if not begun.resumes:
        return ""
    if begun.resumed:
        return f"; {len(begun.resumed)} trials of run {begun.resumes} count too"
    return (
        f"; no trial of run {begun.resumes} counts, since it left none, or saw other rows, or was"
        " searched by another metric, space, seed or number of folds"
    )
