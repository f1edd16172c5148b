"""Rows in time whose relation to the target may change, as ``train`` is given them."""

from typing import Any, Literal

import msgspec
import numpy as np
from evergreen.contracts import keys
from evergreen.contracts.columns import Values
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile, Problem
from evergreen.contracts.signature import Column, Signature
from evergreen.contracts.stages import Configuration, TrainInput, TrialResult
from evergreen.estimators.results import write_result
from evergreen.frame import Frame
from evergreen.train.material import Material

from tests.fakes.learned import RUN, SET, World

RIDGE: Configuration = {"family": "ridge", "alpha": 1.0, "loss": "squared_error"}
LOGISTIC: Configuration = {"family": "logistic", "C": 1.0}
NAMES = ("a", "b", "c", "d", "e")
Change = Literal["none", "abrupt", "gradual"]
_HOUR = 3600 * 10**9
_OLD, _NEW = np.array([1.0, 0.5, 0, 0, 0.3]), np.array([-0.5, 0.5, 1.0, 0, 0.3])


def model_file(problem: Problem, **changes: Any) -> ModelFile:
    """A model of five numbers, split by time."""
    target = {"column": "y"} | ({"positive": "yes"} if problem == "binary" else {})
    stated = {
        "name": RUN.model,
        "problem": problem,
        "target": target,
        "features": dict.fromkeys(NAMES, "number"),
        "time": {"column": "when"},
    }
    return parse(stated | changes)


def drifting(problem: Problem, rows: int, seed: int, change: Change, at: float = 0.4) -> Frame:
    """An hour apart; at ``at`` of the rows, or little by little, another truth holds."""
    draw = np.random.default_rng(seed)
    inputs = draw.normal(size=(rows, len(NAMES)))
    passed = np.arange(rows) / rows
    share = {"none": np.zeros(rows), "abrupt": (passed >= at) * 1.0, "gradual": passed}[change]
    truth = (1 - share) * (inputs @ _OLD) + share * (inputs @ _NEW)
    target: Any = truth + draw.normal(size=rows)
    if problem == "binary":
        target = (draw.random(rows) < 1 / (1 + np.exp(-2 * truth))).astype(np.int8)
    columns: dict[str, Values] = {n: inputs[:, i].astype(np.float32) for i, n in enumerate(NAMES)}
    return Frame(columns, target, (1 + np.arange(rows)) * _HOUR)


def material(file: ModelFile, rows: Frame) -> Material:
    """Three, one and one fifth of the rows, oldest first."""
    signature = Signature(
        inputs=tuple(Column(name, "number") for name in NAMES),
        context=("when",),
        target="y",
        classes=("no", "yes") if file.problem == "binary" else (),
        problem=file.problem,
        time=file.time,
    )
    first, second = len(rows) * 3 // 5, len(rows) * 4 // 5
    parts = (slice(0, first), slice(first, second), slice(second, None))
    manifest = Manifest(SET, "d1", len(rows), "", ())
    train, validation, test = (rows.take(part) for part in parts)
    return Material(RUN.run_id, SET, file, signature, manifest, train, validation, test)


def world(made: Material, *configurations: Configuration) -> tuple[World, TrainInput]:
    """The material as stages find it, with a finished trial of each configuration."""
    found = World()
    found.registry.apply(made.file, "tester", "2026-01-01T00:00:01.000Z")
    for name in ("train", "validation", "test"):
        found.put(name, getattr(made, name))
    body = msgspec.json.encode(made.signature)
    found.features.write(keys.feature_set(SET, "signature.json"), body)
    for number, each in enumerate(configurations, 1):
        write_result(found.artifacts, RUN.run_id, TrialResult(number, each, 0.5, 1.0, ""))
    return found, TrainInput(RUN, SET)
