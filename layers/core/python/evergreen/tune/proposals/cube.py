"""Configurations as points: numbers of one scale, so that it can be said which are near."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import Choice, Family, Setting

Point = NDArray[np.float64]
"""A coordinate for each setting: of a number from 0 to 1 in its range, of a choice which option."""


def options(family: Family) -> tuple[int, ...]:
    """How many options each setting has; 0 of a number."""
    return tuple(len(s.options) if isinstance(s, Choice) else 0 for s in family.settings)


def point(family: Family, configuration: Configuration) -> Point:
    """Where a configuration of the family lies, of shape (settings,)."""
    return np.array([_coordinate(s, configuration[s.name]) for s in family.settings], np.float64)


def configuration_at(name: str, family: Family, at: Point) -> Configuration:
    """The configuration at a point, in whole numbers where a setting wants them."""
    chosen = {s.name: _value(s, float(x)) for s, x in zip(family.settings, at, strict=True)}
    return family.configuration(name, chosen)


def _coordinate(setting: Setting | Choice, value: Any) -> float:
    if isinstance(setting, Choice):
        return float(setting.options.index(value))
    low, high = setting.bounds
    return float(((np.log(value) if setting.log else value) - low) / ((high - low) or 1.0))


def _value(setting: Setting | Choice, coordinate: float) -> Any:
    if isinstance(setting, Choice):
        return setting.options[int(coordinate)]
    low, high = setting.bounds
    raw = low + coordinate * (high - low)
    return setting.value(float(np.exp(raw)) if setting.log else raw)
