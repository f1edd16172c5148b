"""A division of a table as a feature set, in memory, and a run over it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from evergreen.contracts import keys
from evergreen.contracts.columns import Values, categories
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Run
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import RecordOutput, RunInput, TrainInput
from evergreen.feature_set import read_signature
from evergreen.features.describe import Input, column
from evergreen.features.reports import split_report
from evergreen.frame import Frame
from evergreen.graph import Graph
from evergreen.ports import Clock
from evergreen.prices import Worker
from evergreen.score.scorer import Scorer
from evergreen.train import train
from evergreen.tune.search import search
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.metrics import log_loss, root_mean_squared_error

from benchmarks.tuning.tables import TARGET, Task, task
from tests.fakes.memory import MemoryRegistry, MemoryStore

RUN, AT = "r1", "2026-01-01T00:00:00.000Z"
_VALIDATION = 0.25
_REFERENCE_ROWS = 500
"""Of the test rows, that train writes the pipeline's answers of; all are judged by the graph."""


class ClockOfTime(Clock):
    """What ``time.time`` says, which may be processor time."""

    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=time.time())


class World(Struct, frozen=True):
    """Both buckets, the registry, and what is asked."""

    task: Task
    file: ModelFile
    features: MemoryStore
    artifacts: MemoryStore
    registry: MemoryRegistry


def laid(place: Path, **search: Any) -> World:
    """A cloud that knows the division; ``search`` are keys of the model file's search."""
    asked = task(place)
    file = model_file(asked, **search)
    registry = MemoryRegistry()
    registry.apply(file, "benchmark", AT)
    world = World(asked, file, MemoryStore(), MemoryStore(), registry)
    lay(world, place)
    return world


def lay(world: World, place: Path) -> None:
    """Add a division, as a feature set of its folder's name."""
    asked, file = world.task, world.file
    parts = (pd.read_parquet(place / f"{part}.parquet") for part in ("train", "test"))
    rows, test = (frame(asked, part) for part in parts)
    first = round(len(rows) * (1 - _VALIDATION))
    splits = {
        "train": rows.take(slice(0, first)),
        "validation": rows.take(slice(first, len(rows))),
        "test": test.take(slice(0, _REFERENCE_ROWS)),
    }
    signature = Signature(
        inputs=tuple(column(file, Input(n, "request"), rows.columns[n]) for n in file.features),
        context=(),
        target=TARGET,
        classes=tuple(map(str, range(asked.classes))),
        problem=asked.problem,
    )
    _write(world, place.name, signature, splits)


def search_and_train(
    world: World, feature_set: str, run_id: str = RUN, worker: Worker | None = None
) -> RecordOutput:
    """A whole search and the last fit, in this process; gives the search's end."""
    run = RunInput(run_id=run_id, model=world.task.name, sources=())
    world.registry.open_run(
        Run(run_id=run_id, model=run.model, trigger="manual", sources=(), started_at=AT)
    )
    stores: Any = {
        "features": world.features,
        "artifacts": world.artifacts,
        "registry": world.registry,
    }
    ended = search(run, feature_set, **stores, clock=ClockOfTime(), worker=worker)
    train(TrainInput(run, feature_set), **stores)
    world.registry.close_run(run_id, "deployed", "", AT)
    return ended


def model_file(asked: Task, **search: Any) -> ModelFile:
    """The model file of a task."""
    target = {"column": TARGET} | ({"positive": "1"} if asked.problem == "binary" else {})
    texts = dict.fromkeys(asked.categories, "category")
    return parse(
        {
            "name": asked.name,
            "problem": asked.problem,
            "target": target,
            "features": dict.fromkeys(asked.numbers, "number") | texts,
            "metric": "log_loss" if asked.classes else "rmse",
            "search": {"trials": 9_999, "parallel": 1, **search},
        }
    )


def frame(asked: Task, rows: pd.DataFrame) -> Frame:
    """The rows as a feature set has them."""
    columns: dict[str, Values] = {
        name: rows[name].to_numpy(np.float32, na_value=np.nan) for name in asked.numbers
    }
    for name in asked.categories:
        columns[name] = categories(rows[name].fillna("").astype(str).to_numpy(dtype=str))
    kind = {"binary": np.int8, "multiclass": np.int16, "regression": np.float64}[asked.problem]
    return Frame(columns, rows[TARGET].to_numpy(kind), np.zeros(len(rows), dtype=np.int64))


def loss(world: World, place: Path) -> float:
    """What the graph's answers to the rows never seen cost: log loss, or the root of the mean
    squared error."""
    rows = frame(world.task, pd.read_parquet(place / "test.parquet"))
    found = answers(world, place.name, rows)
    if not world.task.classes:
        return float(root_mean_squared_error(rows.target, found))
    every = np.column_stack([1 - found, found]) if found.ndim == 1 else found
    return float(log_loss(rows.target, every, labels=range(world.task.classes)))


def answers(world: World, feature_set: str, rows: Frame, run_id: str = RUN) -> NDArray[np.float64]:
    """What the candidate's graph answers."""
    graph = Graph(world.artifacts.read(keys.candidate(run_id, "model.onnx")))
    signature = read_signature(world.features, feature_set)
    return Scorer("candidate", signature, graph).answers(rows.columns, len(rows))


def _write(world: World, name: str, signature: Signature, splits: dict[str, Frame]) -> None:
    reports = tuple(split_report(n, f, world.file, signature.classes) for n, f in splits.items())
    rows = sum(len(each) for each in splits.values())
    documents: dict[str, Any] = {
        "signature.json": signature,
        "manifest.json": Manifest(name, "d1", rows, "as the benchmark divides", reports),
    }
    for part, document in documents.items():
        world.features.write(keys.feature_set(name, part), msgspec.json.encode(document))
    for part, each in splits.items():
        world.features.write(keys.feature_set(name, f"{part}.npz"), each.to_npz())
