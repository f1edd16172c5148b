"""A small world with an entity everywhere: flights join the weather of their origin's station."""

import gzip
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from evergreen import personal_columns, privacy
from evergreen.captured import unpacked
from evergreen.contracts import keys
from evergreen.contracts.capture import Capture, CapturedRow, Feedback, Outcome
from evergreen.contracts.dataset import TIME
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import (
    CHAMPION,
    Alias,
    Artifact,
    AuditEvent,
    Lineage,
    VersionDraft,
)
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.view_file import parse as parse_view
from evergreen.contracts.views import OnlineRow, ViewManifest, entity_key
from evergreen.digest import content_id
from evergreen.erasure import World
from evergreen.object_versions import VersionedStore
from evergreen.partitions import as_parquet, write_partition
from evergreen.view_builds import write_manifest

from tests.fakes.memory import FixedClock, MemoryOnlineStore, MemoryRegistry, MemoryStore
from tests.fakes.views import MemoryViews

AT = "2026-01-01T00:00:00.000Z"
MODEL, VIEW = "flights", "weather"
DAY = 86_400 * 10**9

Stations = Sequence[str]


def model_file(*, hashed: bool = False) -> ModelFile:
    """Flights, whose ``origin`` is a station of the view."""
    return parse(
        {
            "name": MODEL,
            "problem": "binary",
            "target": {"column": "late", "positive": "yes"},
            "time": {"column": "day", "unit": "date"},
            "features": {"distance": "number"},
            "protected": ["seat"],
            "views": {VIEW: {"on": {"station": "origin"}}},
            "personal": {"origin": "hash"} if hashed else {},
        }
    )


def view_file(*, hashed: bool = False) -> ViewFile:
    """The weather at a station."""
    return parse_view(
        {
            "name": VIEW,
            "entity": ["station"],
            "event_time": {"column": "at"},
            "columns": {"temp": "number"},
            "features": {"mean": {"of": "temp", "take": "mean", "over": "3h"}},
            "personal": {"station": "hash"} if hashed else {},
        }
    )


class Places:
    """Writes the entity to where the loop would, under its stored spelling."""

    def __init__(self, *, hashed: bool = False) -> None:
        self.clock = FixedClock()
        self.features, self.artifacts = MemoryStore(), MemoryStore()
        self.registry, self.views = MemoryRegistry(), MemoryViews()
        self.online = MemoryOnlineStore()
        self.world = World(self.features, self.artifacts, self.registry, self.views, self.online)
        self.model, self.view = model_file(hashed=hashed), view_file(hashed=hashed)
        self.registry.apply(self.model, "me", AT)
        self.views.apply(self.view, "me", AT)
        self.key = privacy.ensure_key(self.features)

    def stored(self, station: str) -> str:
        """What stands in data for a station."""
        hashed = "station" in self.view.personal
        return privacy.digest(station, self.key) if hashed else station

    def everything(self, stations: Stations) -> None:
        """Rows of all stations in all places."""
        self.source_rows("ds1", stations)
        for months in (("2025-11",), ("2025-11", "2025-12")):
            self.build(dict.fromkeys(months, stations))
        self.materialise(stations)
        self.capture("2025-12-01", stations)
        self.capture("2025-12-02", stations, role="shadow")
        self.feedback([f"2025-12-01-{n}" for n in range(len(stations))])
        self.score(stations)
        self.dataset("ds-flights", MODEL, {"origin": stations}, "raw/flights/a.csv")
        self.version("ds-flights")

    def source_rows(self, dataset: str, stations: Stations) -> None:
        """The view's typed rows of a dataset version."""
        table = self._rows(stations, "temp")
        key = keys.view(VIEW, f"rows/month=2025-12/{dataset}.parquet")
        self.features.write(key, as_parquet(table))

    def build(self, months: dict[str, Stations]) -> None:
        """A build of these months, committed; earlier builds stay below it."""
        name = content_id(months, self.views.view(VIEW).build)
        parts = [
            write_partition(self.features, VIEW, month, self._rows(stations, "mean"))
            for month, stations in months.items()
        ]
        manifest = ViewManifest(
            view=VIEW, build=name, revision=1, datasets=("ds1",), oldest="", newest="",
            rows=sum(p.rows for p in parts), rebuilt=tuple(months), partitions=tuple(parts),
        )  # fmt: skip
        write_manifest(self.features, manifest)
        self.views.commit_build(self.views.view(VIEW), name, AT)

    def materialise(self, stations: Stations) -> None:
        """Their newest rows in the online store."""
        rows = [
            OnlineRow(VIEW, entity_key([self.stored(s)]), n, n, {"mean": 1.0})
            for n, s in enumerate(stations, start=1)
        ]
        self.online.write(rows)

    def capture(self, day: str, stations: Stations, role: str = "champion") -> None:
        """A prediction for each; a shadow's has the first day's ids and no values."""
        first = "2025-12-01" if role == "shadow" else day
        rows = tuple(
            CapturedRow(
                f"{first}-{n}",
                {} if role == "shadow" else {"origin": self.stored(s), "distance": n + 0.1},
                0.5,
            )
            for n, s in enumerate(stations)
        )
        half = len(rows) // 2
        lines = [
            Capture(MODEL, 1, AT, part, role=role)  # type: ignore[arg-type]
            for part in (rows[:half], rows[half:])
            if part
        ]
        body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        key = f"captures/{MODEL}/dt={day}/{role}.gz"
        self.features.write(key, gzip.compress(body))

    def feedback(self, ids: Sequence[str]) -> None:
        """An outcome for each prediction."""
        line = Feedback(MODEL, AT, tuple(Outcome(one, "yes") for one in ids))
        body = msgspec.json.encode(line) + b"\n"
        self.features.write(f"feedback/{MODEL}/dt=2025-12-03/{content_id(ids)}.json", body)

    def score(self, stations: Stations) -> None:
        """A scored table that keeps the origin."""
        plan = [{
            "batch": "b1", "model": MODEL, "version": 1, "number": 0, "source": "raw/x", "tag": "t",
            "row_groups": [0], "first_row": 0, "first_source_row": 0, "rows": 1, "keep": ["origin"],
        }]  # fmt: skip
        self.features.write(keys.batch("b1", "plan.json"), json.dumps(plan).encode())
        columns = {"id": [f"b1-{n}" for n in range(len(stations))]}
        columns["origin"] = [self.stored(s) for s in stations]
        body = as_parquet(pa.table(columns))
        self.features.write(keys.batch("b1", "part-00000.parquet"), body)

    def dataset(self, dataset: str, owner: str, columns: dict[str, Stations], source: str) -> None:
        """A dataset version, its raw file and its feature set."""
        table = {name: [self.stored(s) for s in values] for name, values in columns.items()}
        self.features.write(keys.dataset(dataset, "data.parquet"), as_parquet(pa.table(table)))
        report = {"dataset": dataset, "model": owner, "sources": [{"key": source}]}
        self.features.write(keys.dataset(dataset, "report.json"), json.dumps(report).encode())
        text = "\n".join([",".join(columns), *(",".join(row) for row in zip(*columns.values()))])  # noqa: B905
        self.features.write(source, text.encode(errors="surrogatepass"))
        manifest = json.dumps({"feature_set": f"fs-{dataset}", "dataset": dataset}).encode()
        self.features.write(keys.feature_set(f"fs-{dataset}", "manifest.json"), manifest)

    def version(self, dataset: str) -> None:
        """A version that learned from a dataset, and serves."""
        run = f"run-{dataset}"
        lineage = Lineage(run, "manual", dataset, f"fs-{dataset}", (), 1, {}, 9, "")
        none = Artifact("models/x", "0", 0)
        draft = VersionDraft(
            model=MODEL, lineage=lineage, graph=none, pipeline=none, signature=none, profile=none,
            card=none, metrics={}, threshold=0.5,
        )  # fmt: skip
        made = self.registry.register(draft, "workflow", AT)
        alias = Alias(MODEL, CHAMPION, made.number, None, 1, AT, "me")
        event = AuditEvent(MODEL, AT, "promoted", "me", "", made.number)
        self.registry.move_alias(alias, event, expected=self.registry.alias(MODEL, CHAMPION))

    def _rows(self, stations: Stations, value: str) -> pa.Table:
        table = pa.table(
            {
                "station": pa.array([f"{s}" for s in stations], pa.string()),
                TIME: pa.array([n * DAY for n in range(len(stations))], pa.int64()),
                value: pa.array([n + 0.5 for n in range(len(stations))], pa.float64()),
            }
        )
        made: pa.Table = personal_columns.protect(
            table, self.view.personal, self.key, self.view.clean
        )
        return made


def rows(store: VersionedStore, *, without: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """Every row of every version of every object that has rows, with the object's key."""
    for version in store.versions(""):
        if version.key.startswith(tuple(without)):
            continue
        body = store.read_version(version)
        if version.key.endswith(".parquet"):
            for row in pq.read_table(io.BytesIO(body)).to_pylist():
                yield version.key, row
        elif version.key.startswith(("captures/", "feedback/")):
            for line in map(json.loads, unpacked(body).splitlines()):
                for row in line.get("rows", line.get("outcomes")):
                    yield version.key, row
