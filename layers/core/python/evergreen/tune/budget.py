"""What a search has spent, what its next trials will cost, and when improvement has ended."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from msgspec import Struct

from evergreen.contracts.search import Search
from evergreen.contracts.stages import Fidelity, Place, TrialResult
from evergreen.prices import Worker, transitions

_PATIENCE_AT_LEAST, _WARM_AT_LEAST = 10, 5
_SHARE_TO_CLOSE = 0.85
_ROUND = 5
"""State transitions of a round: suggest, where, trials, record, enough."""
_TRIAL: dict[Place, int] = {"inline": 1, "distributed": 2, "container": 2}
"""State transitions of a trial: its task; in a Distributed Map the start of its child too."""


class Spent(Struct, frozen=True):
    """Since the first round was suggested; ``dollars`` are those of the ``transitions`` too.
    ``each`` is what orchestrating one more trial costs."""

    seconds: float = 0.0
    dollars: float = 0.0
    transitions: int = 0
    each: float = 0.0


def orchestrated(rounds: Sequence[tuple[Place, int]], worker: Worker) -> int:
    """State transitions of rounds, each of a place and a number of trials; none where a process
    of one's own runs them."""
    if worker.kind == "process":
        return 0
    return sum(_ROUND + trials * _TRIAL[place] for place, trials in rounds)


def orchestrated_each(place: Place, worker: Worker) -> float:
    """Dollars for the state transitions of one trial."""
    return 0.0 if worker.kind == "process" else transitions(_TRIAL[place])


def patience(search: Search, *, warm: bool) -> int:
    """Configurations without an improvement that end the search: as stated, or two thirds of all;
    where it began with what earlier runs found (``warm``), and so near the end, a third."""
    share, at_least = (1 / 3, _WARM_AT_LEAST) if warm else (2 / 3, _PATIENCE_AT_LEAST)
    return search.patience or max(at_least, math.ceil(search.trials * share))


def stale(results: Sequence[TrialResult]) -> int:
    """How many configurations have come since the last that improved beyond noise.

    Noise is the standard error of the difference between the losses of the same folds; several
    small improvements count once they exceed it together. Promotions are no configurations.
    """
    reference: TrialResult | None = None
    since = 0
    for result in sorted(results, key=lambda r: r.number):
        if result.promotes is not None:
            continue
        if _improves(result, reference):
            reference, since = result, 0
        else:
            since += 1
    return since


def closing(search: Search, spent: Spent) -> str:
    """The limit of time or money that is so near that what is left is for the finalists, in words;
    "" for none."""
    if search.minutes and spent.seconds >= _SHARE_TO_CLOSE * search.minutes * 60:
        return f"the budget of {search.minutes:g} minutes is spent"
    if search.dollars and spent.dollars >= _SHARE_TO_CLOSE * search.dollars:
        return f"the budget of ${search.dollars:g} is spent"
    return ""


def affordable(
    wanted: Sequence[Fidelity],
    results: Sequence[TrialResult],
    search: Search,
    spent: Spent,
    *,
    full: Fidelity,
    rows: int,
) -> int:
    """How many of the wanted trials fit into the budgets of minutes and dollars, in their order.

    Costs are the mean of the finished trials of that fidelity, or of another in proportion to rows
    times folds. While nothing is finished in full, one such trial is kept in reserve. Of the
    time only what the longest trial takes is counted, since the others run beside it.
    """
    reserved = [] if any(r.fidelity.full and r.loss is not None for r in results) else [full]
    dollars_left = _left(search.dollars, spent.dollars)
    seconds_left = _left(search.minutes and search.minutes * 60, spent.seconds)
    if dollars_left <= 0 or seconds_left <= 0:
        return 0
    cost = {f: _expected(f, results, rows) for f in {*wanted, full}}
    dollars_left -= sum(cost[f][0] + spent.each for f in reserved)
    seconds_left -= sum(cost[f][1] for f in reserved)
    fitting = 0
    for fidelity in wanted:
        dollars, seconds = cost[fidelity]
        dollars_left -= dollars + spent.each
        if fidelity.full:  # this one is what was kept in reserve
            dollars_left += sum(cost[f][0] + spent.each for f in reserved)
            seconds_left += sum(cost[f][1] for f in reserved)
            reserved = []
        if dollars_left < 0 or seconds > seconds_left:
            break
        fitting += 1
    return fitting


def _left(limit: float | None, spent: float) -> float:
    return math.inf if limit is None else limit - spent


def _expected(fidelity: Fidelity, results: Sequence[TrialResult], rows: int) -> tuple[float, float]:
    """Mean dollars and seconds of a trial of that fidelity; 0 while nothing is known."""
    finished = [r for r in results if r.loss is not None]
    alike = [r for r in finished if r.fidelity == fidelity] or finished
    if not alike:
        return 0.0, 0.0
    scale = [_size(fidelity, rows) / _size(r.fidelity, rows) for r in alike]
    return (
        fmean(r.dollars * each for r, each in zip(alike, scale, strict=True)),
        fmean(r.seconds * each for r, each in zip(alike, scale, strict=True)),
    )


def _size(fidelity: Fidelity, rows: int) -> float:
    return fidelity.folds * float(fidelity.rows or max(rows, 1))


def _improves(result: TrialResult, reference: TrialResult | None) -> bool:
    if result.loss is None:
        return False
    if reference is None or reference.loss is None:
        return True
    return reference.loss - result.loss > _noise(result.fold_losses, reference.fold_losses)


def _noise(one: Sequence[float], other: Sequence[float]) -> float:
    if len(one) != len(other) or len(one) < 2:
        return 0.0
    differences = [a - b for a, b in zip(one, other, strict=True)]
    return stdev(differences) / math.sqrt(len(differences))
