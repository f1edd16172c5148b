"""The models and rows that all figures are made with: real crash data, three kinds of models.

Each family is fitted once, with Evergreen's own code, and written twice: as the folder that
``evergreen serve --folder`` reads, and as a joblib file for the peers, in which the fitted model
stands behind scikit-learn's usual column transformer for a DataFrame. Everything has the same
scikit-learn, so a file fitted here opens in every peer's environment.
"""

import copy
import csv
import json
import sys
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
import pandas as pd
import yaml
from evergreen.cli.folder import Exported, FolderStore
from evergreen.contracts import keys
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import Profile
from evergreen.contracts.registry import (
    CHAMPION,
    Alias,
    Artifact,
    Lineage,
    Model,
    Version,
    VersionDraft,
)
from evergreen.contracts.signature import Column, Signature
from evergreen.contracts.stages import Configuration
from evergreen.digest import sha256
from evergreen.estimators.pipeline import fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.frame import Frame
from evergreen.ports import ObjectStore
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench-serving"
EXAMPLE = ROOT / "examples" / "crash-fatality"
ROWS = 100_000
AT = "2026-01-01T00:00:00.000Z"
CONFIGURATIONS: tuple[Configuration, ...] = (
    {FAMILY: "logistic", "C": 1.0},
    {
        FAMILY: "gradient boosting",
        "learning_rate": 0.05,
        "max_iter": 150,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 20,
        "l2_regularization": 1.0,
    },
    {FAMILY: "extra trees", "n_estimators": 100, "max_leaf_nodes": 200, "max_features": 0.5},
)
"""One of each kind of graph: a sum, trees one after the other, trees side by side."""


def slug(family: str) -> str:
    """A family's name as a model's name."""
    return family.replace(" ", "-")


def table() -> list[dict[str, str]]:
    """The example's rows, as text."""
    sys.path.insert(0, str(EXAMPLE))
    import table as example

    files = example.write(BUILD / "data")
    return [row for file in files.values() for row in example.rows(file)]


def model_file(name: str) -> ModelFile:
    """The example's model file, under another name, that is refreshed as by default."""
    document = yaml.safe_load((EXAMPLE / "model.yaml").read_text())
    return parse(document | {"name": name, "serving": {"refresh_seconds": 30}})


def learned(file: ModelFile, rows: list[dict[str, str]]) -> tuple[Signature, Frame]:
    """The rows as training would have them."""
    columns, inputs = {}, []
    for name, kind in file.features.items():
        texts = [row[name] for row in rows]
        if kind == "number":
            columns[name] = np.array([float(t) if t else np.nan for t in texts], dtype=np.float32)
            inputs.append(Column(name, "number", nullable=True))
        else:
            columns[name] = np.array(texts)
            inputs.append(Column(name, "category", nullable=True, values=tuple(sorted({*texts}))))
    target = np.array([row["dead"] == "dead" for row in rows], dtype=np.int8)
    signature = Signature(tuple(inputs), ("sex",), "dead", ("alive", "dead"))
    return signature, Frame(columns, target, np.arange(len(rows), dtype=np.int64))


def for_peers(signature: Signature, fitted: Pipeline) -> Pipeline:
    """The fitted pipeline for a DataFrame: the same steps, by column name, texts one-hot."""
    ours: ColumnTransformer = fitted.named_steps["columns"]
    steps = []
    for name, step, indices in ours.transformers_:
        if not indices or step == "drop":
            continue
        columns = [signature.inputs[i] for i in indices]
        if name == "categories":
            known = [np.array(column.values, dtype=object) for column in columns]
            one_hot = OneHotEncoder(
                categories=known, handle_unknown="ignore", sparse_output=False, dtype=np.float32
            )
            step = one_hot.fit(pd.DataFrame({c.name: [c.values[0]] for c in columns}))
        steps.append((name, step, [column.name for column in columns]))
    wrapped = ColumnTransformer(steps)
    _fit_nothing(wrapped, signature, ours)
    return Pipeline([("columns", wrapped), ("model", fitted.named_steps["model"])])


def _fit_nothing(wrapped: ColumnTransformer, signature: Signature, ours: ColumnTransformer) -> None:
    """Fit the column transformer on two rows, then put the fitted steps of ours back in."""
    example = pd.DataFrame(
        {
            column.name: [column.values[0]] * 2 if column.type == "category" else [0.0, 1.0]
            for column in signature.inputs
        }
    )
    wrapped.fit(example)
    wrapped.transformers_ = [
        (
            name,
            _named(ours.named_transformers_[name], columns) if name == "numbers" else step,
            columns,
        )
        for name, step, columns in wrapped.transformers_
    ]


def _named(step: Any, columns: list[str]) -> Any:
    """``step``, fitted on a matrix, as if on a DataFrame: else each call warns, which costs."""
    step = copy.deepcopy(step)
    first = step.steps[0][1] if isinstance(step, Pipeline) else step
    first.feature_names_in_ = np.array(columns, dtype=object)
    return step


def drafted(model: str, run_id: str, parts: dict[str, bytes], store: ObjectStore) -> VersionDraft:
    """A version of which ``graph``, ``signature`` and ``profile`` are real; stores its parts."""
    names = {"graph": "model.onnx", "signature": "signature.json", "profile": "profile.json"}
    stored = {}
    for part in ("graph", "pipeline", "signature", "profile", "card"):
        key = keys.version(model, run_id, names.get(part, part))
        body = parts.get(part, b"-")
        store.write(key, body)
        stored[part] = Artifact(key, sha256(body), len(body))
    lineage = Lineage(run_id, "manual", "d", "f", ("raw/crash.csv",), 1, {}, 26_217, AT)
    return VersionDraft(
        model=model, lineage=lineage, metrics={"roc_auc": 0.85}, threshold=0.5, **stored
    )


def parts_of(signature: Signature, frame: Frame, graph: bytes) -> dict[str, bytes]:
    """What serving reads of a version."""
    profile = Profile(len(frame), int(frame.target.sum()), {}, AT)
    return {
        "graph": graph,
        "signature": msgspec.json.encode(signature),
        "profile": msgspec.json.encode(profile),
    }


def instance(row: dict[str, str], file: ModelFile) -> dict[str, Any]:
    """A row as a client sends it."""
    return {
        name: row[name] if kind == "category" else float(row[name]) if row[name] else None
        for name, kind in file.features.items()
    }


def make(folder: Path = BUILD) -> None:
    """Train each family and write models, pipelines and rows, unless they are there."""
    if (folder / "made.json").exists():
        return
    rows = table()
    models = FolderStore(folder / "models")
    signature, _ = learned(model_file("any"), rows)
    for configuration in CONFIGURATIONS:
        name = slug(str(configuration[FAMILY]))
        file = model_file(name)
        signature, frame = learned(file, rows)
        fitted = fit(signature, configuration, frame)
        parts = parts_of(signature, frame, to_graph(fitted, signature))
        version = Version(number=1, registered_at=AT, draft=drafted(name, "run-1", parts, models))
        alias = Alias(name, CHAMPION, 1, None, 1, AT, "benchmark")
        exported = Exported(Model(file, 1, AT, "benchmark"), alias, version)
        models.write(f"registry/{name}.json", msgspec.json.encode(exported))
        (folder / "pipelines").mkdir(exist_ok=True)
        joblib.dump(fitted, folder / "pipelines" / f"{name}.matrix.joblib")
        joblib.dump(for_peers(signature, fitted), folder / "pipelines" / f"{name}.joblib")
    chosen = np.random.default_rng(1).integers(0, len(rows), ROWS)
    instances = [instance(rows[i], file) for i in chosen]
    (folder / "rows.json").write_text(json.dumps(instances))
    with (folder / "rows.csv").open("w", newline="") as out:
        writer = csv.DictWriter(out, list(file.features))
        writer.writeheader()
        writer.writerows(instances)
    (folder / "made.json").write_text("{}")


def instances() -> list[dict[str, Any]]:
    """The 100,000 rows."""
    found: list[dict[str, Any]] = json.loads((BUILD / "rows.json").read_text())
    return found


if __name__ == "__main__":
    make()
