"""Searches by four proposers. Everyone begins with the same default of each family; then it is on
its own."""

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from evergreen.contracts.search import Search
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.portfolio import defaults
from evergreen.estimators.space import FAMILY
from evergreen.tune.proposals.cube import configuration_at, options, point
from evergreen.tune.propose import propose

from benchmarks.tuning.cells import ROOT
from benchmarks.tuning.losses import SPACE, Losses

OPTUNA = ROOT / "build" / "peers" / "optuna" / "bin" / "python"
SCRIPT = Path(__file__).parent / "peers" / "proposing.py"

Searching = Callable[[Losses, int, int, int], list[float]]
"""The losses of a search on a table, by seed, how many are tried at once, and how many in all."""


def ours(table: Losses, seed: int, many: int, trials: int) -> list[float]:
    """The default proposer."""
    return _proposed(table, Search(trials=trials, parallel=many, seed=seed))


def hyperopt(table: Losses, seed: int, many: int, trials: int) -> list[float]:
    """Hyperopt's own TPE, the proposer's other choice."""
    return _proposed(table, Search(trials=trials, parallel=many, seed=seed, proposals="hyperopt"))


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


def random(table: Losses, seed: int, _many: int, trials: int) -> list[float]:
    """Draws; how many at once makes no difference."""
    generator, names = np.random.default_rng(seed), list(SPACE)
    drawn = defaults(SPACE)
    while len(drawn) < trials:
        name = names[generator.integers(len(names))]
        counts = options(SPACE[name])
        at = [generator.integers(n) if n else generator.random() for n in counts]
        drawn.append(configuration_at(name, SPACE[name], np.array(at, np.float64)))
    return [table(each) for each in drawn]


def optuna(table: Losses, seed: int, many: int, trials: int) -> list[float]:
    """Optuna's TPE, multivariate and with a constant liar, in its own environment."""
    begun = [(_point(each), table(each)) for each in defaults(SPACE)]
    losses = [loss for _, loss in begun]
    families = {
        name: list(zip((s.name for s in family.settings), options(family), strict=True))
        for name, family in SPACE.items()
    }
    told = [(*at, loss) for at, loss in begun]
    process = _optunas()
    _say(process, {"seed": seed, "families": families, "told": told})
    while len(losses) < trials:
        _say(process, {"ask": min(many, trials - len(losses))})
        made = [_configuration(*each) for each in json.loads(process.stdout.readline())]
        found = [table(each) for each in made]
        _say(process, {"tell": found})
        losses += found
    return losses


@cache
def _optunas() -> Any:
    """A process that makes one search after the other, and ends with this one."""
    return subprocess.Popen(  # noqa: S603 - our script, in the peer's environment
        [OPTUNA, SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": "", "PYTHONWARNINGS": "ignore"},
    )


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
