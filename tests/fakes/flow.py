"""A small table for each problem, and a run that takes it from dataset to version."""

import io
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile, Problem
from evergreen.contracts.registry import CHAMPION, Alias, AuditEvent, Run, Version
from evergreen.contracts.stages import (
    EvaluateInput,
    FeaturesInput,
    RegisterInput,
    RunInput,
    ScoreInput,
    TrainInput,
)
from evergreen.contracts.verdict import Verdict
from evergreen.evaluate import evaluate
from evergreen.features import features
from evergreen.register import register
from evergreen.score import score
from evergreen.train import train
from evergreen.tune.search import search

from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryStore
from tests.fakes.views import MemoryViews

MODEL, DATASET, AT = "wind", "d1", "2026-01-01T00:00:00.000Z"
HOUR = 3600 * 10**9
PROBLEMS: tuple[Problem, ...] = ("binary", "multiclass", "regression", "forecast")
_TARGETS: dict[str, Any] = {
    "binary": {"target": {"column": "high", "positive": "yes"}},
    "multiclass": {"target": {"column": "state"}},
    "regression": {"target": {"column": "power"}},
    "forecast": {
        "target": {"column": "power"},
        "calendar": ["hour"],
        "forecast": {"step": "1h", "horizon": 3, "lags": [3, 24], "series": ["turbine"]},
    },
}


def model_file(problem: Problem, **changes: Any) -> ModelFile:
    """A model of two numbers and a category, split by time."""
    stated: dict[str, Any] = {
        "name": MODEL,
        "problem": problem,
        "features": {"speed": "number", "angle": "number", "mode": "category"},
        "time": {"column": "when"},
        "protected": ["turbine"],
        "search": {"trials": 3, "parallel": 3, "seed": 1},
        "gates": {"fairness_gap": 0.5},
        **_TARGETS[problem],
    }
    if problem != "forecast":
        stated["search"]["folds"] = 2
    return parse({key: value for key, value in (stated | changes).items() if value is not None})


def table(rows: int = 600, seed: int = 0) -> dict[str, Any]:
    """Two turbines, an hour apart; every column that any of the models takes."""
    draw = np.random.default_rng(seed)
    hours = np.arange(rows) // 2
    speed = 6 + 2 * np.sin(hours / 24 * 2 * np.pi) + draw.normal(0, 1, rows)
    mode = draw.choice(["auto", "hand", ""], rows, p=[0.6, 0.3, 0.1])
    power = 1e6 + 300 * speed + 500 * (mode == "hand") + draw.normal(0, 100, rows)
    time = hours * HOUR + 1_400_000_400 * 10**9 // HOUR * HOUR
    cuts = np.quantile(power, [0.3, 0.7])
    return {
        "speed": np.where(draw.random(rows) < 0.1, np.nan, speed),
        "angle": draw.normal(0, 1, rows),
        "mode": mode,
        "turbine": np.where(np.arange(rows) % 2, "T1", "T2"),
        "when": time.astype("M8[ns]").astype(str),
        "power": power,
        "high": np.where(power > np.median(power), "yes", "no"),
        "state": np.array(["low", "middle", "top"])[np.searchsorted(cuts, power)],
        TIME: time.astype(np.int64),
    }


class World:
    """Buckets and a registry that knows one model and one dataset."""

    def __init__(self, problem: Problem, rows: dict[str, Any] | None = None, **changes: Any):
        self.features, self.artifacts = MemoryStore(), MemoryStore()
        self.registry, self.clock = MemoryRegistry(), FixedClock()
        self.file = model_file(problem, **changes)
        self.registry.apply(self.file, "somebody", AT)
        self.put(table() if rows is None else rows)

    def put(self, rows: dict[str, Any], *, encoded: bool = True) -> None:
        """Lay the dataset down, missing numbers as null and text as a dictionary."""
        made = {name: pa.array(values, from_pandas=True) for name, values in rows.items()}
        if encoded:
            text = pa.types.is_string
            made = {n: v.dictionary_encode() if text(v.type) else v for n, v in made.items()}
        body = io.BytesIO()
        pq.write_table(pa.table(made), body, row_group_size=100)
        self.features.write(keys.dataset(DATASET, "data.parquet"), body.getvalue())

    def split(self) -> str:
        """Make the dataset's feature set."""
        run = RunInput(run_id="r0", model=MODEL, sources=())
        given = FeaturesInput(run, DATASET)
        return features(
            given, store=self.features, registry=self.registry, views=MemoryViews()
        ).feature_set

    def document(self, feature_set: str, name: str, kind: Any) -> Any:
        """A JSON document of the feature set."""
        return msgspec.json.decode(
            self.features.read(keys.feature_set(feature_set, name)), type=kind
        )

    def learn(self, run_id: str = "r1") -> tuple[Verdict, str]:
        """Tune, train, score and evaluate; the verdict and what the stage says of it."""
        run = RunInput(run_id=run_id, model=MODEL, sources=("raw/a.csv",))
        self.registry.open_run(
            Run(run_id=run_id, model=MODEL, trigger="", sources=(), started_at=AT)
        )
        feature_set = self.split()
        both: Any = {
            "features": self.features,
            "artifacts": self.artifacts,
            "registry": self.registry,
        }
        search(run, feature_set, **both, clock=self.clock)
        train(TrainInput(run, feature_set), **both)
        scored = score(ScoreInput(run, feature_set), **both)
        output = evaluate(
            EvaluateInput(run, feature_set, scored.champion), **both, clock=self.clock
        )
        return msgspec.json.decode(
            self.artifacts.read(output.verdict), type=Verdict
        ), output.summary

    def register(self, run_id: str = "r1") -> Version:
        """Make the run's candidate a version, and the version the champion."""
        run = RunInput(run_id=run_id, model=MODEL, sources=("raw/a.csv",))
        given = RegisterInput(run, DATASET, self.split())
        number = register(
            given,
            features=self.features,
            artifacts=self.artifacts,
            registry=self.registry,
            clock=self.clock,
        ).version
        before = self.registry.alias(MODEL, CHAMPION)
        alias = Alias(MODEL, CHAMPION, number, None, 1, AT, "somebody")
        event = AuditEvent(MODEL, AT, "promoted", "somebody", "", number)
        self.registry.move_alias(alias, event, expected=before)
        return self.registry.version(MODEL, number)
