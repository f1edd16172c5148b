"""Rows between stages: columns, target and time as one ``.npz`` without pickles.

The columnar functions have Arrow, the learning and serving ones do not; numpy is what both know.
"""

import io
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

_COLUMN = "column:"


class Frame(Struct, frozen=True, eq=False):
    """n rows of a feature set.

    Attributes:
        columns: features and context by name; float32 for numbers (NaN is missing), text for
            categories ("" is missing).
        target: int8 of shape (n,), 1 for the positive class.
        time: int64 of shape (n,), nanoseconds since 1970 in UTC; all zero without a time column.
    """

    columns: dict[str, NDArray[Any]]
    target: NDArray[np.int8]
    time: NDArray[np.int64]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.target)

    def take(self, rows: NDArray[Any]) -> "Frame":
        """The rows that a mask or an index selects."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Frame(columns, self.target[rows], self.time[rows])

    def then(self, other: "Frame") -> "Frame":
        """These rows followed by those of ``other``, which has the same columns."""
        columns = {
            name: np.concatenate([values, other.columns[name]])
            for name, values in self.columns.items()
        }
        return Frame(
            columns,
            np.concatenate([self.target, other.target]),
            np.concatenate([self.time, other.time]),
        )

    def to_npz(self) -> bytes:
        """Serialise; :meth:`from_npz` reads it back."""
        columns = {_COLUMN + name: values for name, values in self.columns.items()}
        return arrays_to_npz(target=self.target, time=self.time, **columns)

    @staticmethod
    def from_npz(body: bytes) -> "Frame":
        """Read what :meth:`to_npz` wrote."""
        arrays = arrays_from_npz(body)
        columns = {
            name.removeprefix(_COLUMN): values
            for name, values in arrays.items()
            if name.startswith(_COLUMN)
        }
        return Frame(columns, arrays["target"], arrays["time"])


def arrays_to_npz(**arrays: NDArray[Any]) -> bytes:
    """Named arrays of numbers or text as one compressed archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def arrays_from_npz(body: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of :func:`arrays_to_npz`; refuses anything that needs a pickle."""
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
