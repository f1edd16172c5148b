"""Close a batch: all chunks are there, or a sentence says which are not and why."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import msgspec

from evergreen.contracts import keys
from evergreen.contracts.batch import Chunk, FinishInput, FinishOutput, Manifest, PartReport
from evergreen.errors import EvergreenError, NotFound
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.score.chunk import find_report

_PARALLEL = 16


class BatchIncomplete(EvergreenError):
    """Chunks of a batch failed for good."""

    title = "Batch incomplete"


def finish(
    given: FinishInput, *, features: ObjectStore, registry: Registry, clock: Clock
) -> FinishOutput:
    """Write ``manifest.json`` and close the run as scored.

    Raises:
        BatchIncomplete: a chunk left no report.
    """
    chunks = msgspec.json.decode(features.read(given.plan.items), type=list[Chunk])
    with ThreadPoolExecutor(_PARALLEL) as pool:
        found = list(pool.map(lambda chunk: find_report(features, chunk), chunks))
    missing = [chunk for chunk, report in zip(chunks, found, strict=True) if report is None]
    if missing:
        raise BatchIncomplete(_sentence(missing, len(chunks), features))
    reports = [report for report in found if report]
    now = iso(clock.now())
    manifest = _manifest(given, chunks, reports, now)
    key = keys.batch(manifest.batch, "manifest.json")
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    features.write(key, body, "application/json")
    refused = f", {manifest.refused:,} refused" if manifest.refused else ""
    summary = f"{manifest.predicted:,} rows scored by version {manifest.version}{refused}"
    registry.close_run(given.run.run_id, "scored", summary, now)
    return FinishOutput(key, manifest.rows, manifest.predicted, manifest.refused, summary)


def _manifest(
    given: FinishInput, chunks: list[Chunk], reports: list[PartReport], now: str
) -> Manifest:
    unseen: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for report in reports:
        unseen.update(report.unseen)
        reasons.update(report.reasons)
    batch = given.plan.batch
    return Manifest(
        batch=batch,
        model=given.run.model,
        version=given.plan.version,
        sources=tuple(dict.fromkeys(chunk.source for chunk in chunks)),
        rows=sum(report.rows for report in reports),
        predicted=sum(report.predicted for report in reports),
        refused=sum(report.refused for report in reports),
        unseen=dict(unseen),
        reasons=dict(reasons),
        files=tuple(keys.batch(batch, f"part-{r.number:05}.parquet") for r in reports),
        refused_files=tuple(
            keys.batch(batch, f"refused-{r.number:05}.parquet") for r in reports if r.refused
        ),
        finished_at=now,
    )


def _sentence(missing: list[Chunk], chunks: int, features: ObjectStore) -> str:
    first = missing[0]
    try:
        why = features.read(keys.batch(first.batch, f"failed-{first.number:05}.txt")).decode()
    except NotFound:
        why = "its worker stopped without saying why; see the log of the function that scores."
    return (
        f"{len(missing):,} of {chunks:,} chunks failed; score the same table again to redo these"
        f" alone. Chunk {first.number}, {first.rows:,} rows of {first.source}: {why}"
    )
