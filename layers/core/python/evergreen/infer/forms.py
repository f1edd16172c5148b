"""The forms of a prediction request, all of which become a list of rows.

``instances``: one object a row. ``inputs``: one list a column, as TensorFlow Serving and MLflow
name it. ``dataframe_split``: MLflow's, as ``DataFrame.to_dict("split")`` makes it; its ``index``
may come and is not used. Beside each of them an ``id`` may stand.
"""

import re
from collections.abc import Callable
from typing import Any

from evergreen.contracts.inference import ROWS_AT_MOST
from evergreen.errors import InvalidRequest, RequestTooLarge
from evergreen.infer.rows import kind_of

Rows = list[dict[str, Any]]
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_INSTANCES = '{"instances": [{column: value, ...}, ...]}'
_INPUTS = '{"inputs": {column: [value, ...], ...}}'
_SPLIT = '{"dataframe_split": {"columns": [column, ...], "data": [[value, ...], ...]}}'


def rows_of(document: object) -> Rows:
    """The rows of a request's decoded body.

    Raises:
        InvalidRequest: the body is none of the forms, or its parts differ in length.
        RequestTooLarge: there are more than :data:`ROWS_AT_MOST`.
    """
    given: dict[str, Any] = document if isinstance(document, dict) else {}
    forms = given.keys() - {"id"}
    read = _FORMS.get(forms.pop()) if len(forms) == 1 else None
    if read is None:
        raise InvalidRequest(
            f"The form is wrong: the body must be {_INSTANCES}, {_INPUTS} or {_SPLIT}, "
            'with an "id" if you like.'
        )
    return read(given)


def named(document: Any) -> str | None:
    """The id that the caller gave the request, None where it gave none.

    The same rows sent again under the same id are the same predictions: they count once.

    Raises:
        InvalidRequest: the id is not 1 to 100 letters, digits, dots, hyphens and underscores.
    """
    given = document.get("id") if isinstance(document, dict) else None
    if given is None:
        return None
    if not isinstance(given, str) or not _ID.fullmatch(given):
        raise InvalidRequest("'id' must be 1 to 100 letters, digits, dots, hyphens, underscores.")
    return given


def limited(count: int) -> int:
    """``count`` rows, if a request may have as many.

    Raises:
        RequestTooLarge: it may not.
    """
    if count > ROWS_AT_MOST:
        raise RequestTooLarge(
            f"The request has {count:,} rows and may have {ROWS_AT_MOST:,}; send them in parts."
        )
    return count


def by_row(columns: dict[str, list[Any]]) -> Rows:
    """Columns of one length as rows."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _instances(document: dict[str, Any]) -> Rows:
    rows = document["instances"]
    if not isinstance(rows, list) or not rows:
        raise InvalidRequest(
            f"'instances' must be a list of at least one row: the body must be {_INSTANCES}."
        )
    limited(len(rows))
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InvalidRequest(
                f"Row {number} is {kind_of(row)} and no object: the body must be {_INSTANCES}."
            )
    return rows


def _inputs(document: dict[str, Any]) -> Rows:
    columns = document["inputs"]
    if not isinstance(columns, dict) or not columns:
        raise InvalidRequest(
            f"'inputs' must be an object with a list for each column: the body must be {_INPUTS}."
        )
    for name, values in columns.items():
        if not isinstance(values, list) or not values:
            raise InvalidRequest(
                f"Column '{name[:100]}' of 'inputs' must be a list of at least one value; it is "
                f"{'empty' if values == [] else kind_of(values)}."
            )
    lengths = {name[:100]: len(values) for name, values in columns.items()}
    _one_length(lengths, "The columns of 'inputs'", "values")
    limited(next(iter(lengths.values())))
    return by_row(columns)


def _split(document: dict[str, Any]) -> Rows:
    split = document["dataframe_split"]
    if not isinstance(split, dict) or not {"columns", "data"} <= set(split) <= {
        "columns",
        "data",
        "index",
    }:
        raise InvalidRequest(f"'dataframe_split' has another form: the body must be {_SPLIT}.")
    columns, data = split["columns"], split["data"]
    if not isinstance(data, list) or not data:
        raise InvalidRequest("'data' of 'dataframe_split' must be a list of at least one row.")
    limited(len(data))
    _check_columns(columns)
    for number, row in enumerate(data):
        if not isinstance(row, list):
            raise InvalidRequest(f"Row {number} of 'data' is {kind_of(row)} and no list.")
    wrong = {f"row {n}": len(row) for n, row in enumerate(data) if len(row) != len(columns)}
    _one_length({"columns": len(columns)} | wrong, "'columns' and 'data'", "entries")
    return [dict(zip(columns, row, strict=True)) for row in data]


def _check_columns(columns: object) -> None:
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InvalidRequest("'columns' of 'dataframe_split' must be a list of column names.")
    if len(set(columns)) < len(columns):
        raise InvalidRequest("'columns' of 'dataframe_split' names a column twice.")


def _one_length(lengths: dict[str, int], what: str, unit: str) -> None:
    if len(set(lengths.values())) > 1:
        few = ", ".join(f"{name}: {length:,}" for name, length in list(lengths.items())[:20])
        raise InvalidRequest(f"{what} differ in their number of {unit}: {few}.")


_FORMS: dict[str, Callable[[dict[str, Any]], Rows]] = {
    "instances": _instances,
    "inputs": _inputs,
    "dataframe_split": _split,
}
