"""Which files a run reads, and whether they fit the function's memory."""

import io
import zlib
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct

from evergreen.errors import InvalidTable, NotFound
from evergreen.ingest.batches import DELIMITERS, EMPTY
from evergreen.object_file import ObjectFile
from evergreen.ports import ObjectStore

FORMS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")

MEMORY_AT_MOST = 10_240
"""MiB that Lambda gives a function."""

_BASE = 280
"""MiB that Python and its libraries take, and a batch while it is read."""

_A_CELL = 40
"""Bytes of memory that a cell needs at the worst moment, its copies and its report included. With
the text's own bytes this is above what was measured on tables of numbers, of
categories and of both."""

_MIB = 1024**2
_SAMPLE_BYTES = 1024**2


class File(Struct, frozen=True):
    """An object to read. ``plain`` is its bytes uncompressed and ``cells`` its rows times columns,
    as far as its first bytes (of Parquet: its footer) tell."""

    key: str
    bytes: int
    plain: int
    cells: int

    @property
    def needs(self) -> int:
        """Bytes of memory."""
        held = self.bytes if self.key.endswith(".parquet") else 0
        return held + self.plain * 5 // 4 + self.cells * _A_CELL


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
    if key.endswith(".parquet"):
        return _parquet(store, key, size)
    return _text(store, key, size)


def _text(store: ObjectStore, key: str, size: int) -> File:
    stored = store.read_part(key, 0, _SAMPLE_BYTES, store.tag(key))
    sample = stored
    if key.endswith(".gz"):
        try:
            sample = zlib.decompressobj(wbits=31).decompress(stored)
        except zlib.error:
            raise InvalidTable(f"{key} is no complete gzip file.") from None
    plain = round(size * len(sample) / len(stored))
    marks = DELIMITERS if ".csv" in key else ":"
    cells = sample.count(b"\n") + max(sample.count(mark.encode()) for mark in marks)
    return File(key, size, plain, round(cells * plain / max(1, len(sample))))


def _parquet(store: ObjectStore, key: str, size: int) -> File:
    try:
        footer = pq.read_metadata(io.BufferedReader(ObjectFile(store, key), 65_536))
    except (pa.ArrowException, OSError):
        raise InvalidTable(
            f"{key} is no readable Parquet file; write it anew, or name it .csv if it is text."
        ) from None
    plain = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
    return File(key, size, plain, footer.num_rows * footer.num_columns)
