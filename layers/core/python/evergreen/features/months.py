"""The calendar months (UTC) that a view's files are cut by."""

import numpy as np
import pyarrow as pa

from evergreen.contracts.dataset import TIME


def month_of(nanoseconds: int) -> str:
    """``YYYY-MM``."""
    return str(np.datetime64(int(nanoseconds), "ns").astype("M8[M]"))


def begin(month: str) -> int:
    """The month's first nanosecond since 1970."""
    return int(np.datetime64(month, "M").astype("M8[ns]").astype(np.int64))


def end(month: str) -> int:
    """The first nanosecond after the month."""
    return int((np.datetime64(month, "M") + 1).astype("M8[ns]").astype(np.int64))


def by_month(table: pa.Table) -> dict[str, pa.Table]:
    """The rows of each month of TIME, oldest month first, in their order."""
    month = table[TIME].to_numpy().astype("M8[ns]").astype("M8[M]")
    found = {}
    for one in np.unique(month):
        found[str(one)] = table.take(pa.array(np.flatnonzero(month == one)))
    return found
