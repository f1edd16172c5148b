"""A small world in which tables are scored, without a workflow."""

import io
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from evergreen.contracts.batch import (
    Chunk,
    ChunkInput,
    ChunkOutput,
    FinishInput,
    Manifest,
    PlanInput,
    PlanOutput,
)
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput
from evergreen.score import chunk, finish, plan

from tests.fakes.serving import AT, MODEL, World

RUN = RunInput(run_id="batch-1", model=MODEL, sources=("raw/crash/a.parquet",), trigger="batch")


def world() -> World:
    """A served model, and the run that scores for it."""
    made = World()
    made.serve(threshold=0.45)
    open_run(made)
    return made


def open_run(world: World) -> None:
    """Record the run that scores."""
    world.registry.open_run(
        Run(run_id=RUN.run_id, model=MODEL, trigger="batch", sources=RUN.sources, started_at=AT)
    )


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Rows that the model takes, with missing and unseen values, and a key."""
    random = np.random.default_rng(seed)
    return [
        {
            "age": int(random.integers(18, 90)),
            "speed": None if random.random() < 0.1 else float(random.normal(50, 10)),
            "belt": str(random.choice(["none", "belted", "new"])),
            "role": None if random.random() < 0.1 else str(random.choice(["1", "driver"])),
            "key": number,
        }
        for number in range(count)
    ]


def store(
    world: World, table: Any, key: str = "raw/crash/a.parquet", group: int | None = None
) -> None:
    """Write a table, or rows, as Parquet in groups of ``group`` rows."""
    if isinstance(table, list):
        table = pa.Table.from_pylist(table)
    body = io.BytesIO()
    pq.write_table(table, body, row_group_size=group)
    world.features.write(key, body.getvalue())


def planned(
    world: World, keep: tuple[str, ...] = (), sources: tuple[str, ...] = RUN.sources
) -> tuple[PlanOutput, list[Chunk]]:
    """The plan and its chunks."""
    given = PlanInput(msgspec.structs.replace(RUN, sources=sources), keep)
    made = plan(given, features=world.features, artifacts=world.artifacts, registry=world.registry)
    return made, msgspec.json.decode(world.features.read(made.items), type=list[Chunk])


def work(world: World, asked: Chunk) -> ChunkOutput:
    """Score one chunk."""
    return chunk(
        ChunkInput(RUN, asked),
        features=world.features,
        artifacts=world.artifacts,
        registry=world.registry,
        online=world.online,
        clock=world.clock,
    )


def end(world: World, made: PlanOutput) -> Manifest:
    """Close the batch."""
    output = finish(
        FinishInput(RUN, made), features=world.features, registry=world.registry, clock=world.clock
    )
    return msgspec.json.decode(world.features.read(output.manifest), type=Manifest)


def scored(
    world: World, keep: tuple[str, ...] = (), sources: tuple[str, ...] = RUN.sources
) -> Manifest:
    """A whole batch."""
    made, chunks = planned(world, keep, sources)
    for asked in chunks:
        work(world, asked)
    return end(world, made)


def read(world: World, files: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of some of a batch's files."""
    return pa.concat_tables(
        [pq.read_table(io.BytesIO(world.features.read(key))) for key in files]
    ).to_pylist()


def without_key(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the API takes it."""
    return {name: value for name, value in row.items() if name != "key"}
