"""Score one chunk of a table.

The part is named by its batch and its number, and its report is written last: a worker that is
killed leaves a chunk that was not done, and one that runs again finds what is done already.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evergreen.completion import Completion, Gap
from evergreen.contracts import keys
from evergreen.contracts.batch import (
    ID,
    REFUSED_COLUMNS,
    Chunk,
    ChunkInput,
    ChunkOutput,
    PartReport,
)
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Signature
from evergreen.errors import EvergreenError, NotFound
from evergreen.personal_columns import protect
from evergreen.ports import Clock, ObjectStore, OnlineStore, Registry
from evergreen.privacy import key_for
from evergreen.score import answers
from evergreen.score.columns import Checked, check
from evergreen.score.complete import complete, needed
from evergreen.score.parquet import open_parquet
from evergreen.score.scorer import Scorer, load

ROWS_AT_ONCE = 65_536
"""Rows decoded and scored together; bounds the memory of a chunk, however large its row groups."""


def chunk(
    given: ChunkInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    online: OnlineStore,
    clock: Clock,
) -> ChunkOutput:
    """Write the chunk's part, the rows that were refused, and the report of both.

    Raises:
        Conflict: the table was replaced since it was planned.
        ArtifactChanged: graph or signature is not what was registered.
    """
    asked = given.chunk
    report = find_report(features, asked)
    if report is None:
        try:
            report = _score(asked, features, artifacts, registry, _Complete(online, clock))
        except EvergreenError as error:
            # The map does not hand on why a chunk failed; the end of the batch reads it here.
            why = keys.batch(asked.batch, f"failed-{asked.number:05}.txt")
            features.write(why, error.sentence.encode(), "text/plain")
            raise
    refused = f", {report.refused:,} refused" if report.refused else ""
    return ChunkOutput(report.number, f"{report.predicted:,} rows{refused}")


def find_report(features: ObjectStore, asked: Chunk) -> PartReport | None:
    """The report of a chunk that is done, None for another."""
    try:
        body = features.read(keys.batch(asked.batch, f"part-{asked.number:05}.json"))
    except NotFound:
        return None
    return msgspec.json.decode(body, type=PartReport)


class _Complete:
    """Adds to a batch what serving would know by itself."""

    def __init__(self, online: OnlineStore, clock: Clock) -> None:
        self._online, self._clock = online, clock

    def __call__(
        self, asked: Chunk, signature: Signature, batch: pa.RecordBatch
    ) -> tuple[pa.RecordBatch, list[Gap]]:
        now = int(self._clock.now().timestamp() * 1000) * 10**6
        completion = Completion(asked.model, signature)
        return complete(completion, signature, batch, self._online.read, now)


def _score(
    asked: Chunk,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    completed: _Complete,
) -> PartReport:
    version = registry.version(asked.model, asked.version)
    scorer = load(version, artifacts, f"version {asked.version}")
    file = open_parquet(features, asked.source, asked.tag)
    hide = _hiding(features, registry.model(asked.model).file)
    schema = hide(file.schema_arrow.empty_table()).schema
    part, refused = _Part(schema, asked, version, scorer), _Refused(asked)
    unseen: Counter[str] = Counter()
    at = 0
    for batch in map(hide, _batches(file, asked, scorer)):
        whole, gaps = completed(asked, scorer.signature, batch)
        checked, scores = answers.answered(scorer, check(scorer.signature, whole, gaps))
        part.add(batch, checked, scores, asked.first_row + at)
        refused.add(checked, at)
        unseen.update(checked.unseen)
        at += batch.num_rows
    features.write(keys.batch(asked.batch, f"part-{asked.number:05}.parquet"), part.close())
    if refused.lines:
        key = keys.batch(asked.batch, f"refused-{asked.number:05}.parquet")
        features.write(key, refused.parquet())
    report = PartReport(
        number=asked.number,
        rows=at,
        predicted=part.rows,
        refused=at - part.rows,
        unseen=dict(unseen),
        reasons=refused.reasons(),
    )
    body = msgspec.json.encode(report)
    features.write(keys.batch(asked.batch, f"part-{asked.number:05}.json"), body)
    return report


def _hiding(features: ObjectStore, model: ModelFile) -> Callable[[Any], Any]:
    """What hashes the personal columns of a table, or of some of its rows."""
    key = key_for(features, model.personal)
    return partial(protect, personal=model.personal, key=key, clean=model.clean)


def _batches(file: pq.ParquetFile, asked: Chunk, scorer: Scorer) -> Iterator[pa.RecordBatch]:
    wanted = dict.fromkeys([*needed(scorer.signature, file.schema_arrow.names), *asked.keep])
    yield from file.iter_batches(
        batch_size=ROWS_AT_ONCE,
        row_groups=list(asked.row_groups),
        columns=list(wanted),
        use_threads=False,
    )


class _Part:
    """The predictions of a chunk, as they are written."""

    def __init__(self, schema: pa.Schema, asked: Chunk, version: Version, scorer: Scorer) -> None:
        made = [pa.field(ID, pa.string()), *answers.fields(scorer.signature)]
        kept = [pa.field(name, schema.field(name).type) for name in asked.keep]
        self._schema = pa.schema(made + kept)
        self._body = io.BytesIO()
        self._writer = pq.ParquetWriter(self._body, self._schema, compression="zstd")
        self._asked, self._signature = asked, scorer.signature
        self._threshold = version.draft.threshold
        self.rows = 0

    def add(
        self,
        batch: pa.RecordBatch,
        checked: Checked,
        scores: NDArray[np.float64],
        first_row: int,
    ) -> None:
        """Write the answers of the rows that fit."""
        numbers = np.flatnonzero(checked.fits)
        kept = batch.select(self._asked.keep).filter(pa.array(checked.fits))
        columns = [
            _ids(self._asked.batch, numbers + first_row),
            *answers.columns(self._signature, self._threshold, scores),
            *kept.columns,
        ]
        self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self.rows += len(numbers)

    def close(self) -> bytes:
        """The part's Parquet."""
        self._writer.close()
        return self._body.getvalue()


def _ids(batch: str, numbers: NDArray[np.int64]) -> pa.Array:
    """A prediction's id is its batch and the number of its row in it."""
    return pc.binary_join_element_wise(batch, pa.array(numbers).cast(pa.string()), "-")


class _Refused:
    """Rows of a chunk that do not fit, a line for each reason."""

    def __init__(self, asked: Chunk) -> None:
        self._asked = asked
        self.lines: list[tuple[str, str, int, str, str]] = []

    def add(self, checked: Checked, at: int) -> None:
        """Note the problems of rows that begin at ``at`` within the chunk."""
        asked = self._asked
        for row, column, reason in checked.problems:
            identity = f"{asked.batch}-{asked.first_row + at + row}"
            in_source = asked.first_source_row + at + row
            self.lines.append((identity, asked.source, in_source, column, reason))

    def reasons(self) -> dict[str, int]:
        """How often which column was wrong for which reason."""
        return dict(Counter(f"{column}: {reason}" for *_, column, reason in self.lines))

    def parquet(self) -> bytes:
        """The lines as a table of :data:`REFUSED_COLUMNS`."""
        columns = [pa.array(values) for values in zip(*self.lines, strict=True)]
        body = io.BytesIO()
        pq.write_table(pa.table(columns, names=list(REFUSED_COLUMNS)), body, compression="zstd")
        return body.getvalue()
