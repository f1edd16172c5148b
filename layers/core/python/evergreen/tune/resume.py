"""Let the finished trials of another run count as this run's."""

from collections.abc import Sequence

from msgspec.structs import replace

from evergreen.contracts import keys
from evergreen.contracts.stages import Fidelity, RunInput, Trial, TrialResult
from evergreen.errors import NotFound
from evergreen.estimators.results import read_results, write_result
from evergreen.ports import ObjectStore
from evergreen.tune.begun import Begun, read_begun
from evergreen.tune.rounds import Round, proposed_trials, read_rounds, write_round


def finished_trials(artifacts: ObjectStore, begun: Begun) -> tuple[int, ...]:
    """The trials of ``begun.resumes`` that a search of the same rows, folds and metric can take
    over: those that have a loss and, where they were tried in full, their predictions."""
    if not begun.resumes:
        return ()
    try:
        before = read_begun(artifacts, begun.resumes)
    except NotFound:
        return ()
    if (before.feature_set, before.seen) != (begun.feature_set, begun.seen):
        return ()
    kept = set(artifacts.keys(keys.run(begun.resumes, "predictions/")))
    return tuple(
        result.number
        for result in read_results(artifacts, begun.resumes)
        if result.loss is not None
        and _on(begun.ladder, result.fidelity)
        and (not result.fidelity.full or keys.predictions(begun.resumes, result.number) in kept)
    )


def take_over(artifacts: ObjectStore, run: RunInput, begun: Begun) -> list[Round]:
    """Copy the resumed trials as the first round, with their results and predictions; gives the
    rounds. Interrupted and begun again, it does the same: the round is written last."""
    trials = {t.number: t for t in proposed_trials(read_rounds(artifacts, begun.resumes))}
    results = {r.number: r for r in read_results(artifacts, begun.resumes)}
    taken: list[Trial] = []
    for number in begun.resumed:
        rung = _on(begun.ladder, results[number].fidelity) or results[number].fidelity
        promotes = trials[number].promotes
        promotes = promotes if promotes in begun.resumed else None
        result = replace(results[number], fidelity=rung, promotes=promotes)
        _copy(artifacts, begun.resumes, run.run_id, result)
        taken.append(replace(trials[number], run=run, fidelity=rung, promotes=promotes))
    return [write_round(artifacts, run.run_id, 1, tuple(taken))]


def _on(ladder: Sequence[Fidelity], fidelity: Fidelity) -> Fidelity | None:
    """The rung of a ladder, maybe one of more or fewer rungs, that looks at the same data."""
    return next((each for each in ladder if replace(each, rung=fidelity.rung) == fidelity), None)


def _copy(artifacts: ObjectStore, source: str, run_id: str, result: TrialResult) -> None:
    if result.fidelity.full:
        body = artifacts.read(keys.predictions(source, result.number))
        artifacts.write(keys.predictions(run_id, result.number), body)
    write_result(artifacts, run_id, result)
