"""Several fitted configurations that answer as one: a weighted mean, calibrated or not."""

from typing import Any, TypeAlias

import numpy as np
import skops.io
from msgspec import Struct
from msgspec.structs import asdict
from numpy.typing import NDArray

from evergreen.contracts.explanation import Explanation
from evergreen.contracts.signature import Signature
from evergreen.estimators import pipeline
from evergreen.estimators.calibration import Calibration, calibrated, folded
from evergreen.estimators.explanation import explanation, sampled
from evergreen.estimators.pipeline import Fitted
from evergreen.frame import Frame

Floats: TypeAlias = NDArray[np.float64]


class Blend(Struct, frozen=True, eq=False):
    """``weights`` are one for each member and sum to 1."""

    members: tuple[Fitted, ...]
    weights: tuple[float, ...] = (1.0,)
    calibration: Calibration | None = None

    @property
    def bare(self) -> bool:
        """Whether it is one pipeline and nothing else."""
        return len(self.members) == 1 and self.calibration is None


def blend_of(
    members: tuple[Fitted, ...], weights: tuple[float, ...], calibration: Calibration | None
) -> Blend:
    """A blend; the calibration of a linear model alone becomes part of its coefficients."""
    if calibration and len(members) == 1:
        linear = folded(calibration, members[0])
        if linear is not None:
            return Blend((linear,))
    return Blend(members, weights, calibration)


def mean(weights: tuple[float, ...], answered: list[Floats]) -> Floats:
    """The weighted mean of answers of one shape, (n,) or (n, k)."""
    if len(answered) == 1:
        return answered[0]
    total: Floats = sum(
        (weight * each for weight, each in zip(weights, answered, strict=True)),
        start=np.zeros_like(answered[0]),
    )
    return total


def answers(blend: Blend, signature: Signature, rows: Frame) -> Floats:
    """What the blend answers, in the form of :func:`evergreen.estimators.pipeline.answers`."""
    each = [pipeline.answers(member, signature, rows) for member in blend.members]
    together = mean(blend.weights, each)
    return calibrated(blend.calibration, together) if blend.calibration else together


def explain(blend: Blend, signature: Signature, rows: Frame) -> Explanation:
    """The terms of a linear model alone, for any other blend a background.

    Args:
        rows: what the members were fitted on.
    """
    if blend.bare:
        return explanation(blend.members[0], signature, rows)
    return sampled(signature, rows, answers(blend, signature, rows))


def to_skops(blend: Blend) -> bytes:
    """``members``, ``weights`` and ``calibration`` (its parameters, or None) as a skops file."""
    document: dict[str, Any] = {
        "members": list(blend.members),
        "weights": list(blend.weights),
        "calibration": _plain(blend.calibration),
    }
    body: bytes = skops.io.dumps(document)
    return body


def _plain(calibration: Calibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return asdict(calibration) | {"biases": list(calibration.biases)}
