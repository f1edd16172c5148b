"""Which files a run reads, and whether they fit the function's memory."""

import io
import zlib
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from evergreen.errors import InvalidTable, NotFound
from evergreen.ingest.batches import EMPTY
from evergreen.ingest.stream import ObjectFile
from evergreen.ports import ObjectStore

FORMS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")

MEMORY_AT_MOST = 10_240
"""MiB that Lambda gives a function."""

_BASE = 300
"""MiB that Python, Arrow and pandas take before the first row."""

_MIB = 1024**2
_SAMPLE_BYTES = 1024**2


class File(Struct, frozen=True):
    """An object to read. ``plain`` is its bytes uncompressed, as far as that can be told early."""

    key: str
    bytes: int
    plain: int

    @property
    def needs(self) -> int:
        """Bytes of memory that its rows need at the worst moment (measured; see the decision)."""
        held = self.bytes if self.key.endswith(".parquet") else 0
        return held + round(self.plain * 2.5)


def files(store: ObjectStore, keys: Iterable[str], memory: int | None) -> list[File]:
    """The objects that ``keys``, or the prefixes among them that end in ``/``, stand for.

    Args:
        memory: MiB of the function; None is without a limit.

    Raises:
        NotFound: an object is missing.
        InvalidTable: an object cannot be read, or all together need more memory.
    """
    found = [file for key in keys for file in _files(store, key)]
    needs = _BASE + sum(file.needs for file in found) // _MIB
    if memory is not None and needs > memory:
        raise _too_large(found, needs, memory)
    return found


def _too_large(found: list[File], needs: int, memory: int) -> InvalidTable:
    largest = max(found, key=lambda file: file.needs)
    plain = sum(file.plain for file in found) // _MIB
    advice = (
        f"deploy with -c ingest_memory={-(-needs // 256) * 256}, or give fewer rows or columns"
        if needs <= MEMORY_AT_MOST - 256
        else "give fewer rows or columns, as no function has that much"
    )
    return InvalidTable(
        f"The sources hold {plain:,} MiB uncompressed (the largest is {largest.key}) and need some "
        f"{needs:,} MiB of memory, but ingest has {memory:,}; {advice}."
    )


def _files(store: ObjectStore, key: str) -> list[File]:
    if not key.startswith("raw/"):
        raise InvalidTable(f"The source '{key}' does not lie below raw/; upload it there.")
    if not key.endswith("/"):
        return [_file(store, key)]
    below = [name for name in store.keys(key) if not name.rpartition("/")[2].startswith((".", "_"))]
    found = [_file(store, name) for name in below if not name.endswith("/")]
    if not found:
        raise NotFound(f"There is no source below '{key}' in the features bucket.")
    return found


def _file(store: ObjectStore, key: str) -> File:
    if not key.endswith(FORMS):
        raise InvalidTable(
            f"{key} must be a .csv, .jsonl, .ndjson (or one of them as .gz) or .parquet file."
        )
    try:
        size = store.size(key)
    except NotFound:
        raise NotFound(f"There is no source '{key}' in the features bucket.") from None
    if not size:
        raise InvalidTable(EMPTY.format(key=key))
    return File(key, size, _plain(store, key, size))


def _plain(store: ObjectStore, key: str, size: int) -> int:
    if key.endswith(".parquet"):
        return _parquet_bytes(store, key)
    if not key.endswith(".gz"):
        return size
    sample = store.read_part(key, 0, _SAMPLE_BYTES, store.tag(key))
    try:
        opened = len(zlib.decompressobj(wbits=31).decompress(sample))
    except zlib.error:
        raise InvalidTable(f"{key} is no complete gzip file.") from None
    return round(size * opened / len(sample))


def _parquet_bytes(store: ObjectStore, key: str) -> int:
    try:
        footer = pq.read_metadata(io.BufferedReader(ObjectFile(store, key), 65_536))
    except (pa.ArrowException, OSError):
        raise InvalidTable(
            f"{key} is no readable Parquet file; write it anew, or name it .csv if it is text."
        ) from None
    return sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
