"""What a champion served in a window, counted in its baseline's bins, with the outcomes known."""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class Served(Struct, frozen=True, eq=False, kw_only=True):
    """The n rows that the champion answered, oldest first, each once.

    Counts are in the order of :func:`evergreen.distribution.labels`: a number's fine bins and
    missing, a category's known values, unseen and missing.
    """

    since: str
    until: str
    ids: NDArray[np.uint64]
    """Of each row, 64 bits of a hash of its id."""
    served: NDArray[np.int64]
    """When it was answered, nanoseconds since 1970."""
    times: NDArray[np.int64]
    """The row's own time, as the model's time column says; else when it was answered."""
    answers: NDArray[np.float64]
    """What the graph answered, shape (n, k): of several classes k, else 1."""
    losses: NDArray[np.float32]
    """The loss that the baseline's loss model expects of each row, shape (n,), or (0,) without."""
    judged: NDArray[np.int64]
    """Places of the rows that have their outcome, rising."""
    truth: NDArray[Any]
    """Of those, the number as float64, or the place of a class in the signature as int64."""
    counts: dict[str, Counts]
    """By column that was captured."""
    column_rows: dict[str, int]
    """Rows that were captured with the column."""
    sums: dict[str, tuple[float, float]]
    """Of a number's values that are there, their sum and the sum of their squares."""
    seasons: dict[str, Counts]
    """Rows by cell of ``hour`` (24), ``weekday`` (7, Monday first) and ``month`` (12)."""
    segments: dict[str, dict[str, dict[str, Counts]]]
    """By segment's column and value and then by column, coarse counts, missing last."""
    groups: dict[str, NDArray[np.int32]]
    """By segment's column, each row's place in ``group_values``, -1 for another value."""
    group_values: dict[str, tuple[str, ...]]
    codes: NDArray[np.uint8]
    """Coarse bins of some of the rows, shape (m, columns), as in the baseline's sample."""

    def __len__(self) -> int:
        return len(self.ids)
