"""From a configuration to a fitted pipeline, and from that to its ONNX graph.

The pipeline takes the matrix of :func:`evergreen.contracts.signature.encode`. Category codes become
one column per known value, all zero for one never seen. Numbers go into trees as they are: a
scaled number is rounded differently by the graph, and one that lies on a split then takes the
other branch (up to 0.18 probability apart, measured); gradient boosting has a branch for missing
ones. A column without a single known value in the rows is left out. A target that is a number is
learned in standard deviations from its mean, which 32 bits hold whatever its unit.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from evergreen.contracts.signature import Signature, encode
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidTable
from evergreen.estimators.graph_names import rename
from evergreen.estimators.groves import in_groves
from evergreen.estimators.space import FAMILY
from evergreen.estimators.thresholds import hold_in_32_bits
from evergreen.frame import Frame

Fitted: TypeAlias = Pipeline | TransformedTargetRegressor
"""Of classes a pipeline; of a number one whose target is scaled."""

VALUE = "value"
"""The output of a graph that answers with a number: double, shape (n, 1)."""

_SEED = 0
_TREES = 100


def fit(signature: Signature, configuration: Configuration, rows: Frame) -> Fitted:
    """Fit a configuration; the same rows give the same pipeline.

    On one thread: trials run beside each other already, and OpenMP threads that outnumber the
    cores wait for each other in a busy loop (a fit of 1 s took 30 s, measured).

    Raises:
        InvalidTable: the rows lack a class or hold one number only, or no value at all.
    """
    _require_variety(signature, rows)
    matrix = encode(signature, rows.columns)
    settings = {name: value for name, value in configuration.items() if name != FAMILY}
    family = str(configuration[FAMILY])
    model = (_classifier if signature.classes else _regressor)(family, settings)
    fitted: Fitted = Pipeline([("columns", _columns(signature, matrix, family)), ("model", model)])
    if not signature.classes:
        fitted = TransformedTargetRegressor(
            fitted, transformer=StandardScaler(), check_inverse=False
        )
    with threadpool_limits(limits=1):
        fitted.fit(matrix, rows.target)
    hold_in_32_bits(pipeline_of(fitted).named_steps["model"])
    return fitted


def pipeline_of(fitted: Fitted) -> Pipeline:
    """The pipeline itself, which answers with the scaled target where that is a number."""
    return fitted if isinstance(fitted, Pipeline) else fitted.regressor_


def scale_of(fitted: Fitted) -> tuple[float, float]:
    """Mean and scale of a number, so that the answer is mean + scale * the pipeline's."""
    scaler = fitted.transformer_
    return float(scaler.mean_[0]), float(scaler.scale_[0])


def answers(fitted: Fitted, signature: Signature, rows: Frame) -> NDArray[np.float64]:
    """What the pipeline answers: a number or the probability of the positive class, float64 of
    shape (n,); of several classes all probabilities, shape (n, k)."""
    matrix = encode(signature, rows.columns)
    with threadpool_limits(limits=1):
        if not signature.classes:
            # Not the whole regressor's predict, which brings a linear one's back in 32 bits.
            mean, scale = scale_of(fitted)
            scaled = np.asarray(pipeline_of(fitted).predict(matrix), dtype=np.float64)
            return mean + scale * scaled
        every = np.asarray(fitted.predict_proba(matrix), dtype=np.float64)
    return every[:, 1] if signature.problem == "binary" else every


def to_graph(fitted: Fitted, signature: Signature) -> bytes:
    """The pipeline as a serialised ONNX graph; the same pipeline gives the same bytes.

    Its output is ``probabilities``, float of shape (n, k), or :data:`VALUE`.
    """
    # Imported here because it costs half a second, which trials need not pay.
    from skl2onnx import to_onnx

    pipeline = pipeline_of(fitted)
    example = np.zeros((1, len(signature.inputs)), dtype=np.float32)
    options = {id(pipeline): {"zipmap": False}} if signature.classes else None
    graph = in_groves(to_onnx(pipeline, example, options=options, name="evergreen"))
    if not signature.classes:
        _unscale(graph, *scale_of(fitted))
    rename(graph.graph, {v.name: v.name for v in (*graph.graph.input, *graph.graph.output)})
    body: bytes = graph.SerializeToString()
    return body


def _require_variety(signature: Signature, rows: Frame) -> None:
    there = np.unique(rows.target)
    if len(there) >= max(len(signature.classes), 2):
        return
    lacking = [c for code, c in enumerate(signature.classes) if code not in there]
    what = f"no row of class '{lacking[0]}'" if lacking else "one value only"
    raise InvalidTable(
        f"The {len(rows):,} rows to train on hold {what} of '{signature.target}'; add rows or"
        " change the split."
    )


def _columns(signature: Signature, matrix: NDArray[np.float32], family: str) -> ColumnTransformer:
    known: NDArray[np.bool_] = np.any(~np.isnan(matrix), axis=0)
    numbers = [i for i, c in enumerate(signature.inputs) if c.type == "number" and known[i]]
    categories = [i for i, c in enumerate(signature.inputs) if c.type == "category" and c.values]
    if not numbers and not categories:
        raise InvalidTable("No feature has a known value in the rows to train on.")
    codes = [np.arange(len(signature.inputs[i].values), dtype=np.float32) for i in categories]
    one_hot = OneHotEncoder(
        categories=codes, handle_unknown="ignore", sparse_output=False, dtype=np.float32
    )
    steps = [("categories", one_hot, categories), ("numbers", _numbers(family), numbers)]
    return ColumnTransformer([step for step in steps if step[2]])


def _numbers(family: str) -> object:
    if family == "gradient boosting":
        return "passthrough"
    median = SimpleImputer(strategy="median")
    return median if family == "extra trees" else make_pipeline(median, StandardScaler())


def _classifier(family: str, settings: Configuration) -> object:
    if family == "logistic":
        return LogisticRegression(**settings, max_iter=1000)
    if family == "gradient boosting":
        return HistGradientBoostingClassifier(**settings, early_stopping=False, random_state=_SEED)
    return ExtraTreesClassifier(_TREES, **settings, random_state=_SEED)


def _regressor(family: str, settings: Configuration) -> object:
    if family == "ridge":
        return Ridge(**settings)
    if family == "gradient boosting":
        return HistGradientBoostingRegressor(**settings, early_stopping=False, random_state=_SEED)
    return ExtraTreesRegressor(_TREES, **settings, random_state=_SEED)


def _unscale(model: Any, mean: float, scale: float) -> None:
    """Bring a graph's number back to the target's unit, in 64 bits: 32 would round a large mean."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    (scaled,) = (output.name for output in graph.output)
    for name, value in (("target_mean", mean), ("target_scale", scale)):
        graph.initializer.append(numpy_helper.from_array(np.array([value], np.float64), name))
    graph.node.extend(
        [
            helper.make_node("Cast", [scaled], ["in_64_bits"], to=TensorProto.DOUBLE),
            helper.make_node("Mul", ["in_64_bits", "target_scale"], ["from_mean"]),
            helper.make_node("Add", ["from_mean", "target_mean"], [VALUE]),
        ]
    )
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(VALUE, TensorProto.DOUBLE, [None, 1]))
