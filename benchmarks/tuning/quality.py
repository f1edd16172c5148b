"""What the cells say: mean rank, mean relative loss, and ours against each peer.

A place in the comparison is a table divided by a seed, where every tool has an outcome. The
relative loss of a tool there is its loss over the least of any tool, less 1; one above 1, or of a
tool that failed, counts as 1, so that no single place decides. Against a peer the ratio is the
geometric mean of its loss over ours, seeds within tables and then tables, with the interval that
holds 95 of 100 resamples of tables and of the seeds within them.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.figures import Figure, counted, shown
from benchmarks.tuning.cells import OURS, Cell

_WORST = 1.0
_RESAMPLES = 2_000
_GOAL = "first, or within noise of it"

Place = tuple[str, int]
Losses = dict[Place, dict[str, float]]
Judge = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def figures(cells: Sequence[Cell], tools: Sequence[str], budget: float) -> list[Figure]:
    """All figures of one budget; none where no place has an outcome of every tool, ours among
    them."""
    losses = complete(cells, tools, budget)
    if not losses or OURS not in tools:
        return []
    tables = len({table for table, _ in losses})
    where = f"{budget:g} s, {tables} tables, {len(losses)} divisions"
    ranks, relative = mean_ranks(losses, tools), mean_relative(losses, tools)
    spent = mean_spent(cells, losses, tools, budget)
    found = [*_per_table(losses, tools, budget)]
    for tool in tools:
        if tool == OURS:
            continue
        found += [
            _lower(f"mean rank at {where}", ranks, tool, "rank"),
            _lower(f"mean relative loss at {where}", relative, tool, ""),
            _against(losses, tool, where),
            _won(losses, tool, where),
            _took(spent, tool, budget),
        ]
    return found


def complete(cells: Sequence[Cell], tools: Sequence[str], budget: float) -> Losses:
    """The losses of the places where every tool has an outcome; of one that failed infinite."""
    found: Losses = defaultdict(dict)
    for cell in cells:
        if cell.budget == budget:
            loss = np.inf if cell.loss is None else cell.loss
            found[cell.table, cell.seed][cell.tool] = loss
    return {place: by for place, by in found.items() if set(tools) <= set(by)}


def mean_ranks(losses: Losses, tools: Sequence[str]) -> dict[str, float]:
    """1 is first; equals share their ranks. Seeds within tables, then tables."""
    return _meant(losses, tools, rankdata)


def mean_relative(losses: Losses, tools: Sequence[str]) -> dict[str, float]:
    """0 is the best everywhere."""
    return _meant(losses, tools, lambda row: np.minimum(row / row.min() - 1, _WORST))


def mean_spent(
    cells: Sequence[Cell], losses: Losses, tools: Sequence[str], budget: float
) -> dict[str, float]:
    """Seconds of processor time that the search and the last fit took, by tool."""
    there = [each for each in cells if each.budget == budget and (each.table, each.seed) in losses]
    return {
        tool: float(np.mean([each.cpu for each in there if each.tool == tool])) for tool in tools
    }


def ratio(losses: Losses, peer: str) -> tuple[float, float, float]:
    """The peer's loss over ours, and the ends of its interval."""
    tables = [
        np.array([_log_ratio(by, peer) for (table, _), by in losses.items() if table == name])
        for name in dict.fromkeys(table for table, _ in losses)
    ]
    random = np.random.default_rng(0)
    slots = [_resampled(random, tables) for _ in tables]
    low, high = np.quantile(np.mean(slots, axis=0), [0.025, 0.975])
    middle = np.mean([each.mean() for each in tables])
    return float(np.exp(middle)), float(np.exp(low)), float(np.exp(high))


def _log_ratio(by: dict[str, float], peer: str) -> float:
    """Within a factor of two, as in the relative loss."""
    return float(np.clip(np.log(by[peer] / by[OURS]), -np.log(1 + _WORST), np.log(1 + _WORST)))


def _resampled(
    random: np.random.Generator, tables: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The mean of a table drawn anew, of seeds drawn anew, for each resample."""
    chosen = random.integers(0, len(tables), _RESAMPLES)
    found = np.empty(_RESAMPLES)
    for number, values in enumerate(tables):
        there = chosen == number
        found[there] = random.choice(values, (there.sum(), len(values))).mean(axis=1)
    return found


def _meant(losses: Losses, tools: Sequence[str], judge: Judge) -> dict[str, float]:
    tables = defaultdict(list)
    for (table, _), by in losses.items():
        tables[table].append(judge(np.array([by[tool] for tool in tools])))
    means = np.mean([np.mean(rows, axis=0) for rows in tables.values()], axis=0)
    return dict(zip(tools, means.tolist(), strict=True))


def _per_table(losses: Losses, tools: Sequence[str], budget: float) -> list[Figure]:
    """Ours beside the peer that is best on average, table by table."""
    found = []
    for table in dict.fromkeys(table for table, _ in losses):
        rows = [by for (name, _), by in losses.items() if name == table]
        means = {tool: float(np.mean([by[tool] for by in rows])) for tool in tools}
        best = min((tool for tool in tools if tool != OURS), key=lambda tool: means[tool])
        name = f"loss on {table} at {budget:g} s, {len(rows)} seeds"
        found.append(_lower(name, means, best, "loss", f"{best}, the best peer"))
    return found


def _against(losses: Losses, peer: str, where: str) -> Figure:
    middle, low, high = ratio(losses, peer)
    goal = f"{low:.3f} to {high:.3f} at 95 %" + (", never below 1" if peer == "hyperopt" else "")
    return shown(
        Figure(f"loss at {where}, of the peer over ours", 1.0, middle, peer, middle, goal, "x")
    )


def _won(losses: Losses, peer: str, where: str) -> Figure:
    won = sum(by[OURS] < by[peer] for by in losses.values())
    lost = sum(by[OURS] > by[peer] for by in losses.values())
    return counted(f"divisions won and lost at {where}", won, lost, peer, unit="", goal="")


def _took(spent: dict[str, float], peer: str, budget: float) -> Figure:
    name = f"processor seconds taken of {budget:g}, mean"
    return shown(Figure(name, spent[OURS], spent[peer], peer, None, f"at most {budget:g}", "s"))


def _lower(name: str, values: dict[str, float], peer: str, unit: str, called: str = "") -> Figure:
    ours, theirs = values[OURS], values[peer]
    times = theirs / ours if ours > 0 else None
    return shown(Figure(name, ours, theirs, called or peer, times, "" if called else _GOAL, unit))
