"""What a run took: trials, time, and money by the published prices."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from evergreen import prices
from evergreen.contracts.registry import Run, StageRecord
from evergreen.contracts.run_report import SearchReport
from evergreen.contracts.stages import TrialResult

_TUNE = "tune: "
_STATES_BESIDE = 2
"""start and gate, which no function runs."""


class Searched(Struct, frozen=True):
    """How far a search is, as its ``record`` says."""

    done: bool = True
    why: str = ""
    transitions: int = 0
    dollars: float = 0.0


def search_report(
    run: Run, results: Sequence[TrialResult], rounds: int, searched: Searched
) -> SearchReport:
    """The run so far, from its record and its trials."""
    return SearchReport(
        configurations=sum(result.promotes is None for result in results),
        promotions=sum(result.promotes is not None for result in results),
        failed=sum(result.loss is None for result in results),
        rounds=rounds,
        done=searched.done,
        why=searched.why,
        started_at=run.started_at,
        seconds=_between(run.started_at, _newest(run, results)),
        trial_seconds=sum(result.seconds for result in results),
        transitions=searched.transitions,
        dollars=searched.dollars,
        other_dollars=_other_dollars(run, results, rounds),
    )


def _other_dollars(run: Run, results: Sequence[TrialResult], rounds: int) -> float:
    """Stages run on functions much like those of the trials. The registry keeps the newest record
    of each, so those of ``tune`` count for every round."""
    rate = sum(r.dollars for r in results) / (sum(r.seconds for r in results) or 1.0)
    if not rate:
        return 0.0
    tune = [stage for stage in run.stages if stage.stage.startswith(_TUNE)]
    beside = [stage for stage in run.stages if not stage.stage.startswith(_TUNE)]
    seconds = sum(map(_seconds, beside)) + rounds * sum(map(_seconds, tune))
    return seconds * rate + prices.transitions(len(beside) + _STATES_BESIDE)


def _newest(run: Run, results: Sequence[TrialResult]) -> str:
    ends = [stage.ended_at or stage.started_at for stage in run.stages]
    return max([run.started_at, *ends, *(result.finished_at for result in results)])


def _seconds(stage: StageRecord) -> float:
    return _between(stage.started_at, stage.ended_at) if stage.ended_at else 0.0


def _between(start: str, end: str) -> float:
    begun, ended = map(datetime.fromisoformat, (start, end))
    return max((ended - begun).total_seconds(), 0.0)
