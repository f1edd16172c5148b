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
from evergreen.hashes import bits, mix, of_rows
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
    columns = (hashed(rows.columns[name]) for name in sorted(rows.columns))
    return of_rows(rows.target, rows.time, columns)


def hashed(values: Values) -> NDArray[np.uint64]:
    """A hash of each value of a column, shape (n,)."""
    if not isinstance(values, Categories):
        return mix(bits(values))
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
