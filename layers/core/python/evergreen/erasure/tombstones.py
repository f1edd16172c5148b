"""Marks that keep an erased entity out of later builds of a feature view.

A mark is one object below ``feature-views/<view>/erased/``, named by a keyed digest, so nobody
learns from it who was erased. Rows that became known before the erasure stay away, whichever
dataset brings them again; what becomes known after it is new.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile
from evergreen.erasure.match import Entity, token
from evergreen.moment import since_1970
from evergreen.ports import ObjectStore
from evergreen.privacy import KEY, digest


class Tombstone(Struct, frozen=True):
    """The columns that name the entity, and when it was erased."""

    columns: tuple[str, ...]
    at: str


def mark(features: ObjectStore, view: ViewFile, erased: Entity, at: str) -> None:
    """Keep the entity out of every build of the view that begins from now on."""
    name = erased.token(view.clean, erased.key)
    body = msgspec.json.encode(Tombstone(tuple(sorted(erased.values)), at))
    features.write(keys.erased(view.name, f"{name}.json"), body, "application/json")


def forget(features: ObjectStore, view: str, rows: pa.Table) -> pa.Table:
    """The rows of a view (typed or feature rows) without those of erased entities.

    To be applied to what a build reads and to what it writes. It reads the deployment's key only
    where the view has a mark.
    """
    prefix = keys.erased(view)
    marks = {
        key.removeprefix(prefix).removesuffix(".json"): msgspec.json.decode(
            features.read(key), type=Tombstone
        )
        for key in features.keys(prefix)
    }
    if not marks or not rows.num_rows:
        return rows
    key = features.read(KEY)
    known = rows.column(CREATED if CREATED in rows.schema.names else TIME).to_numpy()
    keep = np.ones(rows.num_rows, np.bool_)
    for columns in {stone.columns for stone in marks.values()}:
        until = {
            name: since_1970(datetime.fromisoformat(stone.at))
            for name, stone in marks.items()
            if stone.columns == columns
        }
        keep &= known >= _erased_at(rows, columns, until, key)
    return rows if keep.all() else rows.filter(pa.array(keep))


def _erased_at(
    rows: pa.Table, columns: Iterable[str], until: dict[str, int], key: bytes
) -> NDArray[np.int64]:
    """When each row's entity was erased, int64 nanoseconds of shape (n,); the past without."""
    never = np.iinfo(np.int64).min
    names = list(columns)
    if not set(names) <= set(rows.schema.names):
        return np.full(rows.num_rows, never)
    seen: dict[tuple[object, ...], int] = {}
    at = np.empty(rows.num_rows, np.int64)
    texts = zip(*(rows.column(name).to_pylist() for name in names), strict=True)
    for number, values in enumerate(texts):
        if values not in seen:
            digests = {n: digest(v, key) for n, v in zip(names, values, strict=True)}
            seen[values] = until.get(token(digests, key), never)
        at[number] = seen[values]
    return at
