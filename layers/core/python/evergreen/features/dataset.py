"""A dataset's ``data.parquet`` as typed columns, its text plain or dictionary-encoded."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evergreen.contracts import keys
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.dataset import TIME
from evergreen.contracts.model_file import ModelFile
from evergreen.errors import InvalidTable
from evergreen.features.target import coded
from evergreen.frame import Frame
from evergreen.ports import ObjectStore


def read(store: ObjectStore, dataset: str, model: ModelFile) -> tuple[Frame, tuple[str, ...]]:
    """The dataset's rows, numbers in 64 bits, and the labels that its target's codes stand for.

    The time column is not among the columns, unless it has another use: ``Frame.time`` has it.

    Raises:
        InvalidTable: the dataset is of another model file, or the target cannot be learned.
    """
    file = pq.ParquetFile(io.BytesIO(store.read(keys.dataset(dataset, "data.parquet"))))
    names = [*model.features, *context(model), model.target.column]
    _require(file.schema_arrow.names, names)
    kinds = model.table.columns
    columns = {name: _column(file, name, kinds[name]) for name in dict.fromkeys(names)}
    target, classes = coded(model, columns.pop(model.target.column))
    time = file.read([TIME]).column(0).to_numpy() if model.time else np.zeros(len(target), np.int64)
    return Frame(columns, target, time.astype(np.int64)), classes


def context(model: ModelFile) -> tuple[str, ...]:
    """The context that a feature set holds: without the time, unless it has another use."""
    time = model.time.column if model.time else None
    return tuple(c for c in model.context if c != time or model.table.uses[c] != "time")


def content(rows: Frame) -> NDArray[np.uint64]:
    """A hash of each row's content, shape (n,): equal rows have equal ones, in any table."""
    mixed = _mix(_bits(rows.target) ^ _mix(_bits(rows.time)))
    for name in sorted(rows.columns):
        mixed = _mix(mixed + hashed(rows.columns[name]))
    return mixed


def hashed(values: Values) -> NDArray[np.uint64]:
    """A hash of each value of a column, shape (n,)."""
    if not isinstance(values, Categories):
        return _mix(_bits(values))
    texts = np.array(values.values, dtype=object)
    found: NDArray[np.uint64] = pd.util.hash_array(texts, categorize=False)[values.codes]
    return found


def _require(found: list[str], names: list[str]) -> None:
    lacking = [name for name in dict.fromkeys([*names, TIME]) if name not in found]
    if lacking:
        raise InvalidTable(
            f"The dataset lacks {', '.join(lacking)}: the model file changed during the run; "
            "start the run again."
        )


def _column(file: pq.ParquetFile, name: str, kind: str) -> Values:
    values = file.read([name]).column(0)
    text = pa.types.is_string(values.type) or pa.types.is_dictionary(values.type)
    if text != (kind == "category"):
        raise InvalidTable(
            f"The dataset's '{name}' is not the {kind} that the model file states: the file "
            "changed during the run; start the run again."
        )
    if kind == "number":
        numbers: NDArray[np.float64] = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy()
        return numbers
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    return _categories(values.unify_dictionaries().combine_chunks())


def _categories(values: pa.Array) -> Categories:
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0) if values.num_chunks else pa.array([], values.type)
    texts = values.dictionary.to_pylist()
    if values.null_count and "" not in texts:
        texts.append("")
    missing = texts.index("") if values.null_count else 0
    codes = pc.fill_null(values.indices.cast(pa.int32()), missing)
    return Categories(codes.to_numpy(zero_copy_only=False), tuple(texts))


def _bits(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    """The bits of numbers, one pattern for each value: 0 is also -0, and one NaN is another."""
    if values.dtype.kind != "f":
        return values.astype(np.int64).view(np.uint64)
    plain = values.astype(np.float64) + 0.0
    return np.where(np.isnan(plain), np.nan, plain).view(np.uint64)


def _mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): each bit depends on all."""
    mixed = bits + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
