"""The rows that Evidently's and NannyML's values in ``tests/unit/referees`` were found on.

Their environments and the tests make the same rows from the same seed; numpy alone is needed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 5_000
CLASSES = ("a", "b", "c")
Columns = dict[str, NDArray[Any]]


def drift() -> tuple[Columns, Columns]:
    """Reference and current rows: numbers that stay, shift, spread, are skewed or tied, and two
    columns of categories (``kind`` moves, ``side`` stays)."""
    return _columns(np.random.default_rng(1), 0.0), _columns(np.random.default_rng(2), 1.0)


def binary() -> tuple[Columns, Columns]:
    """Reference and analysis rows of a binary model: ``score`` (float64, told too surely),
    ``predicted`` (1 from 0.5 on) and ``truth`` (0 or 1)."""
    return _binary(np.random.default_rng(3), 0.0), _binary(np.random.default_rng(4), 0.7)


def multiclass() -> tuple[Columns, Columns]:
    """Of :data:`CLASSES`: ``a``, ``b`` and ``c`` are probabilities, told too surely;
    ``predicted`` and ``truth`` are labels."""
    return _multiclass(np.random.default_rng(5), 0.0), _multiclass(np.random.default_rng(6), 0.6)


def regression() -> tuple[Columns, Columns]:
    """``x`` and ``z`` are inputs; the error of ``predicted`` grows with ``x``, which is greater in
    the analysis rows; ``truth`` is what turned out."""
    return _regression(np.random.default_rng(7), 0.0), _regression(np.random.default_rng(8), 0.5)


def _columns(random: np.random.Generator, moved: float) -> Columns:
    shares = np.array([0.5, 0.3, 0.2]) + moved * np.array([-0.1, 0.04, 0.06])
    return {
        "same": random.normal(0, 1, ROWS),
        "shifted": random.normal(0.2 * moved, 1, ROWS),
        "spread": random.normal(0, 1 + 0.3 * moved, ROWS),
        "skewed": random.lognormal(0.1 * moved, 0.8, ROWS),
        "tied": random.poisson(3 + 0.5 * moved, ROWS).astype(np.float64),
        "kind": np.array(["red", "green", "blue"])[random.choice(3, ROWS, p=shares)],
        "side": np.array(["left", "right"])[random.choice(2, ROWS)],
    }


def _binary(random: np.random.Generator, moved: float) -> Columns:
    logit = random.normal(-0.5 + moved, 1.2, ROWS)
    truth = (random.random(ROWS) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    score = 1 / (1 + np.exp(-1.8 * logit))
    return {"score": score, "predicted": (score >= 0.5).astype(np.int64), "truth": truth}


def _multiclass(random: np.random.Generator, moved: float) -> Columns:
    logits = random.normal(0, 1.2, (ROWS, 3)) + np.array([moved, 0.3, 0.0])
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    told = np.exp(1.6 * logits) / np.exp(1.6 * logits).sum(axis=1, keepdims=True)
    place = (random.random((ROWS, 1)) > true.cumsum(axis=1)[:, :2]).sum(axis=1)
    labels = np.array(CLASSES)
    columns: Columns = {label: told[:, i] for i, label in enumerate(CLASSES)}
    return columns | {"predicted": labels[told.argmax(axis=1)], "truth": labels[place]}


def _regression(random: np.random.Generator, moved: float) -> Columns:
    x, z = random.uniform(0 + moved, 2 + moved, ROWS), random.normal(0, 1, ROWS)
    truth = 3 * x + z + random.normal(0, 0.3 + 0.5 * x)
    return {"x": x, "z": z, "predicted": 3 * x + z, "truth": truth}
