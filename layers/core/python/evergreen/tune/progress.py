"""Read a search back from what its steps left, in whichever worker."""

from datetime import datetime

from evergreen import prices
from evergreen.contracts.search import Search
from evergreen.contracts.stages import TrialResult
from evergreen.ports import Clock
from evergreen.prices import Worker
from evergreen.tune import budget
from evergreen.tune.begun import Begun
from evergreen.tune.plan import Progress
from evergreen.tune.rounds import Round, proposed_trials


def progress(
    search: Search,
    begun: Begun,
    rounds: list[Round],
    results: list[TrialResult],
    clock: Clock,
    worker: Worker,
) -> Progress:
    """Where the search stands now."""
    return Progress(
        search=search,
        ladder=begun.ladder,
        rows=begun.rows,
        proposed=proposed_trials(rounds),
        results=results,
        spent=_spent(begun, rounds, results, clock, worker, search),
        warm=bool(begun.earlier.best),
    )


def _spent(
    begun: Begun,
    rounds: list[Round],
    results: list[TrialResult],
    clock: Clock,
    worker: Worker,
    search: Search,
) -> budget.Spent:
    """Trials that were resumed are another run's cost."""
    own = rounds[1:] if begun.resumed else rounds
    shapes = [(begun.place(len(each)), len(each)) for each in own]
    transitions = budget.orchestrated(shapes, worker)
    computed = sum(r.dollars for r in results if r.number not in begun.resumed)
    return budget.Spent(
        seconds=(clock.now() - datetime.fromisoformat(begun.at)).total_seconds(),
        dollars=computed + prices.transitions(transitions),
        transitions=transitions,
        each=budget.orchestrated_each(begun.place(search.parallel), worker),
    )
