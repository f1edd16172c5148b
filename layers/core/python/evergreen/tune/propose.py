"""Proposals by a tree-structured Parzen estimator (Bergstra et al. 2011), from JSON results alone.

Hyperopt's ``Trials`` is rebuilt from the results each time, so nothing is pickled. ``tpe.suggest``
gives one proposal a call; the others of a round join the history with the mean loss as a stand-in
(a "constant liar"; Ginsbourger et al. 2010), which keeps a round from chasing one point.
"""

import math
from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

import hyperopt
import numpy as np
from hyperopt import hp, tpe

from evergreen.contracts.search import Search
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.space import FAMILY, Families, Setting, defaults
from evergreen.tune.proposals.earlier import NOTHING, Earlier, Proposal
from evergreen.tune.proposals.observed import observations

_RANDOM_AT_MOST = 20


def propose(
    results: list[TrialResult],
    numbers: Sequence[int],
    search: Search,
    space: Families,
    *,
    earlier: Earlier = NOTHING,
    pending: Sequence[Configuration] = (),
) -> list[Proposal]:
    """A new configuration for each of ``numbers``, the trials of a round that promote nothing.

    The same arguments give the same configurations; none was tried, is ``pending`` or comes twice,
    unless the space has no other.

    Args:
        results: of the run so far, at whatever fidelity.
        numbers: of the trials to propose.
        search: its seed, and the budget that says how soon to stop drawing.
        space: to choose from.
        earlier: what the model's earlier runs have shown (``warm_start``); it comes first.
        pending: configurations being tried that have no result yet.
    """
    known = [
        (n, each.configuration, each.loss) for n, each in enumerate(observations(results, space), 1)
    ]
    liar = fmean(loss for _, _, loss in known) if known else 0.0
    known += [(len(known) + n, each, liar) for n, each in enumerate(pending, 1)]
    proposals: list[Proposal] = []
    for number in numbers:
        tried = len(known)
        if tried < len(earlier.best):
            proposal = earlier.best[tried]
        else:
            proposal = Proposal(
                _next(known, number, search, space),
                "default" if tried < len(space) else "proposed",
            )
        proposals.append(proposal)
        known.append((len(known) + 1, proposal.configuration, liar))
    return proposals


def _next(
    known: list[tuple[int, Configuration, float]], number: int, search: Search, space: Families
) -> Configuration:
    if len(known) < len(space):
        return defaults(space)[len(known)]
    random_until = min(_RANDOM_AT_MOST, math.ceil(search.trials / 3))
    history = hyperopt.trials_from_docs([_document(space, *each) for each in known])
    domain = hyperopt.Domain(_no_objective, _space(space))
    algorithm = partial(tpe.suggest, n_startup_jobs=random_until, verbose=False)
    (document,) = algorithm([len(known) + 1], domain, history, _seed(search.seed, number))
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
