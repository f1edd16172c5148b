"""How good proposals are at equal trials, one after the other and many at once.

A search's regret is how much of the way from the median loss to the least one was left after so
many trials; the figure is the geometric mean over tables and seeds (below a thousandth counts as a
thousandth).
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from statistics import fmean

from benchmarks.figures import Figure, lower, missing
from benchmarks.tuning import cells, searches
from benchmarks.tuning.losses import Losses
from benchmarks.tuning.pieces import HERE, PACKAGE, Pieces, digest, no_time
from benchmarks.tuning.small_tables import TABLES

TRIALS = 50
AT_ONCE = (1, 5, 10, 20)
OURS = "ours"
SEARCHES: Mapping[str, searches.Searching] = {
    OURS: searches.ours,
    "random search": searches.random,
    "hyperopt TPE": searches.hyperopt,
    "Optuna TPE": searches.optuna,
}
_LEAST = 1e-3


def figures(pieces: Pieces, seeds: Sequence[int]) -> list[Figure]:
    """Ours with so many at once beside ours one after the other, and beside random draws,
    hyperopt's TPE and, where it is installed, Optuna's."""
    found: list[Figure] = []
    for many in AT_ONCE:
        name = f"regret after {TRIALS} trials, {many} at once, {len(seeds)} seeds"
        ours = regret(pieces, OURS, seeds, many)
        beside = {} if many == 1 else {"ours, 1 at once": (OURS, 1)}
        for peer, (searched, at_once) in beside.items():
            found.append(_beside(name, ours, regret(pieces, searched, seeds, at_once), peer, ""))
        for peer in list(SEARCHES)[1:]:
            if peer.startswith("Optuna") and not searches.OPTUNA.exists():
                found.append(missing(name, peer, "its environment is not there"))
                continue
            found.append(_beside(name, ours, regret(pieces, peer, seeds, many), peer, "above 1"))
    return found


def _beside(name: str, ours: float | None, theirs: float | None, peer: str, goal: str) -> Figure:
    if ours is None or theirs is None:
        return no_time(name, peer)
    return lower(name, ours, theirs, peer, unit="share", goal=goal)


def regret(pieces: Pieces, proposer: str, seeds: Sequence[int], many: int) -> float | None:
    """The geometric mean of what was left; None where a piece is not there."""
    logs = [_logs(pieces, proposer, table, seeds, many) for table in TABLES]
    return None if None in logs else math.exp(fmean(each for row in logs for each in row or ()))


def _logs(
    pieces: Pieces, proposer: str, table: str, seeds: Sequence[int], many: int
) -> list[float] | None:
    name = f"{proposer}-{table}-{many}".replace(" ", "-").lower()
    key = f"{_version(proposer)} {list(seeds)}"
    return pieces.piece(
        f"proposals/{name}", key, lambda: _searched(proposer, table, seeds, many), list[float]
    )


def _searched(proposer: str, table: str, seeds: Sequence[int], many: int) -> list[float]:
    losses, search = _losses(table), SEARCHES[proposer]
    return [math.log(_left(min(search(losses, seed, many, TRIALS)), losses)) for seed in seeds]


def _left(loss: float, table: Losses) -> float:
    return max((loss - table.best) / (table.middle - table.best), _LEAST)


@cache
def _losses(table: str) -> Losses:
    return Losses(table)


@cache
def _version(proposer: str) -> str:
    ours = [PACKAGE / "tune" / "proposals", PACKAGE / "tune" / "propose.py"]
    beside = [HERE / name for name in ("losses.py", "small_tables.py", "searches.py")]
    match proposer:
        case "Optuna TPE":
            return f"{cells.key('optuna')} {digest(*beside, searches.SCRIPT)}"
        case "hyperopt TPE":
            return f"{version('hyperopt')} {digest(*beside, *ours)}"
        case _:
            return digest(*beside, *ours)
