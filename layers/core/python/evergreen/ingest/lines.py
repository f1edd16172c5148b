"""JSON Lines as record batches."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.json

from evergreen.errors import InvalidTable
from evergreen.ingest.stream import Text

Note = Callable[[int, str, str], None]
"""Told of each line that is no object: how many of its block's were before it, it, and why."""


def line_batches(key: str, text: Text, block_bytes: int, note: Note) -> Iterator[pa.RecordBatch]:
    """The objects of a file with one JSON object a line, some at a time.

    Every batch has the columns that its objects name. Text stays text, whatever it looks like.

    Raises:
        InvalidTable: a column holds lists or objects.
    """
    texts: dict[str, pa.DataType] = {}
    for block in _blocks(text, block_bytes):
        batch = _fast(block, texts)
        if batch is None:
            batch = _slow(key, block, note)
        for field in batch.schema:
            if pa.types.is_nested(field.type):
                raise _nested(key, field.name)
        if batch.num_rows:
            yield batch


def _blocks(text: Text, size: int) -> Iterator[bytes]:
    """Whole lines, about ``size`` bytes at a time."""
    rest = b""
    first = True
    while part := text.read(size):
        if first:
            part, first = part.removeprefix(b"\xef\xbb\xbf"), False
        lines, newline, after = part.rpartition(b"\n")
        if newline:
            yield rest + lines + b"\n"
            rest = after
        else:
            rest += part
    if rest.strip():
        yield rest


def _fast(block: bytes, texts: dict[str, pa.DataType]) -> pa.RecordBatch | None:
    """The block by Arrow's own reader; None where that would change it or refuses it.

    ``texts`` are columns whose text Arrow took for times before.
    """
    options = pa.json.ReadOptions(use_threads=False, block_size=max(len(block), 1) + 1)
    for _ in range(2):
        schema = pa.schema(list(texts.items())) if texts else None
        parse = pa.json.ParseOptions(explicit_schema=schema)
        try:
            table = pa.json.read_json(io.BytesIO(block), options, parse)
        except pa.ArrowInvalid:
            return None
        times = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
        if not times:
            # A column of the schema that no object of the block has is all null, which is as well.
            batches = table.combine_chunks().to_batches()
            return batches[0] if batches else None
        texts |= dict.fromkeys(times, pa.string())
    return None


def _slow(key: str, block: bytes, note: Note) -> pa.RecordBatch:
    decoder = msgspec.json.Decoder(dict[str, Any])
    rows: list[dict[str, Any]] = []
    for line in block.split(b"\n"):
        if not line.strip():
            continue
        try:
            rows.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            note(len(rows), line.decode(errors="replace"), f"no JSON object: {error}".rstrip("."))
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: _array(key, name, [row.get(name) for row in rows]) for name in names}
    return pa.RecordBatch.from_pydict(columns)


def _array(key: str, name: str, values: list[Any]) -> pa.Array:
    """Values of one kind as Arrow has them, of several as text."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds & {list, dict}:
        raise _nested(key, name)
    if kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if len(kinds) == 1:
        return pa.array(values)
    return pa.array([None if v is None else str(v) for v in values], pa.string())


def _nested(key: str, name: str) -> InvalidTable:
    return InvalidTable(
        f"{key}: '{name}' holds a list or an object; give each value a column of its own."
    )
