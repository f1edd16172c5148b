"""The space a search chooses from: families of estimators, and what may be set in each."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from evergreen.contracts.search import Choice as Value
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
        rounded = round(inside) if self.kind == "integer" else float(f"{inside:.6g}")
        return min(max(rounded, self.low), self.high)

    @property
    def bounds(self) -> tuple[float, float]:
        """The range that a search draws from: of the logarithm where ``log`` is set."""
        return (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)


class Choice(Struct, frozen=True):
    """One of several ``options``, at least two, in no order."""

    name: str
    options: tuple[Value, ...]
    default: Value

    def value(self, raw: object) -> Value:
        """A proposed option where it is one of these, else the default."""
        return next((o for o in self.options if o == raw and type(o) is type(raw)), self.default)


Settings = tuple[Setting | Choice, ...]


class Family(Struct, frozen=True):
    """A kind of estimator: what may be set in it, what stands fixed, what its fits cost.

    ``cost`` is about how many seconds the default takes to fit on 10,000 rows of 20 numbers.
    The number of steps of what learns in steps is no setting:
    :func:`evergreen.estimators.steps.fit_in_steps` finds it.
    """

    settings: Settings
    fixed: Configuration = {}
    cost: float = 1.0

    def configuration(self, name: str, chosen: Mapping[str, Any]) -> Configuration:
        """A complete configuration: each setting as chosen, by default otherwise."""
        taken = {s.name: s.value(chosen.get(s.name, s.default)) for s in self.settings}
        return {FAMILY: name, **self.fixed, **taken}


Families = dict[str, Family]
"""By name, the cheap ones first."""


def describe(configuration: Configuration) -> str:
    """A configuration in a few words."""
    settings = (f"{k}={_short(v)}" for k, v in configuration.items() if k != FAMILY)
    return f"{configuration[FAMILY]} {' '.join(settings)}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
