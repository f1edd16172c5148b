"""A thousand models that differ: family, settings, rows and columns, each fitted and converted."""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
from evergreen.estimators.pipeline import fit, to_graph
from evergreen.estimators.space import FAMILY

from benchmarks.serving import trained
from benchmarks.serving.emulated import Made

MODELS = 1000
_ROWS = 1500
_FAMILIES = ("logistic", "gradient boosting", "extra trees")
FOLDER = trained.BUILD / "fleet"


def configuration(number: int) -> dict[str, str | int | float | bool | None]:
    """One of the families, with settings that vary with the number."""
    family = _FAMILIES[number % 3]
    if family == "logistic":
        return {FAMILY: family, "C": 10 ** (number % 5 - 3)}
    if family == "gradient boosting":
        return {FAMILY: family, "max_iter": 20 + number % 60, "max_leaf_nodes": 4 + number % 12}
    return {FAMILY: family, "max_depth": 4 + number % 5, "min_samples_leaf": 5}


def make(count: int = MODELS) -> None:
    """Fit and convert them on all cores, unless they are there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [n for n in range(count) if not (FOLDER / f"{name(n)}.json").exists()]
    if not wanted:
        return
    rows = trained.table()
    parts = [(rows, wanted[i :: os.cpu_count() or 1]) for i in range(os.cpu_count() or 1)]
    with ProcessPoolExecutor() as pool:
        list(pool.map(_make, parts))


def name(number: int) -> str:
    """A model's name."""
    return f"fleet-{number:04d}"


def _make(part: tuple[list[dict[str, str]], list[int]]) -> None:
    rows, numbers = part
    for number in numbers:
        draw = np.random.default_rng(number)
        # At least two columns are left out, others for each.
        file = trained.model_file(name(number))
        columns = draw.permutation(list(file.features))[: 3 + number % 4]
        features = {n: kind for n, kind in file.features.items() if n in set(columns.tolist())}
        file = msgspec.structs.replace(file, features=features)
        chosen = [rows[i] for i in draw.integers(0, len(rows), _ROWS)]
        signature, frame = trained.learned(file, chosen)
        graph = to_graph(fit(signature, configuration(number), frame), signature)
        _keep(Made(file, trained.parts_of(signature, frame, graph)), chosen[0])


def _keep(made: Made, row: dict[str, str]) -> None:
    path = FOLDER / f"{made.file.name}.json"
    (FOLDER / f"{made.file.name}.row").write_text(json.dumps(trained.instance(row, made.file)))
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(made))
    part.replace(path)


def made(count: int = MODELS) -> Iterator[Made]:
    """The models."""
    for number in range(count):
        body = Path(FOLDER / f"{name(number)}.json").read_bytes()
        yield msgspec.json.decode(body, type=Made)


if __name__ == "__main__":
    make(int(sys.argv[1]) if len(sys.argv) > 1 else MODELS)
