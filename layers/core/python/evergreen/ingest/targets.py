"""Whether a model can learn its target from a cleaned table."""

import difflib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidTable

Mask = NDArray[np.bool_]


def without_target(rows: pa.Table, column: str) -> Mask:
    """Rows whose target is missing."""
    values = rows.column(column)
    if not pa.types.is_dictionary(values.type):
        missing: Mask = values.is_null().to_numpy()
        return missing
    empty: Mask = _labels(values) == ""
    return empty


def foreign(rows: pa.Table, model: ModelFile, sourced: int) -> Mask:
    """Rows after the first ``sourced`` whose outcome is no label that those know."""
    found = np.zeros(rows.num_rows, np.bool_)
    if model.classifies and sourced:
        labels = _labels(rows.column(model.target.column))
        known = {*labels[:sourced].tolist(), ""}
        found[sourced:] = [label not in known for label in labels[sourced:].tolist()]
    return found


def require_target(model: ModelFile, rows: pa.Table) -> None:
    """Check the target of the rows that stay.

    Raises:
        InvalidTable: there are no rows, too few classes, or a number that never changes.
    """
    column = model.target.column
    if not rows.num_rows:
        raise InvalidTable(
            f"No row is left after cleaning; check the target '{column}' and the time column."
        )
    if not model.classifies:
        _require_spread(column, rows.column(column))
        return
    labels = sorted(set(pc.unique(rows.column(column)).to_pylist()))
    if model.problem == "binary":
        _require_two_classes(column, category_text(model.target.positive), labels)
    elif len(labels) < 2:
        raise InvalidTable(
            f"The target '{column}' holds only '{labels[0]}'; a model needs rows of at least two "
            "classes."
        )


def _labels(values: pa.ChunkedArray) -> NDArray[np.object_]:
    whole = values.combine_chunks()
    known = np.array(whole.dictionary.to_pylist(), dtype=object)
    labels: NDArray[np.object_] = known[whole.indices.to_numpy()] if len(whole) else known[:0]
    return labels


def _require_spread(column: str, values: pa.ChunkedArray) -> None:
    ends = pc.min_max(values).as_py()
    if ends["min"] == ends["max"]:
        raise InvalidTable(
            f"The target '{column}' is {ends['min']:g} in every row; a model needs values that "
            "differ."
        )


def _require_two_classes(column: str, positive: str, labels: list[str]) -> None:
    shown = ", ".join(f"'{label}'" for label in labels[:5]) + (", ..." if len(labels) > 5 else "")
    if positive not in labels:
        close = difflib.get_close_matches(positive, labels, n=1)
        hint = f"did you mean '{close[0]}'" if close else f"it holds {shown}"
        raise InvalidTable(f"The target '{column}' never holds the positive '{positive}'; {hint}.")
    if len(labels) == 1:
        raise InvalidTable(
            f"The target '{column}' holds only '{positive}'; a model needs rows of both classes."
        )
    if len(labels) > 2:
        raise InvalidTable(
            f"The target '{column}' holds {len(labels):,} labels ({shown}), but a binary model has "
            "two; map them to two before upload, or make the problem multiclass."
        )
