"""Columns of a cleaned table as numpy, and their rows put into bins."""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.ingest.cleaned import ColumnType

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Values(Struct, frozen=True, eq=False):
    """One column of n rows.

    Attributes:
        numbers: of a number or (nanoseconds since 1970) a time; NaN is missing, shape (n,).
        codes: of a category, int32; an index into ``labels``, -1 is missing, shape (n,).
    """

    name: str
    type: ColumnType
    numbers: Floats
    codes: NDArray[np.int32]
    labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.codes if self.type == "category" else self.numbers)

    @property
    def missing(self) -> Mask:
        """Rows without a value, shape (n,)."""
        return self.codes < 0 if self.type == "category" else np.isnan(self.numbers)

    def take(self, rows: NDArray[Any]) -> "Values":
        """The rows that a mask or an index selects."""
        if self.type == "category":
            return Values(self.name, self.type, self.numbers, self.codes[rows], self.labels)
        return Values(self.name, self.type, self.numbers[rows], self.codes)


def of_numbers(name: str, numbers: Floats, kind: ColumnType = "number") -> Values:
    """A column of numbers, or of times in nanoseconds."""
    return Values(name, kind, numbers, np.zeros(0, np.int32))


def of_table(table: pa.Table, name: str, kind: ColumnType) -> Values:
    """A column of :attr:`evergreen.ingest.cleaned.Cleaned.rows`."""
    column = table.column(name)
    if kind != "category":
        return of_numbers(name, column.to_numpy().astype(np.float64), kind)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # a table without rows has no chunk to combine
        return Values(name, kind, np.zeros(0), np.zeros(0, np.int32))
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    labels = whole.dictionary.to_pylist()
    if "" in labels:
        codes = np.where(codes == labels.index(""), np.int32(-1), codes)
    return Values(name, kind, np.zeros(0), codes, tuple(labels))


def binned(values: Values, bins: int) -> tuple[Whole, int]:
    """Each row's bin and the number of bins; missing is the last one.

    A number's bins hold about the same number of rows each, or one value each where there are few;
    a category's are its values, those beyond the ``bins`` commonest being one.
    """
    if values.type == "category":
        return _categories(values, bins)
    missing = values.missing
    known = values.numbers[~missing]
    if not len(known):
        return np.zeros(len(values), np.int64), 1
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf"))
    place = np.searchsorted(edges, values.numbers).astype(np.int64)
    place[missing] = len(edges) + 1
    return place, len(edges) + 2


def _categories(values: Values, bins: int) -> tuple[Whole, int]:
    counts = np.bincount(values.codes + 1, minlength=len(values.labels) + 1)[1:]
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts) + 1, np.int64)
    rank[order] = np.minimum(np.arange(len(counts)), bins - 1)
    last = min(len(counts), bins)
    rank[-1] = last  # codes of -1
    return rank[values.codes], last + 1


@lru_cache(maxsize=8)
def sample(rows: int, most: int) -> Whole:
    """Positions of ``most`` of so many rows in ascending order, always the same ones; spread by a
    multiplicative hash (Knuth 6.4), so that no rhythm of the rows meets one of the sample."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.argpartition(hashed(rows), most)[:most])


def hashed(rows: int) -> NDArray[np.uint32]:
    """A number for each row that looks random and is always the same."""
    mixed = np.arange(rows, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)  # the finaliser of SplitMix64 (Steele, Lea, Flood 2014)
    return (mixed >> np.uint64(32)).astype(np.uint32)
