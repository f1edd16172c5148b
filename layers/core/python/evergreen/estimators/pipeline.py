"""From a configuration to a fitted pipeline, and from that to its ONNX graph.

The pipeline takes the matrix of :func:`evergreen.contracts.signature.encode`. Category codes become
one column per known value, all zero for one never seen. Numbers go into trees as they are: a
scaled number is rounded differently by the graph, and one that lies on a split then takes the
other branch (up to 0.18 probability apart, measured); gradient boosting has a branch for missing
ones. A column without a single known value in the rows is left out.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from evergreen.contracts.signature import Signature, encode
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidTable
from evergreen.estimators.groves import in_groves
from evergreen.estimators.space import FAMILY
from evergreen.estimators.thresholds import hold_in_32_bits
from evergreen.frame import Frame

_SEED = 0
_TREES = 100


def fit(signature: Signature, configuration: Configuration, rows: Frame) -> Pipeline:
    """Fit a configuration; the same rows give the same pipeline.

    On one thread: trials run beside each other already, and OpenMP threads that outnumber the
    cores wait for each other in a busy loop (a fit of 1 s took 30 s, measured).

    Raises:
        InvalidTable: the rows hold one class only, or no value at all.
    """
    if len(np.unique(rows.target)) < 2:
        raise InvalidTable(
            f"The {len(rows):,} rows to train on hold only one class of '{signature.target}';"
            " add rows of the other class or change the split."
        )
    matrix = encode(signature, rows.columns)
    settings = {name: value for name, value in configuration.items() if name != FAMILY}
    family = str(configuration[FAMILY])
    pipeline = Pipeline(
        [("columns", _columns(signature, matrix, family)), ("model", _model(family, settings))]
    )
    with threadpool_limits(limits=1):
        pipeline.fit(matrix, rows.target)
    hold_in_32_bits(pipeline.named_steps["model"])
    return pipeline


def probabilities(pipeline: Pipeline, signature: Signature, rows: Frame) -> NDArray[np.float64]:
    """The pipeline's probability of the positive class: float64 of shape (n,)."""
    with threadpool_limits(limits=1):
        both = pipeline.predict_proba(encode(signature, rows.columns))
    positive: NDArray[np.float64] = both[:, 1].astype(np.float64)
    return positive


def to_graph(pipeline: Pipeline, signature: Signature) -> bytes:
    """The pipeline as a serialised ONNX graph; the same pipeline gives the same bytes."""
    # Imported here because it costs half a second, which trials need not pay.
    from skl2onnx import to_onnx

    example = np.zeros((1, len(signature.inputs)), dtype=np.float32)
    options = {id(pipeline): {"zipmap": False}}
    graph = to_onnx(pipeline, example, options=options, name="evergreen")
    body: bytes = in_groves(graph).SerializeToString()
    return body


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


def _model(family: str, settings: Configuration) -> object:
    if family == "logistic":
        return LogisticRegression(**settings, max_iter=1000)
    if family == "gradient boosting":
        return HistGradientBoostingClassifier(**settings, early_stopping=False, random_state=_SEED)
    return ExtraTreesClassifier(_TREES, **settings, random_state=_SEED)
