"""Fit what learns in steps step by step, so that a trial stops where more no longer help."""

import copy
from collections.abc import Iterator
from itertools import islice
from typing import Any

from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration
from evergreen.estimators.models import estimator
from evergreen.estimators.networks import epochs
from evergreen.estimators.onward import Sums
from evergreen.estimators.pipeline import Fitted, Prepared, fit, prepare
from evergreen.estimators.space import FAMILY
from evergreen.estimators.threads import limited_threads
from evergreen.frame import Frame

STEPS = {"gradient boosting": "max_iter", "neural network": "epochs"}
"""The key of a configuration that holds the number of steps, by family."""

_ITERATIONS, _ITERATIONS_AT_ONCE, _ITERATIONS_IN_A_FIT = 1000, 25, 100
_EPOCHS, _EPOCHS_AT_ONCE = 100, 5
_NODES = 400_000
"""Of all trees of a boosted model: about 10 MiB of graph."""


def fit_in_steps(
    signature: Signature, configuration: Configuration, rows: Frame
) -> Iterator[tuple[int, Fitted]]:
    """Yield a fitted pipeline after more and more steps, with their number.

    Each is what :func:`evergreen.estimators.pipeline.fit` gives for ``with_steps(configuration,
    number)``, and is not changed by going on. Families that do not learn in steps, and
    configurations that say how many they take, are fitted once and yielded with 0.

    Raises:
        InvalidTable: as ``fit`` does.
    """
    key = STEPS.get(str(configuration[FAMILY]))
    if key is None or key in configuration:
        yield 0, fit(signature, configuration, rows)
        return
    model = estimator(signature, configuration)
    with limited_threads():
        prepared = prepare(signature, configuration, rows)
    steps = _boosted if key == "max_iter" else _networks
    for number, fitted in steps(model, prepared):
        yield number, prepared.around(fitted)


def with_steps(configuration: Configuration, steps: int) -> Configuration:
    """The configuration that takes so many steps; unchanged for 0."""
    key = STEPS.get(str(configuration[FAMILY]))
    return configuration | {key: steps} if key and steps else configuration


def steps_of(configuration: Configuration) -> int:
    """How many steps it takes; 0 where it says none."""
    key = STEPS.get(str(configuration[FAMILY]))
    return int(configuration.get(key) or 0) if key else 0


def _boosted(model: Any, prepared: Prepared) -> Iterator[tuple[int, Any]]:
    """Trees are grown a hundred at a time, since each time the rows are put into bins anew; the
    first of them are what a fit of so many gives."""
    model.set_params(warm_start=True)
    sums = Sums()
    number, grown, most = 0, _ITERATIONS_AT_ONCE, _ITERATIONS
    while number < most:
        model.set_params(max_iter=grown)
        with limited_threads(), sums.told(model):
            model.fit(prepared.inputs, prepared.target)
        trees = model.n_trees_per_iteration_
        most = min(_ITERATIONS, max(_NODES // (2 * model.max_leaf_nodes * trees), grown))
        while number < grown:
            number = min(number + _ITERATIONS_AT_ONCE, grown)
            stands = copy.copy(model)
            stands._predictors = model._predictors[:number]
            yield number, stands.set_params(warm_start=False, max_iter=number)
        grown = min(grown + _ITERATIONS_IN_A_FIT, most)


def _networks(model: Any, prepared: Prepared) -> Iterator[tuple[int, Any]]:
    every = epochs(model, prepared.inputs, prepared.target)
    for number in range(_EPOCHS_AT_ONCE, _EPOCHS + 1, _EPOCHS_AT_ONCE):
        with limited_threads():
            *_, fitted = islice(every, _EPOCHS_AT_ONCE)
        yield number, fitted
