"""Propose the next round of trials."""

from collections.abc import Iterator

from evergreen.contracts import keys
from evergreen.contracts.model_file import ModelFile
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
    trials = write_round(artifacts, run_id, len(rounds) + 1, trials)
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
    for number, promotion in enumerate(planned.promotions, first):
        yield _promoted(number, promotion, tried)
    if not planned.new:
        return
    # Imported here because hyperopt costs half a second, which trials need not pay.
    from evergreen.tune.propose import propose

    first += len(planned.promotions)
    numbers = range(first, first + planned.new)
    space = space_of(file, features, given.feature_set)
    made = propose(list(now.results), numbers, file.search, space, earlier=begun.earlier)
    lowest = now.ladder[0]
    for number, each in zip(numbers, made, strict=True):
        new = (number, each.configuration, lowest, None, each.origin)
        yield Trial(given.run, given.feature_set, *new)


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


def _output(run_id: str, begun: Begun, number: int, trials: Round) -> SuggestOutput:
    place = begun.place(len(trials))
    return SuggestOutput(
        trials=trials if place == "inline" else (),
        summary=_summary(trials) + (_resumed(begun) if number <= 2 else ""),
        place=place,
        items=keys.trials_of_round(run_id, number),
        cpu=begun.container.cpu if begun.container else "",
        memory=begun.container.memory if begun.container else "",
    )


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
