"""The families of models a search chooses from, and the range of each of their settings."""

import math
from typing import Literal

from msgspec import Struct

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


# Ranges for tables of a thousand to a million rows. Extra trees stay shallow: their graph grows
# with every leaf, and it is loaded at each cold start of the inference function.
FAMILIES: dict[str, tuple[Setting, ...]] = {
    "logistic": (Setting("C", 1e-3, 1e2, 1.0),),
    "gradient boosting": (
        Setting("learning_rate", 0.01, 0.3, 0.05),
        Setting("max_iter", 50, 400, 150, kind="integer"),
        Setting("max_leaf_nodes", 3, 48, 8, kind="integer"),
        Setting("min_samples_leaf", 5, 200, 20, kind="integer"),
        Setting("l2_regularization", 1e-3, 30, 1.0),
    ),
    "extra trees": (
        Setting("max_depth", 4, 12, 8, kind="integer", log=False),
        Setting("min_samples_leaf", 2, 50, 5, kind="integer"),
        Setting("max_features", 0.1, 1.0, 0.5, log=False),
    ),
}


def defaults() -> list[Configuration]:
    """One sensible configuration per family: where every search begins."""
    return [
        {FAMILY: family, **{s.name: s.value(s.default) for s in settings}}
        for family, settings in FAMILIES.items()
    ]


def describe(configuration: Configuration) -> str:
    """A configuration in a few words."""
    settings = (f"{k}={_short(v)}" for k, v in configuration.items() if k != FAMILY)
    return f"{configuration[FAMILY]} {' '.join(settings)}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
