"""Fitted models with what explains them, and a plain table with more columns to learn from."""

from functools import cache

import numpy as np
from evergreen.contracts.explanation import Explanation
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.stages import Configuration
from evergreen.estimators.explanation import explanation
from evergreen.estimators.pipeline import fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.frame import Frame
from evergreen.graph import Graph
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

CONFIGURATIONS: dict[str, Configuration] = {
    "logistic": {FAMILY: "logistic", "C": 1.0},
    "gradient boosting": {
        FAMILY: "gradient boosting",
        "learning_rate": 0.1,
        "max_iter": 40,
        "max_leaf_nodes": 8,
    },
    "extra trees": {FAMILY: "extra trees", "max_depth": 6, "min_samples_leaf": 5},
}


class Explained(Struct, frozen=True, eq=False):
    """A fitted pipeline, its graph, its explanation and the encoded rows it learned from."""

    signature: Signature
    pipeline: Pipeline
    graph: Graph
    explanation: Explanation
    matrix: NDArray[np.float32]


@cache
def fitted(family: str, columns: int) -> Explained:
    """A model of ``columns`` columns: every third a category, every fourth with missing numbers."""
    signature = Signature(tuple(_column(n) for n in range(columns)), (), "left", ("no", "yes"))
    rows = _rows(signature)
    pipeline = fit(signature, CONFIGURATIONS[family], rows)
    return Explained(
        signature,
        pipeline,
        Graph(to_graph(pipeline, signature)),
        explanation(pipeline, signature, rows),
        encode(signature, rows.columns),
    )


def _column(number: int) -> Column:
    if number % 3 == 0:
        return Column(f"c{number}", "category", values=("a", "b", "c"))
    return Column(f"c{number}", "number", nullable=number % 4 == 0)


def _rows(signature: Signature) -> Frame:
    draw = np.random.default_rng(5)
    log_odds, columns = np.full(1500, -1.0), {}
    for number, column in enumerate(signature.inputs):
        if column.type == "category":
            values = draw.choice(["a", "b", "c", "seldom"], 1500, p=[0.4, 0.3, 0.25, 0.05])
            log_odds += np.where(values == "b", draw.normal(), 0.0)
        else:
            values = draw.normal(number, 1 + number % 5, 1500).astype(np.float32)
            log_odds += draw.normal() * (values - number) * np.cos(values)
            values[draw.random(1500) < 0.3 * column.nullable] = np.nan
        columns[column.name] = values
    log_odds = np.nan_to_num(log_odds)
    target = (draw.random(1500) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    return Frame(columns, target, np.zeros(1500, dtype=np.int64))
