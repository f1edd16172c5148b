"""A table as it happened: which row arrived when, and what was known of it then."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import IngestInput, RunInput
from evergreen.contracts.table import Clean
from evergreen.errors import InvalidTable
from evergreen.features import complete
from evergreen.frame import Frame
from evergreen.ingest import ingest
from evergreen.ports import Clock, ObjectStore, Registry, Views

_SECOND = 10**9
_DAY = 86_400 * _SECOND
_YEAR = 365 * _DAY
_CHARACTERS = {"year": 4, "date": 10}
"""Of an ISO 8601 moment, that a column of this unit holds."""


class History(Struct, frozen=True, eq=False):
    """n rows with their outcome, in the order they arrived.

    Attributes:
        rows: inputs of any version and context, as the features stage makes them.
        classes: the labels of ``rows.target``, none of a number.
        arrived: nanoseconds since 1970, shape (n,).
        times: each row's time as its column says it.
    """

    file: ModelFile
    rows: Frame
    classes: tuple[str, ...]
    arrived: NDArray[np.int64]
    times: list[str]

    def outcome(self, place: int) -> str | float:
        """What turned out for a row, as feedback says it."""
        value = self.rows.target[place]
        return self.classes[int(value)] if self.classes else float(value)

    def captured(self, signature: Signature) -> list[bytes]:
        """Each row's values as JSON: inputs and context, as ``infer`` would have captured them."""
        names = dict.fromkeys([*(c.name for c in signature.inputs), *signature.context])
        time = self.file.time.column if self.file.time else ""
        columns = {n: _plain(self.rows.columns[n]) for n in names if n in self.rows.columns}
        if time:
            columns[time] = self.times
        encode = msgspec.json.Encoder().encode
        return [
            encode(dict(zip(columns, row, strict=True)))
            for row in zip(*columns.values(), strict=True)
        ]

    def parquet(self, until: int) -> bytes:
        """The first ``until`` rows as a table that ingest reads."""
        table = {name: self._column(name, until) for name in self.file.columns}
        body = io.BytesIO()
        pq.write_table(pa.table(table), body)
        return body.getvalue()

    def _column(self, name: str, until: int) -> pa.Array:
        if self.file.time and name == self.file.time.column:
            return pa.array(self.times[:until], pa.string())
        if name == self.file.target.column:
            return pa.array([self.outcome(place) for place in range(until)])
        return pa.array(_plain(self.rows.columns[name][:until]))


def read_history(
    file: ModelFile,
    sources: tuple[str, ...],
    *,
    features: ObjectStore,
    registry: Registry,
    views: Views,
    clock: Clock,
) -> History:
    """The whole table, cleaned once, with what was known at each row's time.

    Args:
        file: as :func:`of_history` makes it; the registry knows it.
        sources: keys in the features bucket.

    Raises:
        InvalidTable: the model has no time column, or the table cannot be learned from.
    """
    if file.time is None:
        raise InvalidTable(
            f"The model '{file.name}' has no time column, so nobody knows in which order its rows "
            "came; state it as 'time' in the model file."
        )
    run = RunInput(run_id="history", model=file.name, sources=sources)
    given = IngestInput(run)
    made = ingest(given, features=features, registry=registry, views=views, clock=clock)
    rows, classes = complete(made.dataset, file, store=features, views=views)
    arrived = _arrived(rows.time, file.time.unit)
    order = np.argsort(arrived, kind="stable")
    width = _CHARACTERS.get(file.time.unit)
    times = [_iso(int(time))[:width] for time in rows.time[order]]
    return History(_read_back(file), rows.take(order), classes, arrived[order], times)


def of_history(file: ModelFile) -> ModelFile:
    """The model file without what is said of the whole table's size and age, which a part of it
    cannot keep to, and with time enough in place of ``search.minutes``."""
    expect = replace(
        file.expect,
        rows_at_least=None,
        rows_change_at_most=None,
        newest_within=None,
        schema_change="allow",
        leakage="allow",
    )
    return replace(file, expect=expect, deploy=replace(file.deploy, steps=(), shadow_minutes=0.0))


def _read_back(file: ModelFile) -> ModelFile:
    """The file by which rows are read that were cleaned already, hashed where that was asked for,
    and whose times are ISO 8601 in UTC."""
    assert file.time is not None  # noqa: S101 - read_history has looked
    unit = "timestamp" if file.time.unit == "epoch" else file.time.unit
    time = replace(file.time, unit=unit, format="", zone="UTC")
    clean = Clean(repeated_rows="keep", columns=file.clean.columns)
    return replace(file, time=time, personal={}, clean=clean)


def _arrived(times: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    """When the rows came: at their time; those of one year or one day spread over it, in the
    table's order."""
    span = {"year": _YEAR, "date": _DAY}.get(unit)
    if span is None or not len(times):
        return times
    found, place, counts = np.unique(times, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(times), dtype=np.int64)
    rank[order] = np.arange(len(times)) - np.repeat(starts, counts)
    arrived: NDArray[np.int64] = found[place] + rank * span // counts[place]
    return arrived


def _plain(values: Values) -> list[Any]:
    """Text or numbers, None where there is none."""
    if is_text(values):
        coded = categories(values)
        texts = [text or None for text in coded.values]
        return [texts[code] for code in coded.codes.tolist()]
    assert not isinstance(values, Categories)  # noqa: S101 - for the type checker
    return [None if value != value else value for value in values.tolist()]


def _iso(nanoseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
    spec = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")
