"""A served model of each problem, with the pipeline that its graph was made of."""

from functools import cache
from typing import Any

import numpy as np
from evergreen.contracts.explanation import Explanation
from evergreen.contracts.model_file import METRICS, Problem
from evergreen.contracts.registry import Version
from evergreen.contracts.signature import Column, Signature
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from skl2onnx import to_onnx
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from tests.fakes.serving import BACKGROUND, SIGNATURE, World, model_file

PROBLEMS: tuple[Problem, ...] = ("binary", "multiclass", "regression", "forecast")
CLASSES = ("2", "alive", "dead", "unhurt")
_FILES: dict[Problem, dict[str, Any]] = {
    "binary": {},
    "multiclass": {"target": {"column": "dead"}},
    "regression": {"target": {"column": "dead"}},
    "forecast": {
        "target": {"column": "dead"},
        "time": {"column": "at"},
        "forecast": {"step": "1h", "horizon": 24},
    },
}


class Fitted(Struct, frozen=True, eq=False):
    """A scikit-learn model of the served columns, and its graph."""

    model: Any
    graph: bytes

    def answers(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """What it answers, shape (n, k), numbers with k = 1."""
        if hasattr(self.model, "predict_proba"):
            return np.asarray(self.model.predict_proba(matrix), dtype=np.float64)
        return np.asarray(self.model.predict(matrix), dtype=np.float64)[:, np.newaxis]


def signature(problem: Problem, *inputs: Column) -> Signature:
    """The served model's, as one of that problem; with ``inputs``, of these columns."""
    classes = {"binary": SIGNATURE.classes, "multiclass": CLASSES}.get(problem, ())
    return replace(SIGNATURE, problem=problem, classes=classes, inputs=inputs or SIGNATURE.inputs)


@cache
def fitted(problem: Problem, seed: int = 0) -> Fitted:
    """A model of the served columns; another seed, another model."""
    random = np.random.default_rng(seed)
    rows = random.normal(40, 20, (400, 4)).astype(np.float32)
    rows[:, 2:] = random.integers(-1, 3, (400, 2))
    rows[::7, 1] = np.nan
    score = rows[:, 0] + 30 * rows[:, 2] + random.normal(0, 20, 400)
    if problem in ("binary", "multiclass"):
        edges = [50.0] if problem == "binary" else [20.0, 50.0, 80.0]
        model: Any = HistGradientBoostingClassifier(max_iter=5, random_state=seed)
        model.fit(rows, np.digitize(score, edges))
        options: Any = {id(model): {"zipmap": False}}
    else:
        model = HistGradientBoostingRegressor(max_iter=5, random_state=seed).fit(rows, score)
        options = None
    made = to_onnx(model, rows[:1], options=options, target_opset=17)
    return Fitted(model, bytes(made.SerializeToString()))


def world(problem: Problem, explanation: Explanation | None = BACKGROUND) -> World:
    """A world whose champion answers that problem."""
    made = World(model_file(problem=problem, **_FILES[problem]))
    serve(made, problem, explanation=explanation)
    return made


def serve(
    made: World, problem: Problem, seed: int = 0, explanation: Explanation | None = BACKGROUND
) -> Version:
    """Register one more version and make it the champion."""
    version = made.register(
        0.5,
        explanation,
        body=fitted(problem, seed).graph,
        signature=signature(problem),
        metrics=dict.fromkeys(METRICS[problem], 0.75),
    )
    made.promote(version.number)
    return version


def steep() -> World:
    """A served regression whose answers leave what 32 bits hold."""
    far = LinearRegression().fit(np.eye(4, dtype=np.float32), np.ones(4))
    far.coef_ = np.full(4, 1e38)
    body = to_onnx(far, np.zeros((1, 4), np.float32), target_opset=17).SerializeToString()
    made = World(model_file(problem="regression", target={"column": "dead"}))
    version = made.register(body=body, signature=signature("regression"))
    made.promote(version.number)
    return made
