"""How good proposals are at equal trials, one after the other and many at once.

Every proposer begins with the same default of each family; then it is on its own. Its regret is how
much of the way from the median loss to the least one was left after so many trials; the figure is
the geometric mean over tables and seeds (below a thousandth counts as a thousandth).
"""

import json
import math
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from evergreen.contracts.search import Search
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.space import FAMILY
from evergreen.tune.proposals.cube import configuration_at, options, point
from evergreen.tune.propose import propose

from benchmarks.figures import Figure, lower, missing
from benchmarks.tuning.losses import SPACE, Losses
from benchmarks.tuning.small_tables import TABLES

TRIALS = 50
AT_ONCE = (1, 5, 10, 20)
_LEAST = 1e-3
_ROOT = Path(__file__).resolve().parents[2]
PYTHON = _ROOT / "build" / "peers" / "optuna" / "bin" / "python"
_SCRIPT = Path(__file__).parent / "peers" / "proposing.py"

Search_ = Callable[[Losses, int, int], list[float]]
"""The losses of a search on a table, by seed and how many are tried at once."""


def figures(seeds: Sequence[int], at_once: Sequence[int] = AT_ONCE) -> list[Figure]:
    """Ours beside random draws, hyperopt's TPE and, where it is installed, Optuna's."""
    tables = [Losses(name) for name in TABLES]
    found: list[Figure] = []
    for many in at_once:
        name = f"regret after {TRIALS} trials, {many} at once, {len(seeds)} seeds"
        ours = _regret(_ours, tables, seeds, many)
        peers = {"random search": _random, "hyperopt TPE": _hyperopt, "Optuna TPE": _optuna}
        for peer, search in peers.items():
            if search is _optuna and not PYTHON.exists():
                found.append(missing(name, peer, "its environment is not there"))
                continue
            theirs = _regret(search, tables, seeds, many)
            found.append(lower(name, ours, theirs, peer, unit="share", goal="above 1"))
    return found


def _regret(search: Search_, tables: Sequence[Losses], seeds: Sequence[int], many: int) -> float:
    logs = [
        math.log(_left(min(search(table, seed, many)), table)) for table in tables for seed in seeds
    ]
    return math.exp(fmean(logs))


def _left(loss: float, table: Losses) -> float:
    return max((loss - table.best) / (table.middle - table.best), _LEAST)


def _ours(table: Losses, seed: int, many: int) -> list[float]:
    return _proposed(table, Search(trials=TRIALS, parallel=many, seed=seed))


def _hyperopt(table: Losses, seed: int, many: int) -> list[float]:
    return _proposed(table, Search(trials=TRIALS, parallel=many, seed=seed, proposals="hyperopt"))


def _proposed(table: Losses, search: Search) -> list[float]:
    results: list[TrialResult] = []
    begun = len(SPACE)
    while len(results) < search.trials:
        first = len(results) + 1
        many = begun if not results else min(search.parallel, search.trials - len(results))
        for number, each in enumerate(propose(results, range(first, first + many), search, SPACE)):
            loss = table(each.configuration)
            results.append(TrialResult(first + number, each.configuration, loss, 0.0, ""))
    return [result.loss for result in results if result.loss is not None]


def _random(table: Losses, seed: int, many: int) -> list[float]:
    """How many at once makes no difference."""
    random, names = np.random.default_rng([seed, many]), list(SPACE)
    drawn = defaults(SPACE)
    while len(drawn) < TRIALS:
        name = names[random.integers(len(names))]
        counts = options(SPACE[name])
        at = [random.integers(n) if n else random.random() for n in counts]
        drawn.append(configuration_at(name, SPACE[name], np.array(at, np.float64)))
    return [table(each) for each in drawn]


def _optuna(table: Losses, seed: int, many: int) -> list[float]:
    begun = [(_point(each), table(each)) for each in defaults(SPACE)]
    losses = [loss for _, loss in begun]
    families = {
        name: list(zip((s.name for s in family.settings), options(family), strict=True))
        for name, family in SPACE.items()
    }
    told = [(*at, loss) for at, loss in begun]
    with subprocess.Popen(  # noqa: S603 - our script, in the peer's environment
        [PYTHON, _SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": "", "PYTHONWARNINGS": "ignore"},
    ) as process:
        _say(process, {"seed": seed, "families": families, "told": told})
        while len(losses) < TRIALS:
            _say(process, {"ask": min(many, TRIALS - len(losses))})
            made = [_configuration(*each) for each in json.loads(process.stdout.readline())]
            found = [table(each) for each in made]
            _say(process, {"tell": found})
            losses += found
        process.stdin.close()
    return losses


def _say(process: Any, message: dict[str, Any]) -> None:
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()


def _point(configuration: Configuration) -> tuple[str, list[float]]:
    family = str(configuration[FAMILY])
    counts = options(SPACE[family])
    at = point(SPACE[family], configuration)
    return family, [int(x) if n else float(x) for x, n in zip(at, counts, strict=True)]


def _configuration(family: str, at: list[float]) -> Configuration:
    return configuration_at(family, SPACE[family], np.array(at, np.float64))
