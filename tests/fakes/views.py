"""Feature views in memory, and a small world in which one is built."""

import io
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.stages import BuildInput, BuildOutput, RunInput
from evergreen.contracts.view_file import ViewFile
from evergreen.contracts.views import View, ViewManifest
from evergreen.features import build
from evergreen.ports import Views
from evergreen.simulation.views import MemoryViews
from evergreen.view_builds import read_manifest

from tests.fakes.memory import FixedClock, MemoryStore

AT = "2026-01-01T00:00:00.000Z"


class BetweenReadAndCommit(MemoryViews):
    """Runs something else once, after a build has read the view and before it commits."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then = [then]

    def commit_build(self, view: View, build: str, at: str) -> View:
        if self._then:
            self._then.pop()()
        return super().commit_build(view, build, at)


class ViewWorld:
    """A features bucket and one applied view."""

    def __init__(self, file: ViewFile, views: Views | None = None) -> None:
        self.file = file
        self.features, self.clock = MemoryStore(), FixedClock()
        self.views = views or MemoryViews()
        self.views.apply(file, "ann", AT)

    def dataset(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Lay down a dataset as ingest does, with CREATED where the file states a created time."""
        columns = dict.fromkeys(self.file.entity, pa.string())
        columns |= {TIME: pa.int64()} | ({CREATED: pa.int64()} if self.file.created_time else {})
        for column, kind in self.file.columns.items():
            columns[column] = pa.float64() if kind == "number" else pa.string()
        table = pa.table({n: pa.array([r[n] for r in rows], t) for n, t in columns.items()})
        body = io.BytesIO()
        pq.write_table(table, body)
        self.features.write(keys.dataset(name, "data.parquet"), body.getvalue())

    def build(self, dataset: str) -> BuildOutput:
        """Add a dataset to the view."""
        run = RunInput(run_id=f"r-{dataset}", model=f"view/{self.file.name}", sources=())
        given = BuildInput(run, dataset)
        return build(given, store=self.features, views=self.views, clock=self.clock)

    @property
    def manifest(self) -> ViewManifest:
        """Of the newest build."""
        found = read_manifest(self.features, self.views.view(self.file.name))
        assert found is not None
        return found

    def rows(self) -> pa.Table:
        """All feature rows of the newest build."""
        parts = (self.features.read(part.key) for part in self.manifest.partitions)
        return pa.concat_tables([pq.read_table(io.BytesIO(part)) for part in parts])
