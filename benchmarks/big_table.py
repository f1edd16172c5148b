"""A table that a function's memory refuses, through the entry point of containers.

``python -m benchmarks.big_table [--rows 3000000] [--columns 60] [--family "gradient boosting"]
[--mebibytes 3008] [--train]``

The entry point runs as a plain process against the laptop cloud's S3 and DynamoDB, as a container
runs it against AWS: one trial on two folds of all rows, then, with ``--train``, the last fit. With
``--mebibytes`` the process may have no more memory than that, as a function may not. Prints each
step's outcome, its peak resident memory and its seconds as JSON.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from evergreen.aws.registry import DynamoRegistry
from evergreen.aws.store import S3ObjectStore
from evergreen.contracts import keys
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.model_checks import parse
from evergreen.contracts.signature import Column, Signature
from evergreen.contracts.stages import Configuration, Fidelity, RunInput, Trial, TrialResult
from evergreen.frame import Frame

from localstack import cloud as laptop
from localstack.endpoint import ROOT, Cloud

FEATURES, ARTIFACTS, REGISTRY, SET = "features", "artifacts", "registry", "big"
RUN = RunInput(run_id="big-1", model="big", sources=())
CONFIGURATIONS: dict[str, Configuration] = {
    "gradient boosting": {"max_iter": 5, "max_leaf_nodes": 31, "learning_rate": 0.2},
    "extra trees": {"max_features": 0.5, "min_samples_leaf": 20},
    "logistic": {"C": 1.0},
}
SPLITS = {"train": 0.7, "validation": 0.15, "test": 0.15}


def frame(rows: int, columns: int, seed: int) -> Frame:
    """Numbers, some missing, and an outcome that three of them decide."""
    draw = np.random.default_rng(seed)
    made = {f"x{n:03d}": draw.standard_normal(rows, dtype=np.float32) for n in range(columns)}
    made["x001"][draw.random(rows) < 0.05] = np.nan
    odds = made["x000"] + np.nan_to_num(made["x001"]) * made["x002"]
    target = (odds + draw.logistic(size=rows) > 0).astype(np.int8)
    return Frame(made, target, np.arange(rows, dtype=np.int64))


def prepare(cloud: Cloud, rows: int, columns: int, search: dict[str, Any]) -> None:
    """Buckets, the registry's table, a feature set and the model."""
    s3, dynamo = cloud.client("s3"), cloud.client("dynamodb")
    for bucket in (FEATURES, ARTIFACTS):
        s3.create_bucket(Bucket=bucket)
    names = ("pk", "sk")
    dynamo.create_table(
        TableName=REGISTRY,
        KeySchema=[
            {"AttributeName": n, "KeyType": k}
            for n, k in zip(names, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        BillingMode="PAY_PER_REQUEST",
    )
    features = S3ObjectStore(s3, FEATURES)
    inputs = tuple(Column(f"x{n:03d}", "number", nullable=True) for n in range(columns))
    signature = Signature(inputs=inputs, context=(), target="y", classes=("no", "yes"))
    splits = {name: int(rows * share) for name, share in SPLITS.items()}
    reports = tuple(SplitReport(n, count, {}, None, "", "") for n, count in splits.items())
    manifest = Manifest(SET, "big", rows, "", reports)
    for seed, (name, count) in enumerate(splits.items()):
        body = frame(count, columns, seed).to_npz()
        features.write(keys.feature_set(SET, f"{name}.npz"), body)
    for name, document in (("signature", signature), ("manifest", manifest)):
        features.write(keys.feature_set(SET, f"{name}.json"), msgspec.json.encode(document))
    file = {
        "name": "big",
        "problem": "binary",
        "target": {"column": "y", "positive": "yes"},
        "features": {column.name: "number" for column in inputs},
        "search": search,
    }
    DynamoRegistry(dynamo, REGISTRY).apply(parse(file), "benchmark", "2026-01-01T00:00:00.000Z")


def run(cloud: Cloud, stage: str, event: dict[str, Any], mebibytes: int | None) -> dict[str, Any]:
    """The entry point, from its start to its end."""
    environment = {
        "EVERGREEN_STAGE": stage,
        "EVERGREEN_EVENT": json.dumps(event),
        "EVERGREEN_FEATURES_BUCKET": FEATURES,
        "EVERGREEN_ARTIFACTS_BUCKET": ARTIFACTS,
        "EVERGREEN_REGISTRY_TABLE": REGISTRY,
        "EVERGREEN_CPU": "1024",
        "EVERGREEN_MEMORY": "16384",
        "PYTHONPATH": str(ROOT / "layers" / "core" / "python"),
        "PATH": os.environ["PATH"],
    }

    def limit() -> None:
        if mebibytes:
            resource.setrlimit(resource.RLIMIT_DATA, (mebibytes * 2**20,) * 2)

    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, str(ROOT / "functions" / "container.py")],
        env=environment | cloud.environment(),
        preexec_fn=limit,
    )
    _, status, used = os.wait4(process.pid, 0)
    return {
        "stage": stage,
        "status": os.waitstatus_to_exitcode(status),
        "peak_mib": used.ru_maxrss // 1024,
        "seconds": round(time.perf_counter() - began, 1),
    }


def outcome(cloud: Cloud) -> str:
    """What the trial's result says."""
    body = S3ObjectStore(cloud.client("s3"), ARTIFACTS).read(keys.trial(RUN.run_id, 1))
    return msgspec.json.decode(body, type=TrialResult).summary


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--family", choices=CONFIGURATIONS, default="gradient boosting")
    parser.add_argument("--mebibytes", type=int)
    parser.add_argument("--train", action="store_true")
    given = parser.parse_args()
    family = {"family": given.family}
    trial = Trial(RUN, SET, 1, family | CONFIGURATIONS[given.family], Fidelity(0, 0, 2, True))
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "cloud.json"
        cloud = laptop.start(laptop.free_port(), state=state, tied=True)
        try:
            prepare(cloud, given.rows, given.columns, {"folds": 2, "trials": 1, "ensemble": 1})
            event = {"step": "trial", "trial": msgspec.to_builtins(trial)}
            steps = [run(cloud, "tune", event, given.mebibytes)]
            if steps[0]["status"] == 0:
                steps[0]["said"] = outcome(cloud)
            if given.train:
                fit = {"run": msgspec.to_builtins(RUN), "feature_set": SET}
                steps.append(run(cloud, "train", fit, given.mebibytes))
        finally:
            laptop.stop(state)
    asked = vars(given) | {"cells": given.rows * given.columns}
    print(json.dumps({"asked": asked, "steps": steps}, indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
