"""A small feature set with something to learn, and the model that asks for it."""

from typing import Any

import msgspec
import numpy as np
from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile, Problem
from evergreen.contracts.registry import Run
from evergreen.contracts.signature import Column, Signature
from evergreen.contracts.stages import RunInput, SuggestInput, Trial
from evergreen.frame import Frame
from evergreen.ports import iso
from evergreen.prices import Worker
from evergreen.tune import record, suggest, trial
from evergreen.tune.search import search
from msgspec.structs import replace
from numpy.typing import NDArray

from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryStore

AT = "2026-01-01T00:00:00.000Z"
RUN = RunInput(run_id="run-1", model="churn", sources=("raw/churn.csv",))
SET = "set-1"
GIVEN = SuggestInput(RUN, SET)
SIGNATURE = Signature(
    inputs=(
        Column("speed", "number"),
        Column("age", "number", nullable=True),
        Column("seat", "category", values=("back", "front")),
        Column("empty number", "number", nullable=True),
        Column("empty category", "category"),
    ),
    context=("sex",),
    target="left",
    classes=("no", "yes"),
)


CLASSES: dict[Problem, tuple[str, ...]] = {
    "binary": SIGNATURE.classes,
    "multiclass": ("east", "north", "south", "west"),
    "regression": (),
    "forecast": (),
}


def signature_of(problem: Problem) -> Signature:
    """The signature of the same columns for another problem."""
    return replace(SIGNATURE, problem=problem, classes=CLASSES[problem])


def model_file(**changes: Any) -> ModelFile:
    """The model file of the runs below."""
    document: dict[str, Any] = {
        "name": "churn",
        "problem": "binary",
        "target": {"column": "left", "positive": "yes"},
        "features": {column.name: column.type for column in SIGNATURE.inputs},
        "protected": ["sex"],
        "search": {"trials": 5, "parallel": 2, "seed": 3},
    }
    if changes.get("problem") != "forecast":
        document["search"] |= {"folds": 2}
    return parse(document | changes)


def frame(rows: int, seed: int, problem: Problem = "binary") -> Frame:
    """Rows whose outcome depends on speed, age and seat; ages are missing, seats are unseen."""
    draw = np.random.default_rng(seed)
    speed = draw.normal(size=rows).astype(np.float32)
    age = draw.lognormal(3, 0.5, rows).astype(np.float32)
    age[draw.random(rows) < 0.1] = np.nan
    seat = draw.choice(["back", "front", "roof", ""], rows, p=[0.5, 0.4, 0.05, 0.05])
    log_odds = 1.5 * speed + 0.03 * np.nan_to_num(age) + (seat == "front") - 2
    columns = {
        "speed": speed,
        "age": age,
        "seat": seat,
        "empty number": np.full(rows, np.nan, dtype=np.float32),
        "empty category": np.full(rows, ""),
        "sex": draw.choice(["f", "m"], rows),
    }
    target = _target(problem, log_odds, draw)
    return Frame(columns, target, np.arange(1, rows + 1, dtype=np.int64) * 86_400 * 10**9)


def _target(problem: Problem, log_odds: NDArray[Any], draw: np.random.Generator) -> NDArray[Any]:
    if problem == "binary":
        return (draw.random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    noisy = log_odds + draw.normal(size=len(log_odds))
    if problem == "multiclass":
        return np.searchsorted([-3, -1, 1], noisy).astype(np.int16)
    return 1e6 + 250 * noisy


class World:
    """The adapters that learning stages are given, with a feature set and an open run in them."""

    def __init__(self, **changes: Any) -> None:
        self.features = MemoryStore()
        self.artifacts = MemoryStore()
        self.registry = MemoryRegistry()
        self.clock = FixedClock()
        self.splits: dict[str, SplitReport] = {}
        self.registry.apply(model_file(**changes), "tester", AT)
        self.open(RUN)
        self.put("train", frame(400, 1))
        self.put("validation", frame(200, 2))
        self.put("test", frame(300, 3))
        body = msgspec.json.encode(SIGNATURE)
        self.features.write(keys.feature_set(SET, "signature.json"), body)

    def open(self, run: RunInput) -> None:
        """Record the run as running."""
        at = iso(self.clock.now())
        self.registry.open_run(
            Run(run_id=run.run_id, model=run.model, trigger="", sources=(), started_at=at)
        )

    def put(self, split: str, rows: Frame) -> None:
        """Make ``rows`` a split of the feature set."""
        self.features.write(keys.feature_set(SET, f"{split}.npz"), rows.to_npz())
        self.splits[split] = SplitReport(split, len(rows), {}, None, "", "")
        total = sum(report.rows for report in self.splits.values())
        manifest = Manifest(SET, "d1", total, "", tuple(self.splits.values()))
        self.features.write(keys.feature_set(SET, "manifest.json"), msgspec.json.encode(manifest))

    def stores(self) -> dict[str, Any]:
        """What every step of the search is given."""
        return {"artifacts": self.artifacts, "registry": self.registry, "clock": self.clock}

    def suggest(self) -> tuple[Trial, ...]:
        """The next round."""
        return suggest(GIVEN, **self.stores(), features=self.features, worker=Worker()).trials

    def try_(self, given: Trial) -> Any:
        """Run one trial."""
        return trial(given, **self.stores(), features=self.features, worker=Worker())

    def record(self) -> Any:
        """Sum the search up."""
        return record(GIVEN, **self.stores(), worker=Worker())

    def tune(self) -> Any:
        """Search until it is done."""
        return search(RUN, SET, **self.stores(), features=self.features)
