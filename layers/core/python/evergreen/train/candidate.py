"""Fit the best configuration of the search again, on all rows but the hold-out.

The candidate is the fitted pipeline (skops, for people), its ONNX graph (what will serve), what its
predictions are explained with, and the pipeline's own answers to the hold-out, which tell whether
the graph answers the same.
"""

import time

import msgspec
import numpy as np
import skops.io
from numpy.typing import NDArray

from evergreen.contracts import keys
from evergreen.contracts.stages import TrainInput, TrainOutput, TrialResult
from evergreen.errors import NotFound
from evergreen.estimators.explanation import explanation
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.results import best_of, read_results
from evergreen.estimators.space import describe
from evergreen.frame import arrays_to_npz
from evergreen.ports import ObjectStore, Registry
from evergreen.train.diagnostics import diagnose
from evergreen.train.material import Material, read_material


def train(
    given: TrainInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> TrainOutput:
    """Write the run's candidate: graph, pipeline, reference, explanation and configuration.

    Raises:
        NotFound: the run has no finished trial.
        InvalidTable: the rows lack a class, or hold one number only.
    """
    run_id = given.run.run_id
    best = _best(artifacts, run_id)
    material = read_material(given, features, registry)
    signature, rows = material.signature, material.rows
    began = time.perf_counter()
    pipeline = fit(signature, best.configuration, rows)
    seconds = time.perf_counter() - began
    graph = to_graph(pipeline, signature)
    told = diagnose(
        material, lambda some: answers(pipeline, signature, some), best.configuration, seconds
    )
    parts = {
        "model.onnx": graph,
        "pipeline.skops": skops.io.dumps(pipeline),
        "reference.npz": arrays_to_npz(
            answers=answers(pipeline, signature, material.test), **_threshold(best, material)
        ),
        "explanation.json": msgspec.json.encode(explanation(pipeline, signature, rows)),
        "diagnostics.json": msgspec.json.encode(told),
        "configuration.json": msgspec.json.encode(best.configuration),
    }
    for name, body in parts.items():
        artifacts.write(keys.candidate(run_id, name), body)
    what = describe(best.configuration)
    size = len(graph) / 2**20
    summary = f"{what} (trial {best.number}) on {len(rows):,} rows, graph {size:.2f} MiB"
    return TrainOutput(keys.candidate(run_id, ""), summary)


def _best(artifacts: ObjectStore, run_id: str) -> TrialResult:
    best = best_of(read_results(artifacts, run_id))
    if best is None:
        raise NotFound(f"Run '{run_id}' has no finished trial to train from; tune it first.")
    return best


def _threshold(best: TrialResult, material: Material) -> dict[str, NDArray[np.float64]]:
    """Of a binary model the probability from which on as many validation rows are flagged as are
    positive, of shape (1,).

    Measured with a fit on the training rows alone, since a pipeline is surer of rows it was fitted
    on.
    """
    signature, validation = material.signature, material.validation
    if signature.problem != "binary":
        return {}
    predicted = answers(fit(signature, best.configuration, material.train), signature, validation)
    share = float(np.mean(validation.target))
    return {"threshold": np.array([np.quantile(predicted, 1 - share, method="higher")])}
