"""Trials whose out-of-fold answers are stated, as ``tune`` would leave them."""

from typing import Any

import numpy as np
from evergreen.contracts import keys
from evergreen.contracts.stages import Configuration, TrialResult
from evergreen.estimators.pipeline import answers, fit
from evergreen.estimators.results import write_result
from evergreen.frame import arrays_to_npz
from evergreen.metrics import loss, measure
from numpy.typing import NDArray

from tests.fakes.learned import RUN, SIGNATURE, World, frame

ROWS = frame(400, 1).then(frame(200, 2))
"""Train and validation of the world."""
FOLDS = np.arange(len(ROWS), dtype=np.int8) % 3
LOGISTIC: Configuration = {"family": "logistic", "C": 1.0}
BOOSTED: Configuration = {
    "family": "gradient boosting",
    "learning_rate": 0.1,
    "max_iter": 30,
    "max_leaf_nodes": 6,
}
TREES: Configuration = {"family": "extra trees", "max_depth": 6, "min_samples_leaf": 5}


def plant(
    world: World,
    number: int,
    configuration: Configuration,
    answered: NDArray[Any] | None,
    folds: NDArray[np.int8] = FOLDS,
) -> None:
    """A finished trial of the run; ``answered`` is what it said to all rows, None where that was
    not kept."""
    value = 0.5 if answered is None else measure("log_loss", ROWS.target, answered)
    write_result(
        world.artifacts,
        RUN.run_id,
        TrialResult(number, configuration, loss("log_loss", value), 1.0, ""),
    )
    if answered is not None:
        body = arrays_to_npz(rows=np.arange(len(ROWS)), folds=folds, answers=answered)
        world.artifacts.write(keys.predictions(RUN.run_id, number), body)


def out_of_fold(configuration: Configuration) -> NDArray[np.float64]:
    """What fits on the other folds answer to each row."""
    found = np.empty(len(ROWS))
    for fold in range(3):
        fitted = fit(SIGNATURE, configuration, ROWS.take(fold != FOLDS))
        found[fold == FOLDS] = answers(fitted, SIGNATURE, ROWS.take(fold == FOLDS))
    return found


def guessed(seed: int, sharpness: float = 1.0, noise: float = 1.5) -> NDArray[np.float64]:
    """The outcome seen through noise of its own; as sure as it ought to be at a sharpness of 1."""
    draw = np.random.default_rng(1000 + seed)
    evidence = 2 * ROWS.target - 1 + draw.normal(0, noise, len(ROWS))
    return 1 / (1 + np.exp(-2 * sharpness * evidence / noise**2))
