"""A table on which converters go wrong: large offsets, prices in thousandths, missing numbers,
heavy tails, ties, categories of many values, unseen and missing ones."""

from typing import Any

import numpy as np
from evergreen.contracts.model_file import Metric, Problem
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.stages import Configuration
from evergreen.estimators.facts import Facts
from evergreen.estimators.families import offered
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import Choice, Families, Setting
from evergreen.frame import Frame
from evergreen.graph import Graph
from numpy.typing import NDArray

TOWNS = tuple(f"t{i}" for i in range(14))
CLASSES: dict[Problem, tuple[str, ...]] = {
    "binary": ("no", "yes"),
    "multiclass": ("a", "b", "c"),
    "regression": (),
    "forecast": (),
}


def signature(problem: Problem) -> Signature:
    """What goes in; the signature of each problem takes the same columns."""
    inputs = (
        Column("offset", "number"),
        Column("price", "number"),
        Column("age", "number", nullable=True),
        Column("heavy", "number"),
        Column("whole", "number"),
        Column("seat", "category", values=("back", "front")),
        Column("town", "category", nullable=True, values=TOWNS),
    )
    return Signature(inputs, (), "y", CLASSES[problem], problem)


def frame(rows: int, seed: int, problem: Problem) -> Frame:
    """Rows whose target depends on all columns; a number is positive and skewed."""
    draw = np.random.default_rng(seed)
    age = draw.normal(40, 10, rows).astype(np.float32)
    age[draw.random(rows) < 0.15] = np.nan
    columns: dict[str, Any] = {
        "offset": (1e8 + draw.normal(0, 50, rows)).astype(np.float32),
        "price": np.round(draw.lognormal(3, 1, rows), 3).astype(np.float32),
        "age": age,
        "heavy": draw.standard_cauchy(rows).astype(np.float32),
        "whole": draw.integers(0, 5, rows).astype(np.float32),
        "seat": draw.choice(["back", "front", "roof", ""], rows, p=[0.5, 0.4, 0.05, 0.05]),
        "town": draw.choice([*TOWNS, "new", ""], rows),
    }
    town = np.array([0.3 * len(name) + 0.1 * (sum(map(ord, name)) % 7) for name in columns["town"]])
    score = (columns["offset"] - 1e8) / 50 + 0.5 * np.log(columns["price"]) + town
    score += 0.03 * np.nan_to_num(age, nan=70) + (columns["seat"] == "front") - 4
    return Frame(columns, _target(problem, score, draw), np.zeros(rows, np.int64))


def _target(problem: Problem, score: NDArray[Any], draw: np.random.Generator) -> NDArray[Any]:
    if problem == "binary":
        positive: NDArray[Any] = draw.random(len(score)) < 1 / (1 + np.exp(-score))
        return positive.astype(np.int8)
    noisy = score + draw.normal(size=len(score))
    if problem == "multiclass":
        return np.searchsorted([-1, 1], noisy).astype(np.int16)
    number: NDArray[Any] = np.exp(0.7 * noisy)
    return number


def space(problem: Problem, metric: Metric, rows: int = 500) -> Families:
    """All that may answer this table."""
    classes = len(CLASSES[problem])
    return offered(
        Facts(
            problem=problem,
            metric=metric,
            rows=rows,
            classes=classes,
            numbers=5,
            one_hot=2 + len(TOWNS),
            values=len(TOWNS),
            lowest=None if classes else 0.01,
            skewed=not classes,
        )
    )


def members(families: Families) -> list[Configuration]:
    """Every family with its defaults, with each option, and with all numbers at either end."""
    found = []
    for name, family in families.items():
        numbers = [s for s in family.settings if isinstance(s, Setting)]
        found.append(family.configuration(name, {}))
        found += [family.configuration(name, {s.name: s.low for s in numbers})]
        found += [family.configuration(name, {s.name: s.high for s in numbers})]
        for choice in (s for s in family.settings if isinstance(s, Choice)):
            found += [family.configuration(name, {choice.name: o}) for o in choice.options]
    return [c for place, c in enumerate(found) if c not in found[:place]]


def disagreement(problem: Problem, configuration: Configuration) -> float:
    """How far graph and pipeline are apart at most, in probability or standard deviations."""
    given = signature(problem)
    rows, later = frame(500, 1, problem), frame(1500, 2, problem)
    fitted = fit(given, configuration, rows)
    graph = Graph(to_graph(fitted, given))
    worst = 0.0
    for each in (rows, later):
        found = answers(fitted, given, each)
        served = graph.answers(encode(given, each.columns))
        served = served if problem == "multiclass" else served[:, -1]
        assert served.shape == found.shape
        apart = np.abs(served - found) / (1 if given.classes else rows.target.std())
        worst = max(worst, float(apart.max()))
    return worst
