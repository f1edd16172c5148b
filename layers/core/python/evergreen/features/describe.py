"""What a feature set knows of its columns: the signature and the baseline profile."""

from typing import Literal

import numpy as np
from msgspec import Struct

from evergreen.cleaning import rule_of
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import ColumnProfile, Profile
from evergreen.contracts.signature import Column
from evergreen.distribution import category_profile, number_profile
from evergreen.frame import Frame

VALUES_AT_MOST = 255
"""Known values of a category; histogram gradient boosting takes as many. Rarer ones are unseen."""

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


def profile(
    inputs: tuple[Column, ...], classes: tuple[str, ...], learned: Frame, newest: str
) -> Profile:
    """The profile of the rows that a version learns from."""
    if classes:
        target: ColumnProfile = category_profile(Categories(learned.target, classes), classes)
    else:
        target = number_profile(learned.target.astype(np.float32))
    columns = {c.name: _profile(c, learned.columns[c.name]) for c in inputs}
    return Profile(len(learned), target, columns, newest)


def _profile(found: Column, values: Values) -> ColumnProfile:
    if isinstance(values, Categories):
        return category_profile(values, found.values)
    return number_profile(values.astype(np.float32))
