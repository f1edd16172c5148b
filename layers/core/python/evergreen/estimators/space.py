"""The families of models a search chooses from, and the range of each of their settings."""

import math
from functools import partial
from typing import Literal

from msgspec import Struct

from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration

FAMILY = "family"


class Setting(Struct, frozen=True):
    """One number to choose, from ``low`` to ``high``; ``log`` where ratios matter."""

    name: str
    low: float
    high: float
    default: float
    kind: Literal["real", "integer"] = "real"
    log: bool = True

    def value(self, raw: float) -> float | int:
        """A proposed number as the estimator takes it: in range, whole where it must be."""
        inside = min(max(float(raw), self.low), self.high)
        return round(inside) if self.kind == "integer" else float(f"{inside:.6g}")

    @property
    def bounds(self) -> tuple[float, float]:
        """The range that a search draws from: of the logarithm where ``log`` is set."""
        return (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)


Families = dict[str, tuple[Setting, ...]]


def families(signature: Signature) -> Families:
    """What may answer the signature's problem.

    The ranges are for tables of a thousand to a million rows. Extra trees stay shallow: their
    graph grows with every leaf, and it is loaded at each cold start of the inference function. Of
    several classes a forest's leaf holds one number each, and boosting grows one tree each, so
    the more classes there are, the shallower or the fewer are its trees.
    """
    several = max(len(signature.classes) / 2, 1)
    whole = partial(Setting, kind="integer")
    if signature.classes:
        linear = {"logistic": (Setting("C", 1e-3, 1e2, 1.0),)}
    else:
        linear = {"ridge": (Setting("alpha", 1e-3, 1e4, 1.0),)}
    return linear | {
        "gradient boosting": (
            Setting("learning_rate", 0.01, 0.3, 0.05),
            whole("max_iter", 50, max(400 // several, 60), max(150 // several, 50)),
            whole("max_leaf_nodes", 3, 48, 8),
            whole("min_samples_leaf", 5, 200, 20),
            Setting("l2_regularization", 1e-3, 30, 1.0),
        ),
        "extra trees": (
            whole(
                "max_depth",
                4,
                max(12 - round(math.log2(several)), 5),
                8 if several < 8 else 5,
                log=False,
            ),
            whole("min_samples_leaf", 2, 50, 5),
            Setting("max_features", 0.1, 1.0, 0.5, log=False),
        ),
    }


def defaults(space: Families) -> list[Configuration]:
    """One sensible configuration per family: where every search begins."""
    return [
        {FAMILY: family, **{s.name: s.value(s.default) for s in settings}}
        for family, settings in space.items()
    ]


def describe(configuration: Configuration) -> str:
    """A configuration in a few words."""
    settings = (f"{k}={_short(v)}" for k, v in configuration.items() if k != FAMILY)
    return f"{configuration[FAMILY]} {' '.join(settings)}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
