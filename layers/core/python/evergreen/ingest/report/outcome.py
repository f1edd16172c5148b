"""The target as numbers, whatever the problem."""

from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.model_file import Problem
from evergreen.ingest.report.values import Floats, Values, Whole

CLASSES_AT_MOST = 10
"""Classes that a column is held against, the commonest; the others count as one more."""


class Goal(Struct, frozen=True):
    """What a table's model is to predict; a feature view's table has none."""

    problem: Problem
    positive: str = ""


class Outcome(Struct, frozen=True, eq=False):
    """The target of n rows.

    Attributes:
        kind: what the target is.
        values: shape (n, k): the number itself (k = 1), whether the row is positive (k = 1), or
            whether it is of each of k classes.
        classes: each row's class, 0 to k - 1 (0 and 1 of two); all 0 for a number. Shape (n,).
        labels: the k classes, or the two.
    """

    kind: Literal["number", "binary", "multiclass"]
    column: str
    values: Floats
    classes: Whole
    labels: tuple[str, ...] = ()

    def take(self, rows: NDArray[np.int64]) -> "Outcome":
        """The rows of an index."""
        return Outcome(self.kind, self.column, self.values[rows], self.classes[rows], self.labels)

    @property
    def single(self) -> Floats | None:
        """The number or positive flag of each row, shape (n,); None of many classes."""
        return None if self.kind == "multiclass" else self.values[:, 0]


def outcome(target: Values, goal: Goal) -> Outcome:
    """The target's column as an outcome."""
    if target.type != "category":
        nothing = np.zeros(len(target), np.int64)
        return Outcome("number", target.name, target.numbers[:, None], nothing)
    if goal.problem == "binary":
        positive = target.labels.index(goal.positive) if goal.positive in target.labels else -2
        flags = target.codes == positive
        others = [label for i, label in enumerate(target.labels) if label and i != positive]
        other = others[0] if len(others) == 1 else f"not {goal.positive}"
        labels = (other, goal.positive)
        values = flags[:, None].astype(np.float64)
        return Outcome("binary", target.name, values, flags.astype(np.int64), labels)
    return _classes(target)


def _classes(target: Values) -> Outcome:
    counts = np.bincount(target.codes + 1, minlength=len(target.labels) + 1)[1:]
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    named = order[:CLASSES_AT_MOST]
    rank = np.full(len(target.labels) + 1, len(named), np.int64)
    rank[named] = np.arange(len(named))
    classes = rank[target.codes]
    labels = [target.labels[i] for i in named]
    if len(order) > len(named):
        labels.append("other classes")
    values = (classes[:, None] == np.arange(len(labels))).astype(np.float64)
    return Outcome("multiclass", target.name, values, classes, tuple(labels))
