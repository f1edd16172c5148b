"""The unit in which a number is learned, and the way back from there.

In standard deviations from the mean, which 32 bits hold whatever the target's unit; of the
logarithm where ``loss`` is ``squared_log_error``; in standard deviations from zero where it is
``poisson``, which knows no negative number. Brought back in 64 bits, where 32 would round a large
mean. scikit-learn's own target transforms convert to something else, so the way back is ours, in
numpy and in the graph alike.
"""

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, StandardScaler

from evergreen.errors import InvalidTable

VALUE = "value"
"""The output of a graph that answers with a number: double, shape (n, 1)."""

_BEYOND = 2.0
"""An exponential answers at most so many times the largest number seen, nor so much less than the
smallest: a column that is out of range would make it anything."""


class Unit(Struct, frozen=True):
    """An answer is ``offset + scale`` times the estimator's, its exponential where ``log``; cut to
    ``low`` and ``high`` where they are given."""

    offset: float
    scale: float
    log: bool = False
    low: float | None = None
    high: float | None = None

    def back(self, scaled: NDArray[Any]) -> NDArray[np.float64]:
        """From the estimator's answers, any shape, to the target's unit in float64."""
        found = self.offset + self.scale * np.asarray(scaled, dtype=np.float64)
        if self.log:
            # Cut first, so that no exponential overflows.
            found = np.exp(np.clip(found, self._log(self.low), self._log(self.high)))
        return found if self.low is None else np.clip(found, self.low, self.high)

    def into(self, model: Any, logarithm: bool = False) -> None:
        """Add the way back to an onnx ModelProto, in place; its output is then :data:`VALUE`.

        Args:
            logarithm: whether the graph answers with the logarithm of what the estimator does.
        """
        from onnx import TensorProto, helper

        graph = model.graph
        (scaled,) = (output.name for output in graph.output)
        last = "in_64_bits"
        graph.node.append(helper.make_node("Cast", [scaled], [last], to=TensorProto.DOUBLE))
        first: list[tuple[str, float | None]] = [("Exp", None)] if logarithm else []
        for number, (operation, value) in enumerate(first + self._operations()):
            names = [_constant(graph, f"unit_{number}", value)] if value is not None else []
            graph.node.append(helper.make_node(operation, [last, *names], [f"way_back_{number}"]))
            last = f"way_back_{number}"
        graph.node.append(helper.make_node("Identity", [last], [VALUE]))
        del graph.output[:]
        graph.output.append(helper.make_tensor_value_info(VALUE, TensorProto.DOUBLE, [None, 1]))

    def _operations(self) -> list[tuple[str, float | None]]:
        found: list[tuple[str, float | None]] = [("Mul", self.scale), ("Add", self.offset)]
        if self.log:
            found += [("Max", self._log(self.low)), ("Min", self._log(self.high)), ("Exp", None)]
        if self.low is not None:
            found += [("Max", self.low), ("Min", self.high)]
        return found

    @staticmethod
    def _log(bound: float | None) -> float:
        return float(np.log(bound if bound is not None else np.nan))


def transformer(loss: str, target: NDArray[np.float64]) -> Any:
    """The fitted scikit-learn transformer of a target, shape (n,).

    Raises:
        InvalidTable: the loss cannot take these numbers.
    """
    if loss == "squared_log_error" and target.min() <= 0:
        raise InvalidTable(
            "The target holds numbers that are not positive; they have no logarithm."
        )
    if loss == "poisson" and target.min() < 0:
        raise InvalidTable("The target holds negative numbers; a Poisson loss takes none.")
    if loss == "squared_log_error":
        log = FunctionTransformer(np.log, np.exp)
        # The scaler in between knows the range.
        made: Any = make_pipeline(log, MinMaxScaler(), StandardScaler())
    elif loss == "poisson":
        made = make_pipeline(MaxAbsScaler(), StandardScaler(with_mean=False))
    else:
        made = StandardScaler()
    return made.fit(target[:, None])


def unit_of(transformer: Any) -> Unit:
    """The unit that a fitted :func:`transformer` leads to."""
    if isinstance(transformer, StandardScaler):
        return Unit(float(transformer.mean_[0]), float(transformer.scale_[0]))
    *_, ranged, standard = (step for _, step in transformer.steps)
    scale = float(standard.scale_[0])
    if isinstance(ranged, MaxAbsScaler):
        most = float(ranged.max_abs_[0])
        return Unit(0.0, scale * float(ranged.scale_[0]), low=0.0, high=most * _BEYOND)
    low, high = float(ranged.data_min_[0]), float(ranged.data_max_[0])
    span = high - low
    return Unit(
        low + span * float(standard.mean_[0]),
        span * scale,
        log=True,
        low=float(np.exp(low)) / _BEYOND,
        high=float(np.exp(high)) * _BEYOND,
    )


def _constant(graph: Any, name: str, value: float) -> str:
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(np.array([value], np.float64), name))
    return name
