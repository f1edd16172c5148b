"""Optuna's TPE, asked and told by lines of JSON; runs in Optuna's environment.

A search begins with ``{"seed": 0, "families": {name: [[setting, options], ...]}, "told": [...]}``,
of numbers ``options`` is 0. Then each ``{"ask": n}`` is answered by n points ``[family,
[coordinate, ...]]`` and each ``{"tell": [loss, ...]}`` tells of all that were asked for last.
"""

import json
import sys
from typing import Any

import optuna

Families = dict[str, list[tuple[str, int]]]


def main() -> None:
    """Answer until there is nothing more to read."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study, families, open_trials = None, {}, []
    for line in sys.stdin:
        message = json.loads(line)
        if "seed" in message:
            study, families = _begun(message), message["families"]
        elif "tell" in message:
            for trial, loss in zip(open_trials, message["tell"], strict=True):
                study.tell(trial, loss)
        else:
            asked = [_asked(study, families) for _ in range(message["ask"])]
            open_trials = [trial for trial, _ in asked]
            sys.stdout.write(json.dumps([point for _, point in asked]) + "\n")
            sys.stdout.flush()


def _begun(message: dict[str, Any]) -> Any:
    sampler = optuna.samplers.TPESampler(
        multivariate=True, group=True, constant_liar=True, seed=message["seed"]
    )
    study, families = optuna.create_study(sampler=sampler), message["families"]
    for family, point, loss in message["told"]:
        study.enqueue_trial(_parameters(families, family, point))
        study.tell(_asked(study, families)[0], loss)
    return study


def _parameters(families: Families, family: str, point: list[float]) -> dict[str, Any]:
    names = (f"{family}: {name}" for name, _ in families[family])
    return {"family": family, **dict(zip(names, point, strict=True))}


def _asked(study: Any, families: Families) -> tuple[Any, list[Any]]:
    trial = study.ask()
    family = trial.suggest_categorical("family", list(families))
    point = [
        trial.suggest_categorical(f"{family}: {name}", list(range(options)))
        if options
        else trial.suggest_float(f"{family}: {name}", 0.0, 1.0)
        for name, options in families[family]
    ]
    return trial, [family, point]


if __name__ == "__main__":
    main()
