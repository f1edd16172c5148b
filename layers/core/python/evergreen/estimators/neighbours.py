"""Nearest neighbours whose answer is a continuous function of the distances.

Which of two rows that are equally far is the k-th neighbour, rounding decides, and plain nearest
neighbours jump by 1/k with it; a graph cannot follow. Here every row weighs
``max(0, 1 - d^2 / h^2)`` (Epanechnikov's kernel) with ``h`` just beyond the (k + 1)-th neighbour,
as Hechenbichler and Schliep (2004) measure distances; the estimate with such weights is Stone's
(1977). So a row weighs next to nothing where it begins to count, rows that are equally far weigh
the same, however many they are, and no order among them matters.
"""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.preprocessing import StandardScaler

BEYOND = 1.1
"""The kernel ends where the squared distance is so many times that of the (k + 1)-th neighbour:
where all are equally far, each of them still weighs."""

ALIKE = 1e-4
"""A squared distance, of columns in standard deviations, that is none: rounding is far below it."""

_CELLS = 4_000_000
"""Distances that are held at once: 32 MiB."""

Floats = NDArray[np.float64]


class Neighbours(BaseEstimator):  # type: ignore[misc]
    """What classes and numbers share.

    Fitted, it has ``rows_`` (float64 of shape (m, d), in standard deviations), ``mean_`` and
    ``scale_`` (d,), which lead there, ``answers_`` (m, k) and their mean ``prior_`` (k,).
    A column of zeros and ones is left as it is, so that two categories are as far from each other
    as two numbers are on average.
    """

    def __init__(self, n_neighbors: int = 20, shrinkage: float = 0.02) -> None:
        self.n_neighbors = n_neighbors
        self.shrinkage = shrinkage

    @property
    def place(self) -> int:
        """The (k + 1)-th neighbour's place, from 0; the last row's where there are fewer."""
        return min(int(self.n_neighbors), len(self.rows_) - 1)

    def _remember(self, inputs: NDArray[Any], answers: Floats) -> Self:
        wide = np.asarray(inputs, dtype=np.float64)
        scaler = StandardScaler().fit(wide)
        plain = np.all((wide == 0) | (wide == 1), axis=0)
        self.mean_ = np.asarray(scaler.mean_)
        self.scale_ = np.where(plain, 1.0, scaler.scale_)
        self.rows_ = (wide - self.mean_) / self.scale_
        self.answers_, self.prior_ = answers, answers.mean(axis=0)
        self.n_features_in_ = wide.shape[1]
        return self

    def _answered(self, inputs: NDArray[Any]) -> Floats:
        """The neighbours' weighted mean, drawn towards that of all rows: shape (n, k)."""
        scaled = (np.asarray(inputs, dtype=np.float64) - self.mean_) / self.scale_
        means = np.concatenate([self._means(part) for part in self._parts(scaled)])
        found: Floats = (1 - self.shrinkage) * means + self.shrinkage * self.prior_
        return found

    def _parts(self, scaled: Floats) -> Iterator[Floats]:
        step = max(_CELLS // len(self.rows_), 1)
        return (scaled[i : i + step] for i in range(0, max(len(scaled), 1), step))

    def _means(self, scaled: Floats) -> Floats:
        # Squared distances without the row's own square, which is the same for all neighbours.
        own = np.sum(scaled**2, axis=1, keepdims=True)
        squared = scaled @ (-2 * self.rows_.T) + np.sum(self.rows_**2, axis=1)
        last = np.partition(squared, self.place, axis=1)[:, self.place, None]
        weights = np.maximum(BEYOND * (last + own) + ALIKE - own - squared, 0)
        means: Floats = weights @ self.answers_ / weights.sum(axis=1, keepdims=True)
        return means


class NeighboursClassifier(ClassifierMixin, Neighbours):  # type: ignore[misc]
    """Probabilities: the neighbours' weighted shares of the classes."""

    def fit(self, inputs: NDArray[Any], target: NDArray[Any]) -> Self:
        """Remember the rows: inputs of shape (m, d), classes (m,)."""
        self.classes_ = np.unique(target)
        return self._remember(inputs, (target[:, None] == self.classes_).astype(np.float64))

    def predict_proba(self, inputs: NDArray[Any]) -> Floats:
        """Float64 of shape (n, k)."""
        return self._answered(inputs)

    def predict(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """The likeliest class, shape (n,)."""
        found: NDArray[Any] = self.classes_[self._answered(inputs).argmax(axis=1)]
        return found


class NeighboursRegressor(RegressorMixin, Neighbours):  # type: ignore[misc]
    """A number: the neighbours' weighted mean."""

    def fit(self, inputs: NDArray[Any], target: NDArray[Any]) -> Self:
        """Remember the rows: inputs of shape (m, d), numbers (m,)."""
        return self._remember(inputs, np.asarray(target, dtype=np.float64)[:, None])

    def predict(self, inputs: NDArray[Any]) -> Floats:
        """Float64 of shape (n,)."""
        return self._answered(inputs)[:, 0]
