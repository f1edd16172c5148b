"""Proposals by a tree-structured Parzen estimator (Bergstra et al. 2011), from JSON results alone.

Hyperopt's ``Trials`` is rebuilt from the results each time, so nothing is pickled. ``tpe.suggest``
gives one proposal a call; the others of a round join the history with the mean loss as a stand-in
(a "constant liar"; Ginsbourger et al. 2010), which keeps a round from chasing one point.
"""

import math
from functools import partial
from statistics import fmean
from typing import Any

import hyperopt
import numpy as np
from hyperopt import hp, tpe

from evergreen.contracts.search import Search
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.space import FAMILY, Families, Setting, defaults

_RANDOM_AT_MOST = 20


def propose(
    results: list[TrialResult], first: int, count: int, search: Search, space: Families
) -> list[Configuration]:
    """The configurations of trials ``first`` to ``first + count - 1``.

    Each family's default comes first, then random draws until a third of the budget is spent, then
    TPE. The same results, numbers, seed and space give the same configurations.
    """
    known = _observations(results)
    liar = fmean(loss for _, _, loss in known) if known else 0.0
    proposals: list[Configuration] = []
    for number in range(first, first + count):
        configuration = _next(known, number, search, space)
        proposals.append(configuration)
        known.append((number, configuration, liar))
    return proposals


def _observations(results: list[TrialResult]) -> list[tuple[int, Configuration, float]]:
    """Number, configuration and loss; a failed trial counts like the worst finished one."""
    losses = [result.loss for result in results if result.loss is not None]
    worst = max(losses, default=1.0)
    return [(r.number, r.configuration, worst if r.loss is None else r.loss) for r in results]


def _next(
    known: list[tuple[int, Configuration, float]], number: int, search: Search, space: Families
) -> Configuration:
    if number <= len(space):
        return defaults(space)[number - 1]
    random_until = min(_RANDOM_AT_MOST, math.ceil(search.trials / 3))
    history = hyperopt.trials_from_docs([_document(space, *each) for each in known])
    domain = hyperopt.Domain(_no_objective, _space(space))
    algorithm = partial(tpe.suggest, n_startup_jobs=random_until, verbose=False)
    (document,) = algorithm([number], domain, history, _seed(search.seed, number))
    return _configuration(space, document["misc"]["vals"])


def _no_objective(_point: object) -> float:
    """Trials run elsewhere; hyperopt asks for a function all the same."""
    raise NotImplementedError


def _space(space: Families) -> Any:
    return hp.choice(
        FAMILY,
        [{s.name: _draw(_label(name, s), s) for s in each} for name, each in space.items()],
    )


def _draw(label: str, setting: Setting) -> Any:
    return (hp.loguniform if setting.log else hp.uniform)(label, *setting.bounds)


def _label(family: str, setting: Setting) -> str:
    return f"{family}: {setting.name}"


def _document(
    space: Families, number: int, configuration: Configuration, loss: float
) -> dict[str, Any]:
    """A finished trial as hyperopt stores it: a value for each label that was in use."""
    family = str(configuration[FAMILY])
    used: dict[str, float] = {FAMILY: list(space).index(family)}
    used |= {_label(family, s): float(configuration[s.name] or 0) for s in space[family]}
    every = [FAMILY, *(_label(name, s) for name, each in space.items() for s in each)]
    return {
        "tid": number,
        "spec": None,
        "result": {"status": hyperopt.STATUS_OK, "loss": loss},
        "misc": {
            "tid": number,
            "cmd": None,
            "workdir": None,
            "idxs": {label: [number] if label in used else [] for label in every},
            "vals": {label: [used[label]] if label in used else [] for label in every},
        },
        "state": hyperopt.JOB_STATE_DONE,
        "owner": None,
        "book_time": None,
        "refresh_time": None,
        "exp_key": None,
        "version": 0,
    }


def _configuration(space: Families, values: dict[str, list[float]]) -> Configuration:
    family = list(space)[int(values[FAMILY][0])]
    settings = {s.name: s.value(values[_label(family, s)][0]) for s in space[family]}
    return {FAMILY: family, **settings}


def _seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed % 2**32, number]).generate_state(1)[0])
