"""What a search took: trials, time, and money by the published prices."""

from datetime import datetime

from evergreen import prices
from evergreen.contracts.registry import Run, StageRecord
from evergreen.contracts.run_report import SearchReport
from evergreen.contracts.stages import TrialResult

_STATES_OF_A_ROUND = 4
"""suggest, trials, record, enough? Each trial is one more."""
_TUNE = "tune: "


def search_report(
    run: Run, results: list[TrialResult], rounds: int, *, done: bool, why: str
) -> SearchReport:
    """The search so far, from the run's record and its trials.

    The registry keeps the newest record of each stage, so those of ``tune`` count for each round.
    """
    seconds = sum(result.seconds for result in results)
    dollars = sum(result.dollars for result in results)
    stages = [stage for stage in run.stages if not stage.stage.startswith(_TUNE)]
    beside = sum(map(_seconds, stages))
    beside += rounds * sum(_seconds(each) for each in run.stages if each not in stages)
    transitions = 1 + len(stages) + rounds * _STATES_OF_A_ROUND + len(results)
    return SearchReport(
        configurations=sum(result.promotes is None for result in results),
        promotions=sum(result.promotes is not None for result in results),
        failed=sum(result.loss is None for result in results),
        rounds=rounds,
        done=done,
        why=why,
        started_at=run.started_at,
        seconds=_between(run.started_at, _newest(run, results)),
        trial_seconds=seconds,
        trial_dollars=dollars,
        transitions=transitions,
        transition_dollars=prices.transitions(transitions),
        other_dollars=beside * dollars / seconds if seconds else 0.0,
    )


def _newest(run: Run, results: list[TrialResult]) -> str:
    ends = [stage.ended_at or stage.started_at for stage in run.stages]
    return max([run.started_at, *ends, *(result.finished_at for result in results)])


def _seconds(stage: StageRecord) -> float:
    return _between(stage.started_at, stage.ended_at) if stage.ended_at else 0.0


def _between(start: str, end: str) -> float:
    begun, ended = map(datetime.fromisoformat, (start, end))
    return max((ended - begun).total_seconds(), 0.0)
