"""Rows between stages: columns, target and time as one ``.npz`` without pickles.

The columnar functions have Arrow, the learning and serving ones do not; numpy is what both know.
Text is stored as codes and the JSON of its values, and nothing is compressed: deflating a million
rows took longer than all else that ``features`` does.
"""

import io
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values, categories, is_text, joined

_NUMBERS, _CODES, _TEXTS = "column:", "codes:", "texts:"


class Frame(Struct, frozen=True, eq=False):
    """n rows of a feature set.

    Attributes:
        columns: inputs and context by name; float32 for numbers (NaN is missing), Categories (or
            an array of text) for categories ("" is missing).
        target: shape (n,); of a binary model int8, 1 for the positive class; of several classes
            int16, the place in ``Signature.classes``; of a number float64.
        time: int64 of shape (n,), nanoseconds since 1970 in UTC; all zero without a time column.
    """

    columns: dict[str, Values]
    target: NDArray[Any]
    time: NDArray[np.int64]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.target)

    def take(self, rows: Any) -> "Frame":
        """The rows that a mask, an index or a slice selects."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Frame(columns, self.target[rows], self.time[rows])

    def then(self, other: "Frame") -> "Frame":
        """These rows followed by those of ``other``, which has the same columns."""
        columns = {
            name: joined(values, other.columns[name]) for name, values in self.columns.items()
        }
        return Frame(
            columns,
            np.concatenate([self.target, other.target]),
            np.concatenate([self.time, other.time]),
        )

    def to_npz(self) -> bytes:
        """Serialise; :meth:`from_npz` reads it back. The same rows give the same bytes."""
        arrays: dict[str, NDArray[Any]] = {}
        for name, values in self.columns.items():
            if is_text(values):
                coded = categories(values)
                body = msgspec.json.encode(coded.values)
                arrays[_CODES + name] = coded.codes.astype(np.min_scalar_type(len(coded.values)))
                arrays[_TEXTS + name] = np.frombuffer(body, dtype=np.uint8)
            else:
                arrays[_NUMBERS + name] = values  # type: ignore[assignment]
        return arrays_to_npz(target=self.target, time=self.time, **arrays)

    @staticmethod
    def from_npz(body: bytes) -> "Frame":
        """Read what :meth:`to_npz` wrote; text comes back as Categories."""
        arrays = arrays_from_npz(body)
        columns: dict[str, Values] = {}
        for name, values in arrays.items():
            if name.startswith(_NUMBERS):
                columns[name.removeprefix(_NUMBERS)] = values
            elif name.startswith(_CODES):
                column = name.removeprefix(_CODES)
                texts = msgspec.json.decode(arrays[_TEXTS + column].tobytes(), type=tuple[str, ...])
                columns[column] = Categories(values, texts)
        return Frame(columns, arrays["target"], arrays["time"])


def arrays_to_npz(**arrays: NDArray[Any]) -> bytes:
    """Named arrays of numbers or text as one archive."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def arrays_from_npz(body: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of :func:`arrays_to_npz`; refuses anything that needs a pickle."""
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
