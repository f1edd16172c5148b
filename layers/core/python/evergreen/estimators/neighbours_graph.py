"""The ONNX nodes of :mod:`evergreen.estimators.neighbours`, in 64 bits throughout.

Row by row (``Scan``), because the distances of all rows at once would not fit into memory; that is
also twice as fast, since those of one row stay in the processor's cache.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evergreen.estimators.graph_names import rename
from evergreen.estimators.neighbours import ALIKE, BEYOND, Neighbours

_OPSET = 13
"""The first in which all of these nodes are what they are here."""

_LAST = {"axis": -1}


def append(model: Neighbours, columns: Any, classes: int) -> Any:
    """The onnx ModelProto that makes a fitted model's inputs, with the model behind it.

    Args:
        classes: how many, then the output is ``probabilities``, float of shape (n, classes); 0 of
            a number, double of shape (n, 1).
    """
    from onnx import TensorProto, helper

    made = _of_our_opset(columns)
    graph = made.graph
    # So that no name is the converter's and ours.
    rename(graph, {value.name: value.name for value in graph.input}, "columns_")
    (inputs,) = (output.name for output in graph.output)
    _constants(graph, model)
    kind = TensorProto.FLOAT if classes else TensorProto.DOUBLE
    output = "probabilities" if classes else "neighbours"
    steps = [
        ("Cast", [inputs], "wide", {"to": TensorProto.DOUBLE}),
        ("Sub", ["wide", "mean"], "centred", {}),
        ("Div", ["centred", "scale"], "scaled", {}),
        ("Scan", ["scaled"], "means", {"body": _one_row(model), "num_scan_inputs": 1}),
        ("Mul", ["means", "kept"], "shrunk", {}),
        ("Add", ["shrunk", "towards"], "answers", {}),
        ("Cast", ["answers"], output, {"to": kind}),
    ]
    graph.node.extend(_nodes(steps))
    del graph.output[:]
    width = classes or 1
    graph.output.append(helper.make_tensor_value_info(output, kind, [None, width]))
    return made


def _of_our_opset(model: Any) -> Any:
    """A converter states the oldest opset that its own nodes are content with, perhaps twice."""
    from onnx import helper
    from onnx.version_converter import convert_version

    versions = {each.domain: each.version for each in model.opset_import}
    del model.opset_import[:]
    model.opset_import.extend(helper.make_opsetid(*each) for each in sorted(versions.items()))
    return convert_version(model, _OPSET) if versions.get("", 0) < _OPSET else model


def _one_row(model: Neighbours) -> Any:
    """From a scaled row, shape (d,), to its neighbours' mean, shape (k,)."""
    from onnx import TensorProto, helper

    steps: list[tuple[str, list[str], str, Mapping[str, Any]]] = [
        ("Unsqueeze", ["row", "first"], "point", {}),
        ("ReduceSumSquare", ["point"], "own", {"keepdims": 1}),
        ("MatMul", ["point", "rows"], "products", {}),
        ("Add", ["products", "squares"], "squared", {}),
        ("TopK", ["squared", "count"], "nearest", {"largest": 0, "sorted": 1, **_LAST}),
        ("Gather", ["nearest", "place"], "last", _LAST),
        ("Add", ["last", "own"], "farthest", {}),
        ("Mul", ["farthest", "beyond"], "stretched", {}),
        ("Add", ["stretched", "alike"], "width", {}),
        ("Sub", ["width", "own"], "end", {}),
        ("Sub", ["end", "squared"], "inside", {}),
        ("Relu", ["inside"], "weights", {}),
        ("MatMul", ["weights", "answers_and_ones"], "sums", {}),
        ("Gather", ["sums", "of_answers"], "summed", _LAST),
        ("Gather", ["sums", "of_ones"], "total", _LAST),
        ("Div", ["summed", "total"], "mean_of_one", {}),
        ("Squeeze", ["mean_of_one", "first"], "found", {}),
    ]
    columns, answers = model.rows_.shape[1], model.answers_.shape[1]
    row = helper.make_tensor_value_info("row", TensorProto.DOUBLE, [columns])
    found = helper.make_tensor_value_info("found", TensorProto.DOUBLE, [answers])
    return helper.make_graph(_nodes(steps), "neighbours_of_a_row", [row], [found])


def _nodes(steps: list[Any]) -> list[Any]:
    """ONNX nodes of one output each; TopK has the places as another."""
    from onnx import helper

    return [
        helper.make_node(kind, given, [made, "places"] if kind == "TopK" else [made], **options)
        for kind, given, made, options in steps
    ]


def _constants(graph: Any, model: Neighbours) -> None:
    from onnx import numpy_helper

    ones = np.ones((len(model.rows_), 1))
    values = {
        "mean": model.mean_,
        "scale": model.scale_,
        "rows": np.ascontiguousarray(-2 * model.rows_.T),
        "squares": np.sum(model.rows_**2, axis=1),
        "answers_and_ones": np.hstack([model.answers_, ones]),
        "first": np.array([0]),
        "count": np.array([model.place + 1]),
        "place": np.array([model.place]),
        "of_answers": np.arange(model.answers_.shape[1]),
        "of_ones": np.array([model.answers_.shape[1]]),
        "beyond": np.array([BEYOND]),
        "alike": np.array([ALIKE]),
        "kept": np.array([1 - model.shrinkage]),
        "towards": model.shrinkage * model.prior_,
    }
    graph.initializer.extend(numpy_helper.from_array(v, name) for name, v in values.items())
