"""A blend as one ONNX graph: its members' graphs side by side on one input, and their mean.

The mean and the calibration are computed in 64 bits. Members of an older opset are converted to
the newest of them first.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evergreen.contracts.signature import Signature
from evergreen.estimators.blend import Blend
from evergreen.estimators.calibration import Calibration
from evergreen.estimators.graph_names import rename
from evergreen.estimators.pipeline import VALUE, to_graph

INPUT = "X"


def blend_graph(blend: Blend, signature: Signature, graphs: Sequence[bytes] = ()) -> bytes:
    """The blend as a serialised graph; the same blend gives the same bytes.

    Its input is one float32 matrix, its output ``probabilities``, float of shape (n, k), or
    ``value``, double of shape (n, 1).

    Args:
        graphs: of the members, where they are made already.
    """
    graphs = graphs or [to_graph(member, signature) for member in blend.members]
    if blend.bare:
        return graphs[0]
    from onnx import TensorProto, helper, load_model_from_string

    members = _of_one_opset([load_model_from_string(body) for body in graphs])
    output = "probabilities" if signature.classes else VALUE
    graph = helper.make_graph([], "evergreen", [], [])
    graph.input.append(members[0].graph.input[0])
    parts = [_join(graph, m, number, output) for number, m in enumerate(members)]
    together = _mean(graph, parts, blend.weights)
    if blend.calibration:
        together = _calibrate(graph, together, blend.calibration)
    kind = TensorProto.FLOAT if signature.classes else TensorProto.DOUBLE
    graph.node.append(helper.make_node("Cast", [together], [output], to=kind))
    width = len(signature.classes) or 1
    graph.output.append(helper.make_tensor_value_info(output, kind, [None, width]))
    return _serialised(graph, members)


def _of_one_opset(models: list[Any]) -> list[Any]:
    from onnx.version_converter import convert_version

    newest = max(_version(model, "") for model in models)
    return [m if _version(m, "") == newest else convert_version(m, newest) for m in models]


def _version(model: Any, domain: str) -> int:
    return max((o.version for o in model.opset_import if o.domain == domain), default=0)


def _join(graph: Any, member: Any, number: int, output: str) -> str:
    """Add a member's nodes and constants; the name of its answer in 64 bits."""
    from onnx import TensorProto, helper

    part = member.graph
    answer, wide = f"answer_{number}", f"answer_{number}_in_64_bits"
    _keep(part, output)
    rename(part, {part.input[0].name: INPUT, output: answer}, f"member_{number}_")
    graph.node.extend(part.node)
    graph.initializer.extend(part.initializer)
    graph.node.append(helper.make_node("Cast", [answer], [wide], to=TensorProto.DOUBLE))
    return wide


def _keep(graph: Any, output: str) -> None:
    """Only the output and the nodes that it depends on: no labels, which nobody reads."""
    wanted, kept = {output}, []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input) | _captured(node)
    outputs = [each for each in graph.output if each.name == output]
    del graph.node[:], graph.output[:]
    graph.node.extend(kept[::-1])
    graph.output.extend(outputs)


def _captured(node: Any) -> set[str]:
    """What a node's subgraphs read, perhaps from outside them."""
    inner = [n for a in node.attribute if a.HasField("g") for n in a.g.node]
    return {name for n in inner for name in {*n.input, *_captured(n)}}


def _mean(graph: Any, parts: list[str], weights: tuple[float, ...]) -> str:
    from onnx import helper

    if len(parts) == 1:
        return parts[0]
    weighted = [f"{part}_weighted" for part in parts]
    for part, scaled, weight in zip(parts, weighted, weights, strict=True):
        constant = _constant(graph, f"{part}_weight", [weight])
        graph.node.append(helper.make_node("Mul", [part, constant], [scaled]))
    graph.node.append(helper.make_node("Sum", weighted, ["mean"]))
    return "mean"


def _calibrate(graph: Any, given: str, calibration: Calibration) -> str:
    from onnx import helper

    narrowed = 1 - len(calibration.biases) * calibration.least
    least = _constant(graph, "least", [calibration.least])
    room = _constant(graph, "room", [narrowed])
    slope = _constant(graph, "slope", [calibration.slope])
    biases = _constant(graph, "biases", list(calibration.biases))
    graph.node.extend(
        [
            helper.make_node("Mul", [given, room], ["narrowed"]),
            helper.make_node("Add", ["narrowed", least], ["inside"]),
            helper.make_node("Log", ["inside"], ["logs"]),
            helper.make_node("Mul", ["logs", slope], ["scaled"]),
            helper.make_node("Add", ["scaled", biases], ["moved"]),
            helper.make_node("Softmax", ["moved"], ["calibrated"], axis=1),
        ]
    )
    return "calibrated"


def _constant(graph: Any, name: str, value: list[float]) -> str:
    from onnx import numpy_helper

    graph.initializer.append(numpy_helper.from_array(np.array(value, dtype=np.float64), name))
    return name


def _serialised(graph: Any, members: list[Any]) -> bytes:
    from onnx import helper

    domains = sorted({opset.domain for m in members for opset in m.opset_import})
    opsets = [helper.make_opsetid(d, max(_version(m, d) for m in members)) for d in domains]
    model = helper.make_model(
        graph,
        opset_imports=opsets,
        ir_version=max(m.ir_version for m in members),
        producer_name="evergreen",
    )
    body: bytes = model.SerializeToString()
    return body
