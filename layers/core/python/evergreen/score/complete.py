"""A table that leaves out columns of views, calendar or past is completed as a request is."""

from collections.abc import Collection, Iterator

import pyarrow as pa

from evergreen.completion import Completion, Gap, Read
from evergreen.contracts.signature import Column, Signature


def needed(signature: Signature, there: Collection[str]) -> list[str]:
    """The columns of a table, of those that are ``there``, that its rows are scored from."""
    inputs = [column.name for column in signature.inputs]
    made_of = [
        name for column in signature.inputs if column.name not in there
        for name in _made_of(signature, column)
    ]  # fmt: skip
    return [name for name in dict.fromkeys([*inputs, *made_of]) if name in there]


def lacking(signature: Signature, there: Collection[str]) -> list[str]:
    """Columns that a table has to have and has not: inputs, or what they are made of."""
    found: dict[str, None] = {}
    for column in signature.inputs:
        if column.name not in there:
            made_of = list(_made_of(signature, column)) or [column.name]
            found |= dict.fromkeys(name for name in made_of if name not in there)
    return list(found)


def complete(
    completion: Completion, signature: Signature, batch: pa.RecordBatch, read: Read, now: int
) -> tuple[pa.RecordBatch, list[Gap]]:
    """The batch with the inputs that it leaves out, and the rows that have none.

    Args:
        read: an online store's.
        now: nanoseconds since 1970, for the age of an entity where a row has no time.
    """
    there = set(batch.column_names)
    left_out = [column for column in signature.inputs if column.name not in there]
    if not left_out:
        return batch, []
    made_of = {name for column in left_out for name in _made_of(signature, column)}
    beside = dict.fromkeys(there - made_of)  # that they are there is all that matters of them
    rows = [beside | row for row in batch.select(sorted(made_of & there)).to_pylist()]
    found = completion.complete(rows, read, now)
    for column in left_out:
        values = [row.get(column.name) for row in found.rows]
        kind = pa.float64() if column.type == "number" else pa.string()
        batch = batch.append_column(column.name, pa.array(values, kind))
    return batch, found.gaps


def _made_of(signature: Signature, column: Column) -> Iterator[str]:
    """The columns that an input is looked up by or derived from; none for the caller's own."""
    if column.origin == "view":
        for lookup in signature.lookups:
            if column.name in lookup.inputs:
                yield from lookup.keys
    time = [signature.time.column] if signature.time else []
    if column.origin in ("calendar", "past"):
        yield from time
    if column.origin == "past" and signature.forecast:
        yield from signature.forecast.series
