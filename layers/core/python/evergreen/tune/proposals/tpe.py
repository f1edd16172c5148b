"""Hyperopt's own proposals: ``tpe.suggest``, setting by setting."""

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

import hyperopt
import numpy as np
from hyperopt import hp, tpe

from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import FAMILY, Choice, Families, Setting
from evergreen.tune.proposals.cube import configuration_at, point
from evergreen.tune.proposals.observed import Key, Observation, key_of

_TRIES = 10


class Tpe:
    """``Trials`` is rebuilt from the observations, so nothing is pickled.

    ``tpe.suggest`` gives one proposal a call; those that are pending join the history with the mean
    loss (a "constant liar"; Ginsbourger et al. 2010), which keeps a round from chasing one point.
    """

    def __init__(self, seen: Sequence[Observation], space: Families) -> None:
        self._space = space
        self._liar = fmean(each.loss for each in seen) if seen else 0.0
        self._documents = [
            self._document(number, each.configuration, each.loss)
            for number, each in enumerate(seen, 1)
        ]
        self._domain = hyperopt.Domain(_no_objective, self._draws())

    def ask(
        self, pending: Sequence[Configuration], tried: set[Key], random: np.random.Generator
    ) -> Configuration:
        """A configuration that is not among the tried, if some are left to be found."""
        first = len(self._documents) + 1
        waiting = [self._document(first + n, c, self._liar) for n, c in enumerate(pending)]
        history = hyperopt.trials_from_docs([*self._documents, *waiting])
        algorithm = partial(tpe.suggest, verbose=False)
        for _ in range(_TRIES):
            number, seed = first + len(waiting), int(random.integers(2**31))
            (document,) = algorithm([number], self._domain, history, seed)
            found = self._configuration(document["misc"]["vals"])
            if key_of(found) not in tried:
                break
        return found

    def _draws(self) -> Any:
        return hp.choice(
            FAMILY,
            [
                {s.name: _draw(_label(name, s), s) for s in family.settings}
                for name, family in self._space.items()
            ],
        )

    def _document(self, number: int, configuration: Configuration, loss: float) -> dict[str, Any]:
        """A finished trial as hyperopt stores it: a value for each label that was in use."""
        name = str(configuration[FAMILY])
        family = self._space[name]
        used: dict[str, float] = {FAMILY: list(self._space).index(name)}
        for setting, at in zip(family.settings, point(family, configuration), strict=True):
            used[_label(name, setting)] = int(at) if isinstance(setting, Choice) else float(at)
        every = [FAMILY, *(_label(n, s) for n, f in self._space.items() for s in f.settings)]
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

    def _configuration(self, values: dict[str, list[float]]) -> Configuration:
        name = list(self._space)[int(values[FAMILY][0])]
        family = self._space[name]
        at = [values[_label(name, setting)][0] for setting in family.settings]
        return configuration_at(name, family, np.array(at, np.float64))


def _no_objective(_point: object) -> float:
    """Trials run elsewhere; hyperopt asks for a function all the same."""
    raise NotImplementedError


def _draw(label: str, setting: Setting | Choice) -> Any:
    if isinstance(setting, Choice):
        return hp.choice(label, list(range(len(setting.options))))
    return hp.uniform(label, 0.0, 1.0)


def _label(family: str, setting: Setting | Choice) -> str:
    return f"{family}: {setting.name}"
