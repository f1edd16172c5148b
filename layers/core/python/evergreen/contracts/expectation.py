"""What a version is expected to do when it serves: made by ``evaluate`` from the hold-out.

``runs/<run_id>/expectation.json``, copied beside the version, is what ``monitor`` holds served
predictions against, before and after their outcomes arrive.
"""

from typing import Literal

from msgspec import Struct

from evergreen.contracts.model_file import Metric
from evergreen.contracts.profile import ColumnProfile


class Knots(Struct, frozen=True):
    """A rising step function of a probability, by its corners: what was answered, and how often it
    came true (isotonic regression). Between corners it is linear."""

    answered: tuple[float, ...]
    true: tuple[float, ...]


class Tree(Struct, frozen=True):
    """A regression tree as arrays of its nodes; a leaf has ``left`` -1. A value that is missing, or
    at most ``threshold``, goes left as ``missing_left`` and the comparison say."""

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    missing_left: tuple[bool, ...]
    value: tuple[float, ...]


class LossModel(Struct, frozen=True):
    """What loss a row will have, from its columns and its answer (direct loss estimation).

    ``columns`` are the inputs in order, each with the known values of a category (place in them is
    its number, -1 unseen or missing; empty: a number); the answer comes last. The logarithm of the
    loss is ``base`` and what each tree adds, so that none is negative.
    """

    loss: Literal["absolute", "squared", "poisson", "pinball"]
    columns: tuple[tuple[str, tuple[str, ...]], ...]
    base: float
    trees: tuple[Tree, ...]


class Expectation(Struct, frozen=True, kw_only=True):
    """Performance and answers on the hold-out, and what performance is estimated with."""

    metric: Metric
    value: float
    low: float
    high: float
    """The middle 90 % by bootstrap."""
    rows: int
    naive: float
    """The metric of an answer without skill on the same rows: their majority, rate or mean."""
    answers: ColumnProfile
    """Of a class's probability, of the label of several classes, or of a number."""
    outcomes: ColumnProfile
    """Of the hold-out's target."""
    calibration: tuple[Knots, ...] = ()
    """One of a binary model; of several classes one for each, against the rest."""
    estimated: float | None = None
    """What the calibrated probabilities say of the hold-out itself, of classes."""
    losses: LossModel | None = None
    """Of a number."""
    threshold: float = 0.0
