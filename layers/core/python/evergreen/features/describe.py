"""What a feature set knows of its columns: the signature."""

from typing import Literal

import numpy as np
from msgspec import Struct

from evergreen.cleaning import rule_of
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.signature import Column

VALUES_AT_MOST = 10_000
"""Known values of a category. Rarer ones are unseen."""

Origin = Literal["request", "view", "calendar", "past"]


class Input(Struct, frozen=True):
    """A column that the model takes, and who gives it."""

    name: str
    origin: Origin


def column(model: ModelFile, given: Input, values: Values) -> Column:
    """An input of the signature; a category's values are those of ``values``, most frequent first.

    What serving looks up may be unknown one day, though it never was in ``values``.
    """
    looked_up = given.origin in ("view", "past")
    rule = rule_of(model.clean, given.name) if given.origin == "request" else None
    if not isinstance(values, Categories):
        nullable = looked_up or bool(np.isnan(values).any())
        return Column(given.name, "number", nullable, origin=given.origin, rule=rule)
    counted = dict(zip(values.values, values.counted().tolist(), strict=True))
    missing = counted.pop("", 0)
    known = sorted((v for v, rows in counted.items() if rows), key=lambda v: (-counted[v], v))
    kept = tuple(known[:VALUES_AT_MOST])
    return Column(given.name, "category", looked_up or missing > 0, kept, given.origin, rule)
