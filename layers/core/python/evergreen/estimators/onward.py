"""Answers that go on from those before, while a fit goes on in steps.

A look at a thousand trees would ask every one of them again; the raw predictions of boosted trees
are a sum, so only the new ones are added. The sums are the same bit for bit.
"""

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from evergreen.contracts.signature import Signature, encode
from evergreen.estimators.pipeline import Fitted, asked, pipeline_of
from evergreen.estimators.threads import limited_threads
from evergreen.frame import Frame

_BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)


class Sums:
    """The raw predictions of a boosted model that grows, for the same rows."""

    def __init__(self) -> None:
        self._sums: NDArray[np.float64] | None = None
        self._last: object = None
        self._known = 0

    def of(self, model: Any, inputs: NDArray[Any], n_threads: int | None = None) -> Any:
        """Of all the model's trees, shape (n, trees of an iteration).

        Args:
            inputs: in bins where the model is being fitted, else as it is given them to predict.
        """
        trees = model._predictors
        binned = getattr(model, "_in_fit", False)
        if self._sums is None or trees[self._known - 1] is not self._last:
            self._known = 0
            shape = (len(inputs), model.n_trees_per_iteration_)
            self._sums = np.zeros(shape, order="F") + model._baseline_prediction
        if not binned:
            inputs = model._preprocess_X(inputs, reset=False)
        threads = _openmp_effective_n_threads(n_threads)
        model._predict_iterations(inputs, trees[self._known :], self._sums, binned, threads)
        self._knows(model)
        return self._sums

    @contextmanager
    def told(self, model: Any) -> Iterator[None]:
        """While a fit goes on: it begins with these sums, and adds what it grows to them."""
        model._raw_predict = lambda inputs, n_threads=None: self.of(model, inputs, n_threads)
        try:
            yield
        finally:
            del model._raw_predict
        if self._sums is not None:
            self._knows(model)

    def _knows(self, model: Any) -> None:
        self._known, self._last = len(model._predictors), model._predictors[-1]


class Asked:
    """One fold's rows, and what a configuration answers to them after more and more steps.

    Attributes:
        seconds: what the last answers take one who has not asked before.
    """

    def __init__(self, signature: Signature, rows: Frame) -> None:
        self._signature, self.rows = signature, rows
        self._columns: object = None
        self._inputs: Any = None
        self._sums = Sums()
        self._encoding = self._adding = 0.0
        self.seconds = 0.0

    def answers(self, fitted: Fitted) -> NDArray[np.float64]:
        """As :func:`evergreen.estimators.pipeline.answers` gives them."""
        with limited_threads():
            inputs = self._inputs_of(fitted)
            model = pipeline_of(fitted)[-1]
            began = time.perf_counter()
            if isinstance(model, _BOOSTED):
                sums = self._sums.of(model, inputs)
                model = copy.copy(model)
                model._raw_predict = lambda *_: sums
                found = asked(fitted, self._signature, model, inputs)
                self._adding += time.perf_counter() - began
                self.seconds = self._encoding + self._adding
            else:
                found = asked(fitted, self._signature, model, inputs)
                self.seconds = self._encoding + time.perf_counter() - began
        return found

    def _inputs_of(self, fitted: Fitted) -> Any:
        """What the model is given; the same columns are encoded once."""
        columns = pipeline_of(fitted).named_steps.get("columns")
        if self._inputs is None or columns is not self._columns:
            began = time.perf_counter()
            matrix = encode(self._signature, self.rows.columns)
            self._inputs = columns.transform(matrix) if columns is not None else matrix
            self._columns = columns
            self._encoding = time.perf_counter() - began
        return self._inputs
