"""A dataset version's objects: written once, the report last, and never changed."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.quality_report import QualityReport
from evergreen.contracts.table import Table
from evergreen.errors import NotFound
from evergreen.ingest import quarantine
from evergreen.ingest.cleaned import Cleaned
from evergreen.ingest.report import Goal, quality_page, report
from evergreen.ports import ObjectStore

_ROW_GROUP = 131_072


def known(features: ObjectStore, dataset: str) -> QualityReport | None:
    """The report of a version that is there already."""
    try:
        body = features.read(keys.dataset(dataset, "report.json"))
    except NotFound:
        return None
    return msgspec.json.decode(body, type=QualityReport)


def write(
    features: ObjectStore,
    dataset: str,
    made: tuple[Cleaned, quarantine.Aside],
    goal: Goal | None,
    at: str,
) -> QualityReport:
    """Store a version and its report; what an earlier try left there stays."""
    cleaned, aside = made
    with ThreadPoolExecutor(1) as pool:  # Arrow compresses while numpy counts
        stored = pool.submit(_store_rows, features, dataset, cleaned, aside)
        found = report(cleaned, dataset, at, _previous(features, cleaned.table), goal)
        stored.result()
    body = msgspec.json.format(msgspec.json.encode(found), indent=2)
    features.create(keys.dataset(dataset, "report.html"), quality_page(found), "text/html")
    features.create(keys.dataset(dataset, "report.json"), body, "application/json")
    return found


def accept(features: ObjectStore, table: Table, dataset: str) -> None:
    """Make the version the one that the table's next is compared with."""
    newest = keys.newest_dataset(table.kind, table.name)
    features.write(newest, dataset.encode(), "text/plain")


def _store_rows(
    features: ObjectStore, dataset: str, cleaned: Cleaned, aside: quarantine.Aside
) -> None:
    features.create(keys.dataset(dataset, "data.parquet"), to_parquet(cleaned))
    if aside.rows:
        set_aside = quarantine.to_parquet(aside)
        features.create(keys.dataset(dataset, "quarantine.parquet"), set_aside)


def to_parquet(cleaned: Cleaned) -> bytes:
    """The columns that the file states, in its order, and the rows' times.

    Codes go in as they are; without Arrow's own schema they are read back as text. What has nearly
    as many texts as rows goes in as text, or each group of rows would carry all of them.
    """
    times = [TIME, CREATED] if cleaned.table.created else [TIME]
    kept = [name for name in cleaned.table.columns if name in cleaned.types]
    rows = cleaned.rows.select([*kept, *times])
    plain = [name for name in kept if _names_rows(rows.column(name))]
    for name in plain:
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, rows.column(name).cast(pa.string()))
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows, sink, compression="zstd", store_schema=False, row_group_size=_ROW_GROUP,
        use_dictionary=[name for name in rows.column_names if name not in plain],
    )  # fmt: skip
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _names_rows(column: pa.ChunkedArray) -> bool:
    """Whether a category has so many texts that its codes spare nothing."""
    if not pa.types.is_dictionary(column.type) or not column.num_chunks:
        return False
    known = len(column.chunk(0).dictionary)
    return bool(known > _ROW_GROUP // 4 and 4 * known > len(column))


def _previous(features: ObjectStore, table: Table) -> QualityReport | None:
    """The last accepted version's report, if this release can read it."""
    try:
        newest = features.read(keys.newest_dataset(table.kind, table.name)).decode()
        return known(features, newest)
    except (NotFound, msgspec.ValidationError):
        return None
