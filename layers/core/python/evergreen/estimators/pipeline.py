"""From a configuration to a fitted pipeline, and from that to its ONNX graph.

The pipeline takes the matrix of :func:`evergreen.contracts.signature.encode`; a target that is a
number is learned in the unit of :mod:`evergreen.estimators.targets`.
"""

from itertools import islice
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from evergreen.contracts.signature import Signature, encode
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidTable
from evergreen.estimators.columns import Matrix, columns, fit_columns
from evergreen.estimators.graph_names import rename
from evergreen.estimators.groves import in_groves
from evergreen.estimators.models import estimator
from evergreen.estimators.narrowing import FACTORY
from evergreen.estimators.neighbours import Neighbours
from evergreen.estimators.neighbours_graph import append
from evergreen.estimators.networks import epochs
from evergreen.estimators.space import FAMILY
from evergreen.estimators.targets import VALUE, Unit, transformer, unit_of
from evergreen.estimators.threads import limited_threads
from evergreen.estimators.thresholds import hold_in_32_bits
from evergreen.estimators.weighting import Weights, counted
from evergreen.frame import Frame

__all__ = [
    "VALUE",
    "Fitted",
    "answers",
    "asked",
    "fit",
    "pipeline_of",
    "to_graph",
    "unit_of_answers",
]

Fitted: TypeAlias = Pipeline | TransformedTargetRegressor
"""Of classes a pipeline; of a number one whose target is scaled."""

_EPOCHS = 30


class Prepared(Struct, frozen=True, eq=False):
    """What an estimator is fitted on: (n, d) inputs, (n,) target, and what led to both."""

    inputs: Matrix
    target: NDArray[Any]
    columns: Any
    unit: Any

    def around(self, model: Any) -> Fitted:
        """The whole pipeline around a model that was fitted on this."""
        hold_in_32_bits(model)
        steps = [("columns", self.columns)] if self.columns is not None else []
        pipeline = Pipeline([*steps, ("model", model)])
        if self.unit is None:
            return pipeline
        whole = TransformedTargetRegressor(pipeline, transformer=self.unit, check_inverse=False)
        whole.regressor_, whole.transformer_, whole._training_dim = pipeline, self.unit, 1
        return whole


def prepare(signature: Signature, configuration: Configuration, rows: Frame) -> Prepared:
    """Encode the rows, fit what turns columns into inputs, and scale the target.

    Raises:
        InvalidTable: the rows lack a class or hold one number only, or no value at all.
    """
    _require_variety(signature, rows)
    matrix = encode(signature, rows.columns)
    target, unit = rows.target, None
    own = configuration[FAMILY] == FACTORY
    if not signature.classes:
        # A factory may call a setting of its own "loss".
        loss = "squared_error" if own else str(configuration.get("loss", "squared_error"))
        unit = transformer(loss, rows.target)
        target = unit.transform(rows.target[:, None])[:, 0]
    if own:
        return Prepared(matrix, target, None, unit)
    made = columns(signature, matrix, configuration)
    return Prepared(fit_columns(made, matrix, target), target, made, unit)


def fit(
    signature: Signature,
    configuration: Configuration,
    rows: Frame,
    weights: Weights | None = None,
) -> Fitted:
    """Fit a configuration; the same rows give the same pipeline.

    Args:
        weights: how much each row counts, 0 to 1, shape (n,); see
            :mod:`evergreen.estimators.weighting`.

    Raises:
        InvalidTable: the rows lack a class or hold one number only, or no value at all.
        InvalidModelFile: the search's own factory gives no estimator.
    """
    model = estimator(signature, configuration)
    rows, counting = counted(model, rows, weights)
    with limited_threads():
        prepared = prepare(signature, configuration, rows)
        if configuration[FAMILY] == "neural network":
            every = epochs(model, prepared.inputs, prepared.target, **counting)
            model = next(islice(every, int(configuration.get("epochs") or _EPOCHS) - 1, None))
        else:
            model.fit(prepared.inputs, prepared.target, **counting)
    return prepared.around(model)


def pipeline_of(fitted: Fitted) -> Pipeline:
    """The pipeline itself, which answers with the scaled target where that is a number."""
    return fitted if isinstance(fitted, Pipeline) else fitted.regressor_


def unit_of_answers(fitted: Fitted) -> Unit:
    """The unit of a number, which leads from the pipeline's answer to the target's."""
    return unit_of(fitted.transformer_)


def answers(fitted: Fitted, signature: Signature, rows: Frame) -> NDArray[np.float64]:
    """What the pipeline answers: a number or the probability of the positive class, float64 of
    shape (n,); of several classes all probabilities, shape (n, k)."""
    matrix = encode(signature, rows.columns)
    with limited_threads():
        return asked(fitted, signature, pipeline_of(fitted), matrix)


def asked(fitted: Fitted, signature: Signature, model: Any, inputs: Any) -> NDArray[np.float64]:
    """What ``answers`` gives, of the pipeline or of its last step and what that is given."""
    if not signature.classes:
        # Not the whole regressor's predict, which brings a linear one's back in 32 bits.
        return unit_of_answers(fitted).back(np.ravel(model.predict(inputs)))
    every = np.asarray(model.predict_proba(inputs), dtype=np.float64)
    return every[:, 1] if signature.problem == "binary" else every


def to_graph(fitted: Fitted, signature: Signature) -> bytes:
    """The pipeline as a serialised ONNX graph; the same pipeline gives the same bytes.

    Its output is ``probabilities``, float of shape (n, k), or :data:`VALUE`.
    """
    # Imported here because it costs half a second, which trials need not pay.
    from skl2onnx import to_onnx

    pipeline = pipeline_of(fitted)
    example = np.zeros((1, len(signature.inputs)), dtype=np.float32)
    model = pipeline[-1]
    if isinstance(model, Neighbours):
        inputs = to_onnx(pipeline[:-1], example, name="evergreen")
        graph = append(model, inputs, len(signature.classes))
    else:
        options = {id(pipeline): {"zipmap": False}} if signature.classes else None
        graph = in_groves(to_onnx(pipeline, example, options=options, name="evergreen"))
    if not signature.classes:
        # The converter leaves the exponential of a Poisson loss out.
        loss = getattr(model, "loss", "")
        unit_of_answers(fitted).into(graph, logarithm=loss == "poisson")
    rename(graph.graph, {v.name: v.name for v in (*graph.graph.input, *graph.graph.output)})
    # The converter holds them in a set, whose order changes from process to process.
    opsets = sorted(graph.opset_import, key=lambda opset: opset.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(opsets)
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
