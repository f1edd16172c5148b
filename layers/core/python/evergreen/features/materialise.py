"""The newest feature row of each entity goes to the online store.

``materialised.json`` beside a view's builds says which months' partitions were offered to the store
in full, by their SHA-256. A build that was stopped half way, or never came here, is so made good by
the next one, and nothing is offered twice. What is offered may be older than what the store has:
the store decides. It is always the view's newest build that is offered, which has all that the
run's own has, so that of two runs at once none brings back what the other replaced.
"""

import io
from collections.abc import Iterator

import msgspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.stages import MaterialiseInput, MaterialiseOutput
from evergreen.contracts.views import OnlineRow, Partition, View, entity_key
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Clock, ObjectStore, OnlineStore, Registry, Views, iso
from evergreen.view_builds import read_manifest

_ROWS_AT_ONCE = 2_000


def materialise(
    given: MaterialiseInput,
    *,
    store: ObjectStore,
    views: Views,
    online: OnlineStore,
    registry: Registry,
    clock: Clock,
) -> MaterialiseOutput:
    """Offer the online store the newest rows of the months that it was not offered yet, and close
    the run.

    Args:
        store: the features bucket.

    Raises:
        NotFound: there is no such view.
        Conflict: the view's file was changed, so what the run built is no longer its.
    """
    view = views.view(given.run.view)
    manifest = read_manifest(store, view)
    if manifest is None:
        raise Conflict(f"The view '{given.run.view}' was changed since this build; build it again.")
    offered = _offered(store, view.file.name)
    months = [p for p in manifest.partitions if offered.get(p.month) != p.sha256]
    written = newer = 0
    seen: set[str] = set()
    for month in sorted(months, key=lambda partition: partition.month, reverse=True):
        for rows in _newest(store, view, month, seen):
            kept = online.write(rows)
            written, newer = written + kept, newer + len(rows) - kept
        offered[month.month] = month.sha256
        _remember(store, view.file.name, offered)
    summary = f"{written:,} entities written, {newer:,} newer ones left"
    registry.close_run(given.run.run_id, "built", summary, iso(clock.now()))
    return MaterialiseOutput(written, newer, summary)


def _newest(
    store: ObjectStore, view: View, month: Partition, seen: set[str]
) -> Iterator[list[OnlineRow]]:
    """The month's newest row of each entity that no later month had, some at a time."""
    table = pq.read_table(io.BytesIO(store.read(month.key))).to_pandas()
    newest = table.sort_values([TIME, CREATED], kind="stable").drop_duplicates(
        list(view.file.entity), keep="last"
    )
    for start in range(0, len(newest), _ROWS_AT_ONCE):
        part = newest.iloc[start : start + _ROWS_AT_ONCE]
        rows = [row for row in _rows(view, part) if row.entity not in seen]
        seen.update(row.entity for row in rows)
        if rows:
            yield rows


def _rows(view: View, part: pd.DataFrame) -> Iterator[OnlineRow]:
    entities = zip(*(part[name].tolist() for name in view.file.entity), strict=True)
    moments = zip(part[TIME].tolist(), part[CREATED].tolist(), strict=True)
    columns = {name: _values(part[name], kind) for name, kind in view.file.types.items()}
    each = zip(entities, moments, zip(*columns.values(), strict=True), strict=True)
    for entity, (event, known), values in each:
        named = dict(zip(columns, values, strict=True))
        key, order = entity_key(entity), (view.revision, view.builds)
        yield OnlineRow(view.file.name, key, event, known, named, *order)


def _values(column: pd.Series, kind: str) -> list[float | str | None]:
    """Numbers that are none, and text that is empty, become null."""
    if kind == "category":
        return [text or None for text in column.tolist()]
    numbers = column.to_numpy(np.float64)
    fits = np.isfinite(numbers)
    both = zip(numbers.tolist(), fits.tolist(), strict=True)
    return [number if fit else None for number, fit in both]


def _offered(store: ObjectStore, view: str) -> dict[str, str]:
    try:
        body = store.read(keys.view(view, "materialised.json"))
    except NotFound:
        return {}
    return msgspec.json.decode(body, type=dict[str, str])


def _remember(store: ObjectStore, view: str, offered: dict[str, str]) -> None:
    body = msgspec.json.encode(offered, order="sorted")
    store.write(keys.view(view, "materialised.json"), body, "application/json")
