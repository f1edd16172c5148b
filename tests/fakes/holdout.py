"""Hold-out rows and guesses about them, of a chosen skill."""

import numpy as np
from evergreen.frame import Frame

GROUP = "car"


def hold_out(rows=600, seed=0):
    """Rows of which a fifth are positive, in two groups."""
    draw = np.random.default_rng(seed)
    columns = {"sex": draw.choice(["f", "m"], rows), GROUP: np.arange(rows).astype(str)}
    target = (draw.random(rows) < 0.2).astype(np.int8)
    return Frame(columns, target, np.arange(1, rows + 1) * 86_400 * 10**9)


def guess(rows, skill, seed=0):
    """Probabilities that separate the classes by ``skill`` standard deviations."""
    score = np.random.default_rng(seed).normal(size=len(rows)) + skill * rows.target
    return 1 / (1 + np.exp(1.5 - score))
