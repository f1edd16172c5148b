"""Which rows a model of numbers errs on, learned from the hold-out (direct loss estimation).

Boosted trees of few leaves on the logarithm of the mean loss; how many is chosen on rows that they
were not fitted on, none where none help, and their mean is set to that of those rows' losses.
"""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor

from evergreen.contracts.expectation import LossModel, Tree
from evergreen.contracts.model_file import Metric, ModelFile
from evergreen.contracts.signature import Signature, encode
from evergreen.estimators.threads import limited_threads
from evergreen.frame import Frame
from evergreen.metrics import Floats, of_rows

_TREES, _LEAVES, _LEAST, _FOLDS = 40, 8, 20, 5
_ROWS = 50_000
"""More teach it nothing."""
_SMALLEST = 1e-12
_LOSSES: dict[Metric, Literal["absolute", "squared", "poisson"]] = {
    "mae": "absolute",
    "rmse": "squared",
    "r2": "squared",
    "poisson_deviance": "poisson",
}

Matrix = NDArray[np.float32]


def loss_model(file: ModelFile, signature: Signature, rows: Frame, answers: Floats) -> LossModel:
    """The model of the metric's loss from the columns that captures keep, and the answer.

    Args:
        rows: the hold-out, oldest first where there is a time.
        answers: shape (n,).
    """
    kept = [place for place, c in enumerate(signature.inputs) if c.name not in file.capture.redact]
    inputs = [signature.inputs[place] for place in kept]
    order = np.argsort(rows.time, kind="stable")
    order = order[:: math.ceil(len(order) / _ROWS)]
    encoded = encode(signature, rows.columns)[:, kept]
    matrix = np.column_stack([encoded, answers.astype(np.float32)])[order]
    with limited_threads():
        base, trees = _fitted(matrix, of_rows(file.metric, rows.target, answers)[order])
    columns = tuple((c.name, c.values if c.type == "category" else ()) for c in inputs)
    return LossModel(_LOSSES.get(file.metric, "pinball"), columns, base, trees)


def _fitted(matrix: Matrix, losses: Floats) -> tuple[float, tuple[Tree, ...]]:
    mean = max(float(losses.mean()), _SMALLEST)
    if len(losses) < _FOLDS * 2 * _LEAST or losses.max() <= _SMALLEST:
        return math.log(mean), ()
    apart = _apart(matrix, losses)
    number = int(np.argmin([_deviance(losses, each) for each in apart]))
    correction = mean / float(apart[number].mean())
    if not number:
        return math.log(mean), ()
    model: Any = _trees(number, len(losses)).fit(matrix, losses)
    base = float(np.ravel(model._baseline_prediction)[0]) + math.log(correction)
    return base, tuple(_tree(stage[0].nodes) for stage in model._predictors)


def _apart(matrix: Matrix, losses: Floats) -> Floats:
    """Estimates for rows that were not fitted on, by number of trees: shape (1 + trees, n). Folds
    are runs of neighbours, so that of rows in time what was learned must last."""
    fold = np.arange(len(losses)) * _FOLDS // len(losses)
    found = np.empty((_TREES + 1, len(losses)))
    for each in range(_FOLDS):
        known, unknown = fold != each, fold == each
        found[0, unknown] = max(float(losses[known].mean()), _SMALLEST)
        # A fold of answers that were all right has no loss, of which Poisson's has no logarithm.
        given = np.maximum(losses[known], _SMALLEST)
        model = _trees(_TREES, len(losses)).fit(matrix[known], given)
        for number, stage in enumerate(model.staged_predict(matrix[unknown]), start=1):
            found[number, unknown] = stage
    return np.maximum(found, _SMALLEST)


def _deviance(losses: Floats, estimated: Floats) -> float:
    return float(np.mean(estimated - losses * np.log(estimated)))


def _trees(number: int, rows: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=number,
        max_leaf_nodes=_LEAVES,
        min_samples_leaf=max(_LEAST, rows // 100),
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )


def _tree(nodes: Any) -> Tree:
    """A fitted tree's nodes as the contract has them."""
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=tuple(np.where(leaf, -1, nodes["feature_idx"]).tolist()),
        threshold=tuple(_text32(np.where(leaf, 0.0, nodes["num_threshold"]))),
        left=tuple(np.where(leaf, -1, nodes["left"].astype(np.int64)).tolist()),
        right=tuple(np.where(leaf, -1, nodes["right"].astype(np.int64)).tolist()),
        missing_left=tuple((nodes["missing_go_to_left"].astype(bool) & ~leaf).tolist()),
        value=tuple(float(f"{value:.5g}") for value in np.where(leaf, nodes["value"], 0.0)),
    )


def _text32(thresholds: Floats) -> list[float]:
    """The largest float32 up to each, which parts float32 values as the threshold does."""
    # A split of missing from known values has an infinite one, which JSON has not.
    thresholds = np.minimum(thresholds, np.finfo(np.float32).max)
    near = thresholds.astype(np.float32)
    below = np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)
    return [float(str(each)) for each in below]
