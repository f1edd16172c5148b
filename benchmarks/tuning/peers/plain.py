"""Optuna's TPE, hyperopt's TPE and random search over the one space of ``pipelines``."""

import math
from typing import Any

import numpy as np
from pipelines import FAMILY, SPACE, Setting
from searching import Search


def random_search(search: Search) -> None:
    """Draws of the space until the budget ends."""
    draw = np.random.default_rng(search.seed)
    while search.left > 0:
        family = list(SPACE)[draw.integers(len(SPACE))]
        values = {s.name: _value(s, draw.uniform(*_ends(s))) for s in SPACE[family]}
        search.loss({FAMILY: family, **values})


def optuna_search(search: Search) -> None:
    """TPE as Optuna's study has it by default."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=search.seed))
    while search.left > 0:
        trial = study.ask()
        family = trial.suggest_categorical(FAMILY, list(SPACE))
        values = {s.name: _suggested(trial, family, s) for s in SPACE[family]}
        loss = search.loss({FAMILY: family, **values})
        state = optuna.trial.TrialState.FAIL if loss is None else None
        study.tell(trial, loss, state=state)


def hyperopt_search(search: Search) -> None:
    """TPE as hyperopt's ``fmin`` has it by default, one trial after the other."""
    from hyperopt import STATUS_FAIL, STATUS_OK, fmin, hp, tpe

    def objective(point: dict[str, Any]) -> dict[str, Any]:
        named = {name.split(": ")[-1]: value for name, value in point.items()}
        known = {s.name: s for s in SPACE[named[FAMILY]]}
        values = {n: v if n == FAMILY else _value(known[n], v) for n, v in named.items()}
        loss = search.loss(values)
        return {"status": STATUS_FAIL} if loss is None else {"status": STATUS_OK, "loss": loss}

    branches = [
        {
            FAMILY: family,
            **{_label(family, s): hp.uniform(_label(family, s), *_ends(s)) for s in each},
        }
        for family, each in SPACE.items()
    ]
    fmin(
        objective,
        hp.choice("branch", branches),
        algo=tpe.suggest,
        max_evals=100_000,
        rstate=np.random.default_rng(search.seed),
        early_stop_fn=lambda *_: (search.left <= 0, []),
        show_progressbar=False,
        verbose=False,
        return_argmin=False,
        allow_trials_fmin=False,
    )


def _label(family: str, setting: Setting) -> str:
    return f"{family}: {setting.name}"


def _ends(setting: Setting) -> tuple[float, float]:
    ends = (setting.low, setting.high)
    return (math.log(ends[0]), math.log(ends[1])) if setting.log else ends


def _value(setting: Setting, drawn: float) -> float | int:
    value = math.exp(drawn) if setting.log else drawn
    return round(value) if setting.whole else value


def _suggested(trial: Any, family: str, setting: Setting) -> float | int:
    suggest = trial.suggest_int if setting.whole else trial.suggest_float
    return suggest(_label(family, setting), setting.low, setting.high, log=setting.log)
