"""A cleaned table made of a pandas one, as ingest would hand it to the report."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from evergreen.contracts.dataset import TIME, SourceReport
from evergreen.contracts.table import Table
from evergreen.ingest.cleaned import Cleaned, ColumnType


def cleaned(
    frame: pd.DataFrame,
    *,
    target: str = "",
    time: str = "",
    used: tuple[str, ...] | None = None,
    **more: Any,
) -> Cleaned:
    """The frame after cleaning: numbers and times as they are, all else a category.

    Rows without the target are set apart. ``time`` names a datetime column; ``used`` are the
    features, all other columns without it. ``more`` are further fields of the table.
    """
    features = [n for n in frame if n not in (target, time)] if used is None else list(used)
    named = [name for name in (*features, time, target) if name]
    table = Table(
        kind="model",
        name="flights",
        columns=dict.fromkeys(named, "category"),
        uses={n: "target" if n == target else "time" if n == time else "feature" for n in named},
        target=target,
        **({"time": more.pop("at")} if "at" in more else {}),
        **more,
    )
    keep = frame[target].notna().to_numpy() if target else np.ones(len(frame), np.bool_)
    return Cleaned(
        table=table,
        rows=_rows(frame[keep], time),
        without_target=_rows(frame[~keep], time),
        types={str(name): kind(frame[name]) for name in frame},
        guessed={},
        sources=(SourceReport("raw/a.csv", 1024, "0" * 64, len(frame)),),
        labelled=None,
        rows_read=len(frame),
        dropped={f"the target '{target}' is missing": int((~keep).sum())} if (~keep).any() else {},
        findings=(),
        quarantine=(),
        personal={},
    )


def kind(column: pd.Series) -> ColumnType:
    """What a pandas column is to ingest."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "time"
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "number" if numeric else "category"


def _rows(frame: pd.DataFrame, time: str) -> pa.Table:
    columns = {str(name): _column(frame[name]) for name in frame}
    moments = _column(frame[time]) if time else pa.array(np.zeros(len(frame), np.int64))
    return pa.table({**columns, TIME: moments})


def _column(column: pd.Series) -> pa.Array:
    shape = kind(column)
    if shape == "number":
        return pa.array(column.to_numpy(np.float64), pa.float64(), from_pandas=True)
    if shape == "time":
        moments = column.astype("datetime64[ns]")
        return pa.array(moments.astype("int64").to_numpy(), mask=moments.isna().to_numpy())
    texts = column.astype(object).where(column.notna(), "").astype(str)
    return pa.array(texts, pa.string()).dictionary_encode()
