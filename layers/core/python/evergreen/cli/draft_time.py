"""Which column of a table is its rows' time."""

import functools

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.contracts.table import Time
from evergreen.ingest.cleaned import Cleaned

_MISSING_AT_MOST = 0.02
"""Share of rows that may lack the time, and so go to the quarantine, if no column is complete."""
_MOST = 0.5
_DAY = 86_400 * 10**9

Whole = NDArray[np.int64]


def row_time(seen: Cleaned, target: str) -> Time | None:
    """The column of times that every row has; of several the one that comes before the others,
    and of two that agree the finer one. None where there is none."""
    rows = seen.rows.num_rows
    columns = {n: seen.rows.column(n) for n in seen.guessed if n != target}
    lacking = {name: column.null_count for name, column in columns.items()}
    least = min(lacking.values(), default=rows)
    if least > _MISSING_AT_MOST * rows:
        return None
    names = [name for name in columns if lacking[name] == least]
    return seen.guessed[functools.reduce(lambda a, b: _earlier(columns, a, b), names)]


def _earlier(columns: dict[str, pa.ChunkedArray], first: str, second: str) -> str:
    a, b = (_moments(columns[name]) for name in (first, second))
    there = (a != _NONE) & (b != _NONE)
    a, b = a[there], b[there]
    fine = len(np.unique(a)), len(np.unique(b))
    if not np.any(a % _DAY) or not np.any(b % _DAY):
        a, b = a // _DAY, b // _DAY
    if len(a) and np.mean(a > b) > _MOST:
        return second
    if len(a) and np.mean(a < b) > _MOST:
        return first
    return second if fine[1] > fine[0] else first


_NONE = np.iinfo(np.int64).min


def _moments(column: pa.ChunkedArray) -> Whole:
    moments: Whole = column.fill_null(_NONE).to_numpy()
    return moments
