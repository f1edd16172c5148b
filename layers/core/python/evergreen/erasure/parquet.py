"""Parquet files without the rows of an entity."""

import io
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.erasure.match import Match, any_mask
from evergreen.erasure.sweep import Without
from evergreen.partitions import as_parquet

See = Callable[[pa.Table], None]


def rows_of(body: bytes, matches: Sequence[Match], more: Sequence[str] = ()) -> pa.Table:
    """The entity's rows: the columns it is found by, and those of ``more`` that are there."""
    file = pq.ParquetFile(io.BytesIO(body))
    there = file.schema_arrow.names
    wanted = {name for match in matches for name in match.accepted} | set(more)
    rows = file.read(columns=[name for name in there if name in wanted], use_threads=False)
    return rows.filter(pa.array(any_mask(matches, rows)))


def table_without(body: bytes, matches: Sequence[Match]) -> pa.Table:
    """All other rows, in their order."""
    rows = pq.read_table(io.BytesIO(body), use_threads=False)
    return rows.filter(pa.array(~any_mask(matches, rows)))


def rows_without(
    matches: Sequence[Match], see: See = lambda _: None, more: Sequence[str] = ()
) -> Without:
    """What removes the entity's rows from a Parquet file. ``see`` gets those that it finds, with
    the columns ``more``; a file that has lost all its rows stays, for its columns."""

    def without(body: bytes) -> tuple[bytes | None, int]:
        found = rows_of(body, matches, more)
        if not found.num_rows:
            return body, 0
        see(found)
        return as_parquet(table_without(body, matches)), found.num_rows

    return without


def file_gone(
    matches: Sequence[Match], see: See = lambda _: None, more: Sequence[str] = ()
) -> Without:
    """What removes a Parquet file as a whole if it has a row of the entity."""

    def without(body: bytes) -> tuple[bytes | None, int]:
        found = rows_of(body, matches, more)
        see(found)
        return None, found.num_rows

    return without
