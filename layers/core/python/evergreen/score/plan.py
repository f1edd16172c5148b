"""Look at a table's files without reading their rows, and divide them into chunks."""

import math
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pyarrow as pa
from msgspec import Struct

from evergreen.completion import Completion
from evergreen.contracts import keys
from evergreen.contracts.batch import (
    CHUNKS_AT_MOST,
    ID,
    Chunk,
    PlanInput,
    PlanOutput,
    answer_columns,
)
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import CHAMPION, Version
from evergreen.contracts.signature import Signature
from evergreen.digest import content_id
from evergreen.errors import InvalidTable, NotFound
from evergreen.ports import ObjectStore, Registry
from evergreen.registered import read_signature
from evergreen.score.columns import misfit
from evergreen.score.complete import lacking
from evergreen.score.parquet import open_parquet

READABLE = ("raw/", "batches/")
"""Prefixes of the features bucket that tables are read from."""

_PARALLEL = 16


class _Source(Struct, frozen=True, eq=False):
    key: str
    tag: str
    schema: pa.Schema
    groups: tuple[int, ...]
    """Rows of each row group."""


def plan(
    given: PlanInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> PlanOutput:
    """Write ``plan.json``: which worker scores which row groups, by which version.

    Raises:
        NotFound: there is no such model, it has no champion, or there is no such table.
        InvalidTable: a file is no Parquet, or lacks a column, or holds one of another type.
    """
    version = _champion(registry, given.run.model)
    _check_forgotten(registry.model(given.run.model).file, given.keep)
    signature = read_signature(artifacts, version, f"champion v{version.number}")
    sources = _look(features, _keys(features, given.run.sources))
    for source in sources:
        _check(source, signature, given.keep)
    _check_alike(sources, given.keep)
    made_of = [(source.key, source.tag) for source in sources]
    # What is looked up is another the next time, so such a table is scored anew by every run.
    run = [given.run.run_id] if Completion(given.run.model, signature).needed else []
    batch = content_id(given.run.model, version.number, made_of, given.keep, *run)
    chunks = _divide(sources, batch, version, given.keep)
    rows = sum(chunk.rows for chunk in chunks)
    if not rows:
        raise InvalidTable(f"{sources[0].key} has no rows.")
    items = keys.batch(batch, "plan.json")
    features.write(items, msgspec.json.encode(chunks), "application/json")
    summary = f"{rows:,} rows in {len(chunks):,} chunks for version {version.number}"
    return PlanOutput(batch, items, len(chunks), rows, version.number, summary)


def _champion(registry: Registry, model: str) -> Version:
    registry.model(model)
    alias = registry.alias(model, CHAMPION)
    if alias is None:
        raise NotFound(f"Model '{model}' has no champion yet; train and promote a version.")
    return registry.version(model, alias.version)


def _keys(features: ObjectStore, sources: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for source in sources:
        if not source.startswith(READABLE):
            raise InvalidTable(
                f"'{source}' lies below neither {' nor '.join(READABLE)} in the features bucket;"
                " copy the table there."
            )
        below = features.keys(source) if source.endswith("/") else iter([source])
        found += [key for key in below if key.endswith(".parquet")]
        if not found:
            raise NotFound(f"There is no Parquet file at '{source}' in the features bucket.")
    if len(found) > CHUNKS_AT_MOST:
        raise InvalidTable(
            f"The table has {len(found):,} files and may have {CHUNKS_AT_MOST:,}; join some."
        )
    return found


def _look(features: ObjectStore, found: list[str]) -> list[_Source]:
    def look(key: str) -> _Source:
        tag = features.tag(key)
        file = open_parquet(features, key, tag)
        count = file.metadata.num_row_groups
        groups = tuple(file.metadata.row_group(group).num_rows for group in range(count))
        return _Source(key, tag, file.schema_arrow, groups)

    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(look, found))


def _check(source: _Source, signature: Signature, keep: tuple[str, ...]) -> None:
    there = set(source.schema.names)
    if gone := [*lacking(signature, there), *(name for name in keep if name not in there)]:
        raise InvalidTable(f"{source.key} lacks the column(s) {', '.join(dict.fromkeys(gone))}.")
    made = {ID, *answer_columns(signature.problem, signature.classes)}
    if taken := [name for name in keep if name in made]:
        raise InvalidTable(
            f"The column '{taken[0]}' cannot be kept: the predictions have one of that name."
        )
    found = [column for column in signature.inputs if column.name in there]
    wrong = [(c.name, misfit(c, source.schema.field(c.name).type)) for c in found]
    if told := [f"'{name}' {reason}" for name, reason in wrong if reason]:
        raise InvalidTable(f"{source.key}: column {'; column '.join(told)}.")


def _check_forgotten(model: ModelFile, keep: tuple[str, ...]) -> None:
    if forgotten := [name for name in keep if model.personal.get(name) == "drop"]:
        raise InvalidTable(
            f"The column '{forgotten[0]}' cannot be kept: the model file says personal: drop."
        )


def _check_alike(sources: list[_Source], keep: tuple[str, ...]) -> None:
    """Parts of one table have one schema."""
    first = sources[0]
    for source in sources[1:]:
        for name in keep:
            kinds = [s.schema.field(name).type for s in (first, source)]
            if kinds[0] != kinds[1]:
                raise InvalidTable(
                    f"The column '{name}' to keep is {kinds[0]} in {first.key} and {kinds[1]} in"
                    f" {source.key}; write both alike."
                )


def _divide(
    sources: list[_Source], batch: str, version: Version, keep: tuple[str, ...]
) -> list[Chunk]:
    """A chunk for each row group, or for so many neighbours that the chunks are not too many."""
    groups = sum(len(source.groups) for source in sources)
    together = math.ceil(groups / max(1, CHUNKS_AT_MOST - len(sources) + 1))
    chunks: list[Chunk] = []
    first_row = 0
    for source in sources:
        first_source_row = 0
        for start in range(0, len(source.groups), together):
            rows = sum(source.groups[start : start + together])
            chunk = Chunk(
                batch=batch,
                model=version.draft.model,
                version=version.number,
                number=len(chunks),
                source=source.key,
                tag=source.tag,
                row_groups=tuple(range(start, min(start + together, len(source.groups)))),
                first_row=first_row,
                first_source_row=first_source_row,
                rows=rows,
                keep=keep,
            )
            if rows:
                chunks.append(chunk)
            first_row += rows
            first_source_row += rows
    return chunks
