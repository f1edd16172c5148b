"""What the next round of a search is to try, and why there is none.

``suggest`` proposes by the plan and ``record`` ends the search by it, so that they cannot differ.
"""

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from evergreen.contracts.search import Search
from evergreen.contracts.stages import Fidelity, Trial, TrialResult
from evergreen.tune import budget
from evergreen.tune.halving import Promotion, finalists, finals, promotions


class Plan(Struct, frozen=True):
    """Trials to promote, and how many new configurations to try at the lowest rung; nothing of
    either ends the search. ``why`` says what ended it, or ended the proposing of new ones."""

    promotions: tuple[Promotion, ...] = ()
    new: int = 0
    why: str = ""

    @property
    def trials(self) -> int:
        """How many trials the round has."""
        return len(self.promotions) + self.new


class Progress(Struct, frozen=True, dict=True):
    """A search between two rounds: all that was proposed has a result."""

    search: Search
    ladder: tuple[Fidelity, ...]
    rows: int
    proposed: Sequence[Trial]
    results: Sequence[TrialResult]
    spent: budget.Spent
    warm: bool = False
    """Whether it began with what the model's earlier runs found."""

    @cached_property
    def promoted(self) -> frozenset[int]:
        """The trials whose configuration is or was on a higher rung."""
        return frozenset(t.promotes for t in self.proposed if t.promotes is not None)

    @property
    def configurations(self) -> int:
        """How many were proposed; a promotion is not another."""
        return sum(trial.promotes is None for trial in self.proposed)


def plan(progress: Progress) -> Plan:
    """Promote what deserves it, fill the round with new configurations while there may be any, at
    last see to the finalists; all as far as the budgets of time and money reach."""
    closing = budget.closing(progress.search, progress.spent)
    why = _enough(progress) or closing
    wanted = _finals(progress) if closing else _wanted(progress, new=not why)
    if not wanted.trials:
        return Plan(why=why)
    steps = [p.fidelity for p in wanted.promotions] + [progress.ladder[0]] * wanted.new
    fitting = _fitting(progress, steps, progress.search)
    if not fitting:
        return _last(progress, steps)
    taken = wanted.promotions[:fitting]
    return Plan(taken, fitting - len(taken), why)


def _wanted(progress: Progress, *, new: bool) -> Plan:
    slots = progress.search.parallel
    found = promotions(progress.results, progress.promoted, progress.ladder)[:slots]
    left = max(0, progress.search.trials - progress.configurations) if new else 0
    if left:
        return Plan(tuple(found), min(slots - len(found), left))
    return _finals(progress, found)


def _finals(progress: Progress, found: Sequence[Promotion] = ()) -> Plan:
    """The finalists that lack beside what is promoted anyway, in one round with it."""
    count = finalists(progress.configurations, progress.search.ensemble)
    there = [replace(each.result, fidelity=each.fidelity) for each in found]
    promoted = progress.promoted | {each.result.number for each in found}
    last = finals([*progress.results, *there], promoted, progress.ladder, max(count, 1))
    return Plan((*found, *last)[: progress.search.parallel])


def _fitting(progress: Progress, steps: list[Fidelity], search: Search) -> int:
    full, rows = progress.ladder[-1], progress.rows
    return budget.affordable(steps, progress.results, search, progress.spent, full=full, rows=rows)


def _last(progress: Progress, steps: list[Fidelity]) -> Plan:
    """Beyond a budget only the best goes up, once, and only where nothing was tried in full."""
    search = progress.search
    by_dollars = _fitting(progress, steps, replace(search, minutes=None)) == 0
    limit = f"${search.dollars:g}" if by_dollars else f"{search.minutes:g} minutes"
    why = f"the budget of {limit} is spent"
    if any(trial.fidelity.full for trial in progress.proposed):
        return Plan(why=why)
    best = finals(progress.results, progress.promoted, progress.ladder, 1)
    return Plan(tuple(best), why=f"{why}, but the best is still tried in full" if best else why)


def _enough(progress: Progress) -> str:
    """Why no configuration is proposed any more; "" while some are."""
    if progress.configurations >= progress.search.trials:
        return f"all {progress.search.trials} configurations were tried"
    patience = budget.patience(progress.search, warm=progress.warm)
    if budget.stale(progress.results) >= patience:
        return f"the last {patience} configurations improved nothing beyond noise"
    return ""
