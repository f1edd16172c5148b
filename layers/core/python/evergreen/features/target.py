"""What is to be predicted, as numbers: a class's code or the value itself."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.columns import Categories, Values, categories
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidTable

CLASSES_AT_MOST = 100


def coded(model: ModelFile, values: Values) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The target as :class:`evergreen.frame.Frame` holds it, and the labels of its codes.

    Raises:
        InvalidTable: there is one class or one number only, a binary target has other labels, or
            the classes are too many.
    """
    if not isinstance(values, Categories):
        return _number(model, values), ()
    found = categories(values)
    if len(found.values) < 2:
        raise InvalidTable(
            f"The target '{model.target.column}' is '{''.join(found.values)}' in all "
            f"{len(found):,} rows, and a model needs rows of two classes; add rows of another."
        )
    classes = _binary(model, found.values) if model.problem == "binary" else _several(model, found)
    code = np.array([classes.index(value) for value in found.values])
    kind = np.int8 if model.problem == "binary" else np.int16
    return code[found.codes].astype(kind), classes


def _number(model: ModelFile, values: NDArray[np.float64]) -> NDArray[np.float64]:
    odd = int(np.count_nonzero(~np.isfinite(values)))
    if odd:
        raise InvalidTable(
            f"The target '{model.target.column}' is no finite number in {odd:,} of "
            f"{len(values):,} rows; correct them, or leave them out."
        )
    if len(values) and values.min() == values.max():
        raise InvalidTable(
            f"The target '{model.target.column}' is {values[0]:g} in all {len(values):,} rows, so "
            "there is nothing to learn; check the column."
        )
    return values


def _binary(model: ModelFile, labels: tuple[str, ...]) -> tuple[str, ...]:
    positive = category_text(model.target.positive)
    others = [label for label in labels if label != positive]
    if len(others) != 1:
        raise InvalidTable(
            f"The dataset's target '{model.target.column}' holds {len(others)} labels beside "
            f"'{positive}' ({', '.join(others[:3])}), but a binary model has one; correct them "
            f"with clean.columns.{model.target.column}.spellings, or state 'problem: multiclass'."
        )
    return others[0], positive


def _several(model: ModelFile, found: Categories) -> tuple[str, ...]:
    if len(found.values) > CLASSES_AT_MOST:
        raise InvalidTable(
            f"The target '{model.target.column}' holds {len(found.values):,} labels, and a "
            f"multiclass model takes at most {CLASSES_AT_MOST}; merge them, or, where they are "
            "numbers, state 'problem: regression'."
        )
    return tuple(sorted(found.values, key=_as_people_sort))


def _as_people_sort(label: str) -> tuple[float, str]:
    try:
        return float(label), label
    except ValueError:
        return np.inf, label
