"""What a feature set knows of its columns: the signature and the baseline profile."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.cleaning import rule_of
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import Profile
from evergreen.contracts.signature import Column, Signature
from evergreen.distribution import ColumnProfile, category_profile, number_profile
from evergreen.errors import InvalidTable

VALUES_AT_MOST = 255
"""Known values of a category; histogram gradient boosting takes as many. Rarer ones are unseen."""


def signature(model: ModelFile, learned: pd.DataFrame, target: pd.Series) -> Signature:
    """The signature: values known from ``learned`` (train and validation rows), most frequent
    first; classes from the whole dataset's ``target``.

    Raises:
        InvalidTable: the target does not hold two labels.
    """
    positive = category_text(model.target.positive)
    others = sorted(set(target) - {positive})
    if len(others) != 1:
        raise InvalidTable(
            f"The dataset's target '{model.target.column}' holds {len(others)} labels beside "
            f"'{positive}', but a binary model has one; start the run again."
        )
    inputs = tuple(_column(model, name, learned[name]) for name in model.features)
    return Signature(inputs, model.context, model.target.column, (others[0], positive))


def _column(model: ModelFile, name: str, values: pd.Series) -> Column:
    rule = rule_of(model.clean, name)
    if model.features[name] == "number":
        return Column(name, "number", nullable=bool(values.isna().any()), rule=rule)
    counted = values.value_counts().drop("", errors="ignore").reset_index()
    counted.columns = ["value", "rows"]
    known = counted.sort_values(["rows", "value"], ascending=[False, True])["value"]
    taken = tuple(known.iloc[:VALUES_AT_MOST].tolist())
    return Column(name, "category", bool((values == "").any()), taken, rule=rule)


def profile(
    found: Signature, columns: dict[str, NDArray[np.generic]], positives: int, newest: str
) -> Profile:
    """The profile of the rows in ``columns``, the model's inputs as a frame holds them."""
    rows = len(columns[found.inputs[0].name])
    return Profile(
        rows,
        positives,
        {column.name: _profile(column, columns[column.name]) for column in found.inputs},
        newest,
    )


def _profile(column: Column, values: NDArray[np.generic]) -> ColumnProfile:
    if column.type == "number":
        return number_profile(values.astype(np.float32))
    return category_profile(values.astype(np.str_), column.values)
