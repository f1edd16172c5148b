"""The typed rows of a view's datasets, a file for each dataset and month."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import InvalidTable
from evergreen.features.months import by_month
from evergreen.partitions import as_parquet
from evergreen.ports import ObjectStore

Months = dict[str, list[str]]
"""The keys of the files of each month."""


def from_dataset(store: ObjectStore, view: ViewFile, dataset: str) -> tuple[pa.Table, int]:
    """The rows of a dataset that have an entity, as row files hold them.

    Returns:
        The table, and how many rows had no entity.

    Raises:
        NotFound: there is no such dataset.
        InvalidTable: it lacks a column, so it is of another view file.
    """
    names = [*view.entity, *view.columns]
    file = pq.ParquetFile(pa.BufferReader(store.read(keys.dataset(dataset, "data.parquet"))))
    found = file.schema_arrow.names
    if lacking := [name for name in [*names, TIME] if name not in found]:
        raise InvalidTable(
            f"The dataset lacks {', '.join(lacking)}, which the view '{view.name}' takes: the view "
            "file changed during the build; start it again."
        )
    table = file.read([*names, TIME, *([CREATED] if CREATED in found else [])])
    if CREATED not in found:
        table = table.append_column(CREATED, table[TIME])
    named = [pc.not_equal(pc.fill_null(_text(table[n]), ""), "") for n in view.entity]
    stays = named[0]
    for other in named[1:]:
        stays = pc.and_(stays, other)
    kept = table.filter(stays)
    return kept, table.num_rows - kept.num_rows


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def write(store: ObjectStore, view: str, dataset: str, table: pa.Table) -> list[str]:
    """Write the rows of a dataset by month; gives the months."""
    parts = by_month(table)
    for month, part in parts.items():
        store.write(keys.view(view, f"rows/month={month}/{dataset}.parquet"), as_parquet(part))
    return list(parts)


def months(store: ObjectStore, view: str, datasets: Iterable[str]) -> Months:
    """The row files of these datasets by month, oldest first; a build that was killed may have
    left others."""
    wanted, found = set(datasets), Months()
    for key in store.keys(keys.view(view, "rows/")):
        *_, month, name = key.split("/")
        if name.removesuffix(".parquet") in wanted:
            found.setdefault(month.removeprefix("month="), []).append(key)
    return found


def read(store: ObjectStore, files: Iterable[str], names: Iterable[str]) -> Iterator[pa.Table]:
    """These columns of row files, one file after the other."""
    for key in files:
        yield pq.ParquetFile(pa.BufferReader(store.read(key))).read(list(names))
