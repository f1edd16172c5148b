"""Columns of text become the types that the model file states."""

import difflib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from evergreen.canonical import MISSING_WORDS, category_text
from evergreen.contracts.dataset import TIME
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidTable

UNREADABLE = np.iinfo(np.int64).min
"""A time that could not be read; what numpy calls NaT."""

CHARACTERS_AT_MOST = 128
"""Longest category. Longer ones are prose, and fixed-width text arrays would grow with them."""

_UNITS = {
    "year": "a year like 1999",
    "date": "a date like 1999-12-31",
    "timestamp": "a time like 1999-12-31T23:59:59Z",
}

_FLOAT32 = float(np.finfo(np.float32).max)


def require_columns(key: str, table: pa.Table, model: ModelFile) -> None:
    """Check that the table of source ``key`` has every column that the model file needs.

    Raises:
        InvalidTable: names what is lacking, and columns of the table that are spelt alike.
    """
    lacking = [name for name in model.columns if name not in table.column_names]
    if not lacking:
        return
    close = {n: difflib.get_close_matches(n, table.column_names, n=1) for n in lacking}
    hints = [f"'{found[0]}' is close to '{name}'" for name, found in close.items() if found]
    named = ", ".join(f"'{name}'" for name in lacking)
    has = ", ".join(table.column_names[:12]) + (", ..." if table.num_columns > 12 else "")
    raise InvalidTable(
        f"{key} lacks the column(s) {named} that the model file needs; "
        f"{'; '.join(hints) or f'it has {has}'}."
    )


def typed(key: str, table: pa.Table, model: ModelFile) -> pd.DataFrame:
    """The model file's columns of a table of text, typed, and :data:`TIME`.

    Returns:
        float64 for numbers (NaN is missing), str objects for all else ("" is missing), int64 time.

    Raises:
        InvalidTable: a number column holds text, or a category is far too long.
    """
    columns: dict[str, NDArray[np.generic]] = {}
    for name in model.columns:
        if model.features.get(name) == "number":
            columns[name] = _numbers(key, name, table.column(name))
        else:
            columns[name] = _categories(key, name, table.column(name))
    return pd.DataFrame({**columns, TIME: _times(table, model)}, copy=False)


def numbers(texts: pa.ChunkedArray) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers of ``texts`` (NaN is missing), and which of them are text but no finite float32."""
    values = texts.to_pandas().astype(object).str.strip()
    parsed = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    missing = values.isin(MISSING_WORDS).to_numpy(np.bool_)
    wrong = ~missing & ~(np.abs(parsed) <= _FLOAT32)
    return np.where(missing | wrong, np.nan, parsed), wrong


def _numbers(key: str, name: str, texts: pa.ChunkedArray) -> NDArray[np.float64]:
    values, wrong = numbers(texts)
    if wrong.any():
        rows = np.flatnonzero(wrong)
        found = ", ".join(f"row {i + 1:,} has '{_short(texts[i].as_py())}'" for i in rows[:3])
        more = f" and {len(rows) - 3:,} more rows are like it" if len(rows) > 3 else ""
        raise InvalidTable(
            f"{key}: column '{name}' must hold numbers, but {found}{more}; write numbers with a "
            "decimal point, leave unknown ones empty, or make the column a category in the model "
            "file."
        )
    return values


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _categories(key: str, name: str, texts: pa.ChunkedArray) -> NDArray[np.object_]:
    codes = pc.dictionary_encode(texts).combine_chunks()
    known = np.array([category_text(v) for v in codes.dictionary.to_pylist()], dtype=object)
    longest = max((len(value) for value in known), default=0)
    if longest > CHARACTERS_AT_MOST:
        raise InvalidTable(
            f"{key}: column '{name}' holds a text of {longest:,} characters, but a category has up "
            f"to {CHARACTERS_AT_MOST}; exclude the column or shorten its values."
        )
    values: NDArray[np.object_] = known[codes.indices.to_numpy()]
    return values


def require_times(key: str, table: pa.Table, model: ModelFile, time: NDArray[np.int64]) -> None:
    """Check that at least half of the times could be read; the other rows are dropped one by one.

    Raises:
        InvalidTable: names the column, values of it and the unit that they should have.
    """
    unreadable = np.flatnonzero(time == UNREADABLE)
    if not model.time or len(unreadable) <= len(time) / 2:
        return
    texts = table.column(model.time.column)
    found = ", ".join(f"'{_short(texts[i].as_py())}'" for i in unreadable[:3])
    raise InvalidTable(
        f"{key}: {len(unreadable):,} of {len(time):,} values of the time column "
        f"'{model.time.column}' cannot be read as {_UNITS[model.time.unit]}, such as {found}; "
        "change the values or 'time.unit' in the model file."
    )


def _times(table: pa.Table, model: ModelFile) -> NDArray[np.int64]:
    if not model.time:
        return np.zeros(table.num_rows, dtype=np.int64)
    codes = pc.dictionary_encode(table.column(model.time.column)).combine_chunks()
    known = nanoseconds(codes.dictionary.to_pylist(), model.time.unit)
    times: NDArray[np.int64] = known[codes.indices.to_numpy()]
    return times


def nanoseconds(texts: list[str], unit: str) -> NDArray[np.int64]:
    """Nanoseconds since 1970 in UTC, :data:`UNREADABLE` where a text is no time of this unit.

    A time without an offset is UTC. int64 nanoseconds reach from 1678 to 2261.
    """
    words = pd.Series([category_text(text) for text in texts], dtype=object)
    if unit == "year":
        words = words.where(words.str.fullmatch(r"\d{4}"), "")
    moments = pd.to_datetime(words, format="ISO8601", utc=True, errors="coerce")
    moments = moments.where((moments.dt.year >= 1678) & (moments.dt.year <= 2261))
    found: NDArray[np.int64] = moments.dt.as_unit("ns").astype("int64").to_numpy(np.int64)
    return found
