"""Small neural networks, taken through the rows epoch by epoch."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def epochs(
    model: Any, inputs: NDArray[Any], target: NDArray[Any], **counting: NDArray[Any]
) -> Iterator[Any]:
    """Yield a fitted copy after each epoch, without end; each takes the rows in another order.

    Args:
        model: an unfitted MLPClassifier or MLPRegressor; its seed decides everything.
        counting: ``sample_weight``, where rows do not count alike.
    """
    seed = model.random_state
    model.set_params(random_state=np.random.RandomState(seed))
    classes = {"classes": np.unique(target)} if hasattr(model, "predict_proba") else {}
    while True:
        model.partial_fit(inputs, target, **classes, **counting)
        yield _as_it_stands(model, seed)


def _as_it_stands(model: Any, seed: int) -> Any:
    """A copy that learns no more: without the optimiser's memory, twice as large as itself."""
    stands = copy.copy(model)
    stands.coefs_ = [weights.copy() for weights in model.coefs_]
    stands.intercepts_ = [weights.copy() for weights in model.intercepts_]
    stands.loss_curve_ = list(model.loss_curve_)
    del stands._optimizer
    return stands.set_params(random_state=seed)
