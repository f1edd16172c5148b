"""The months of a feature view's build, as Parquet; see :mod:`evergreen.contracts.views`."""

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME
from evergreen.contracts.views import Partition
from evergreen.digest import sha256
from evergreen.ports import ObjectStore


def as_parquet(table: pa.Table) -> bytes:
    """A table as Parquet; the same rows, the same bytes."""
    body = io.BytesIO()
    pq.write_table(table, body, compression="zstd")
    return body.getvalue()


def write_partition(features: ObjectStore, view: str, month: str, rows: pa.Table) -> Partition:
    """Store a month of feature rows, named by its content: what two builds make alike is one
    object."""
    body = as_parquet(rows)
    digest = sha256(body)
    key = keys.view(view, f"builds/month={month}/{digest[:16]}.parquet")
    features.write(key, body)
    return Partition(month, key, digest, rows.num_rows)


def span(features: ObjectStore, parts: Sequence[Partition]) -> tuple[str, str]:
    """The times of the first and the last event of months in their order, ISO 8601 in UTC; empty
    without any."""
    if not parts:
        return "", ""
    return _ends(features, parts[0])[0], _ends(features, parts[-1])[1]


def _ends(features: ObjectStore, part: Partition) -> tuple[str, str]:
    body = io.BytesIO(features.read(part.key))
    ends = pc.min_max(pq.read_table(body, columns=[TIME], use_threads=False).column(TIME)).as_py()
    oldest, newest = (np.datetime64(ends[end], "ns").astype("M8[ms]") for end in ("min", "max"))
    return f"{oldest}Z", f"{newest}Z"
