"""The source rows of a view, sorted so that an entity's events follow each other."""

import numpy as np
import pandas as pd
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile
from evergreen.features.windows import Index

NEVER = np.iinfo(np.int64).max

Columns = dict[str, NDArray[np.generic]]


class Source(Struct, frozen=True, eq=False):
    """n source rows, by entity, event, created time, then content.

    Attributes:
        entity: codes in the order of the entities' texts, shape (n,).
        names: the texts of each entity, a column per entity column, by code.
        event: nanoseconds since 1970, shape (n,).
        created: the same; never before the event.
        until: when a row of the same name replaced it, else :data:`NEVER`.
        columns: float64, or codes of a category, -1 where missing; shape (n,).
        texts: the texts of each category by code, in their order.
    """

    entity: Index
    names: dict[str, NDArray[np.object_]]
    event: Index
    created: Index
    until: Index
    columns: Columns
    texts: dict[str, NDArray[np.object_]]


def source(view: ViewFile, table: pa.Table) -> Source:
    """Sort rows of a view, and find which of them count until when.

    Two rows of one entity and event are the same where they agree in the columns of ``clean.key``,
    and without a key in all columns. Under ``repeated_keys: last`` (and ``stop``) the one created
    later replaces the other from then on; else the one created first counts. At one created time
    the greater content wins, so nothing depends on which came first.

    Args:
        table: the entity's columns and the view's as text or float64, TIME and CREATED; each row
            has an entity.
    """
    entity, names = _entities(view, table)
    event = table[TIME].to_numpy()
    created = np.maximum(table[CREATED].to_numpy(), event)
    columns: Columns = {}
    texts: dict[str, NDArray[np.object_]] = {}
    for name, kind in view.columns.items():
        if kind == "category":
            columns[name], texts[name] = category_codes(table[name])
        else:
            columns[name] = _number(table[name])
    order = _order(entity, event, created, columns)
    entity, event, created = entity[order], event[order], created[order]
    columns = {name: values[order] for name, values in columns.items()}
    keep, until = _counts(view, entity, event, created, columns)
    return Source(
        entity[keep],
        names,
        event[keep],
        created[keep],
        until[keep],
        {name: values[keep] for name, values in columns.items()},
        texts,
    )


def category_codes(column: pa.ChunkedArray) -> tuple[Index, NDArray[np.object_]]:
    """Codes in the order of the texts, -1 for "" and null; and the texts by code."""
    found = encoded(column)
    raw = np.array([text or "" for text in found.dictionary.to_pylist()], dtype=object)
    texts, rank = np.unique(raw, return_inverse=True) if len(raw) else (raw, np.zeros(0, np.int64))
    if len(texts) and texts[0] == "":
        texts, rank = texts[1:], rank - 1
    indices = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.append(rank, -1)[indices].astype(np.int64), texts


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of text, plain or not, as one dictionary and its indices."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    found = column.unify_dictionaries().combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _number(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values = column.to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan) + 0.0  # and no negative zero


def _entities(view: ViewFile, table: pa.Table) -> tuple[Index, dict[str, NDArray[np.object_]]]:
    coded = [category_codes(table[name]) for name in view.entity]
    entity = np.zeros(table.num_rows, np.int64)
    for codes, texts in coded:
        entity = np.unique(entity * len(texts) + codes, return_inverse=True)[1].astype(np.int64)
    one = np.unique(entity, return_index=True)[1]
    named = zip(view.entity, coded, strict=True)
    return entity, {name: texts[codes[one]] for name, (codes, texts) in named}


def _order(entity: Index, event: Index, created: Index, columns: Columns) -> Index:
    order = np.lexsort((created, event, entity))
    keys = (entity[order], event[order], created[order])
    if len(order) and np.logical_and.reduce([key[1:] == key[:-1] for key in keys]).any():
        order = np.lexsort((*columns.values(), created, event, entity))
    return order.astype(np.int64)


def _counts(
    view: ViewFile, entity: Index, event: Index, created: Index, columns: Columns
) -> tuple[NDArray[np.bool_], Index]:
    """Which rows count at all, and until when."""
    keep, until = np.ones(len(entity), np.bool_), np.full(len(entity), NEVER)
    same = (entity[1:] == entity[:-1]) & (event[1:] == event[:-1])
    if not same.any():
        return keep, until
    rows = np.flatnonzero(np.append(same, False) | np.append(False, same))
    keyed = bool(view.clean.key) and view.clean.repeated_keys != "keep"
    named = [name for name in columns if not keyed or name in view.clean.key]
    alike = pd.DataFrame({name: columns[name][rows] for name in named})
    alike["entity"], alike["event"] = entity[rows], event[rows]
    groups = alike.groupby(list(alike.columns), dropna=False, sort=False).ngroup().to_numpy()
    order = np.argsort(groups, kind="stable")
    again = groups[order][1:] == groups[order][:-1]
    earlier, later = rows[order[:-1][again]], rows[order[1:][again]]
    if keyed and view.clean.repeated_keys != "first":
        until[earlier] = created[later]
    else:
        keep[later] = False
    return keep & (until > created), until
