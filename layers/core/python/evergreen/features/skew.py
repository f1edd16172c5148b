"""Whether serving and training see the same features: what captures say was served, computed again
from the view's partitions as it was known at each request's time.

The online store has a row only when it was materialised. So a value of an older row of its entity,
or none, is late and no skew where the view's newest build came after the request; and so is any
other where the view has no created time, for then a build may have changed what was known.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evergreen import captured
from evergreen.canonical import category_text
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.signature import Lookup, Signature
from evergreen.contracts.skew import FeatureSkew, SkewReport
from evergreen.contracts.table import seconds
from evergreen.contracts.views import Partition, View, entity_key
from evergreen.errors import NotFound
from evergreen.moment import nanoseconds, since_1970
from evergreen.point_in_time import as_of
from evergreen.ports import ObjectStore, Registry, Views
from evergreen.registered import read_signature
from evergreen.view_builds import read_manifest

_MATERIALISED_WITHIN = 15 * 60 * 10**9
"""After a build is committed its rows reach the online store for at most so long."""

Values = dict[str, Any]


class _Served(NamedTuple):
    """What a request was given of one entity, by the view's features; a row whose event was before
    ``fresh_since`` was to be answered with nothing."""

    at: int
    entity: tuple[str, ...]
    values: Values
    fresh_since: int


class _Rows(NamedTuple):
    """Feature rows by number; ``code`` numbers the entities."""

    code: dict[str, int]
    entity: np.ndarray[Any, np.dtype[np.int64]]
    event: np.ndarray[Any, np.dtype[np.int64]]
    known: np.ndarray[Any, np.dtype[np.int64]]
    table: pa.Table

    def numbers(self, code: int, until: int) -> list[int]:
        """An entity's rows that were known at a time."""
        mine = (self.entity == code) & (self.known <= until)
        return [int(row) for row in np.flatnonzero(mine)]


def check_skew(
    name: str,
    period: captured.Period,
    *,
    store: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    views: Views,
) -> SkewReport:
    """Compare what the models that use a view were served of it in a period.

    Args:
        store: the features bucket.

    Raises:
        NotFound: there is no such view, or it was never built.
        ArtifactChanged: the signature of a version that served is not what was registered.
    """
    view = views.view(name)
    manifest = read_manifest(store, view)
    if manifest is None:
        raise NotFound(f"The view '{name}' was never built; run evergreen views build.")
    models = [m for m in registry.models() if name in registry.model(m).file.views]
    served: list[_Served] = []
    left_out = 0
    for model in models:
        reading = captured.captures(store, model, period)
        left_out += reading.left_out
        served += _looked_up(reading.lines, name, model, registry, artifacts)
    rows = _read(store, view, manifest.partitions, {one.entity for one in served})
    unknown, features = _compare(view, served, rows)
    return SkewReport(
        name, view.build, period.since, period.until, tuple(models), len(served), unknown,
        features, left_out,
    )  # fmt: skip


def _looked_up(
    lines: list[Any], view: str, model: str, registry: Registry, artifacts: ObjectStore
) -> Iterator[_Served]:
    signatures: dict[int, Signature] = {}
    for line in lines:
        if not any(row.looked_up for row in line.rows):
            continue
        if line.version not in signatures:
            version = registry.version(model, line.version)
            signatures[line.version] = read_signature(artifacts, version)
        signature = signatures[line.version]
        at = since_1970(datetime.fromisoformat(line.at))
        for row in line.rows:
            for lookup in (each for each in signature.lookups if each.view == view):
                values = {
                    feature: row.values[column]
                    for column, feature in lookup.inputs.items()
                    if column in row.looked_up and column in row.values
                }
                if values and all(key in row.values for key in lookup.keys):
                    entity = tuple(category_text(row.values[key]) for key in lookup.keys)
                    since = _fresh_since(signature, lookup, row.values, at)
                    yield _Served(at, entity, values, since)


def _fresh_since(signature: Signature, lookup: Lookup, row: Values, at: int) -> int:
    """As serving reckons an entity's age: to the row's own time, or the request's."""
    online, time = lookup.online, signature.time
    if online.stale_after is None or online.stale == "answer":
        return np.iinfo(np.int64).min
    own = nanoseconds(row.get(time.column), time) if time else None
    return (at if own is None else own) - seconds(online.stale_after) * 10**9 + 1


def _read(
    store: ObjectStore,
    view: View,
    partitions: Sequence[Partition],
    entities: set[tuple[str, ...]],
) -> _Rows:
    """The rows of these entities, all months."""
    first = pa.array(sorted({entity[0] for entity in entities}), pa.string())
    columns = [*view.file.entity, TIME, CREATED, *view.file.features]
    parts = []
    for partition in partitions:
        table = pq.read_table(io.BytesIO(store.read(partition.key)), columns=columns)
        names = pc.cast(table.column(view.file.entity[0]), pa.string())
        parts.append(table.filter(pc.is_in(names, first)))
    table = pa.concat_tables(parts) if parts else pa.table({name: [] for name in columns})
    named = zip(*(table.column(name).to_pylist() for name in view.file.entity), strict=True)
    code: dict[str, int] = {}
    codes = [code.setdefault(entity_key(each), len(code)) for each in named]
    event, known = (table.column(name).to_numpy().astype(np.int64) for name in (TIME, CREATED))
    return _Rows(code, np.array(codes, dtype=np.int64), event, known, table)


def _compare(view: View, served: list[_Served], rows: _Rows) -> tuple[int, tuple[FeatureSkew, ...]]:
    codes = np.array([rows.code.get(entity_key(s.entity), -1) for s in served], dtype=np.int64)
    times = np.array([one.at for one in served], dtype=np.int64)
    found = as_of(codes, times, rows.entity, rows.event, rows.known)
    columns = {name: rows.table.column(name).to_pylist() for name in view.file.features}
    built = since_1970(datetime.fromisoformat(view.built_at)) + _MATERIALISED_WITHIN
    counts = {name: _Counts() for name in view.file.features}
    for one, code, row in zip(served, codes.tolist(), found.tolist(), strict=True):
        for feature, value in one.values.items():
            if feature not in columns:
                continue
            answers = row >= 0 and rows.event[row] >= one.fresh_since
            given, now = _plain(value), _plain(columns[feature][row] if answers else None)
            late = False
            if given != now and one.at <= built:
                older = rows.numbers(code, one.at)
                late = given is None or given in [_plain(columns[feature][n]) for n in older]
                late = late or view.file.created_time is None
            counts[feature].add(given, now, late=late)
    return int(np.count_nonzero(found < 0)), tuple(
        FeatureSkew(name, c.compared, c.unequal, c.late, c.largest)
        for name, c in counts.items()
        if c.compared
    )


class _Counts:
    """One feature's comparison."""

    def __init__(self) -> None:
        self.compared = self.unequal = self.late = 0
        self.largest: float | None = None

    def add(self, value: Any, now: Any, *, late: bool) -> None:
        """Compare a served value with the one computed again."""
        self.compared += 1
        if value == now:
            return
        self.late += late
        self.unequal += not late
        if not late and isinstance(value, float) and isinstance(now, float):
            self.largest = max(self.largest or 0.0, abs(value - now))


def _plain(value: Any) -> Any:
    """A number as a float; None for what is missing, as serving has it."""
    if isinstance(value, int | float):
        return None if value != value else float(value)
    return value or None
