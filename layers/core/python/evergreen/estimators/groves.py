"""Forests in groves: groups of trees small enough to stay in the processor's cache.

ONNX Runtime takes each row through all trees before the next row, so a forest that is larger than
the cache is read from memory for every row; scikit-learn takes all rows through one tree. A graph
with one node for each group of trees, summed, does likewise: 100,000 rows through 100 trees of
depth 12 take 0.60 s instead of 1.07 (scikit-learn: 0.66), and a single row 1 µs more per grove.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

_NODES = 4096
"""Of a grove, about 100 KB: half of the smallest second-level cache of Lambda's machines."""

_FORESTS = {"TreeEnsembleClassifier": "class", "TreeEnsembleRegressor": "target"}
"""The nodes that hold a forest, and how the attributes of its leaves begin."""


def in_groves(model: Any) -> Any:
    """The same model, its forest of averaged trees divided; any other stays as it is.

    Args:
        model: an onnx ModelProto whose last node is the forest. Changed in place.
    """
    graph = model.graph
    (forest, given) = _forest(graph)
    if forest is None or not _is_averaged(given):
        return model
    del graph.node[list(graph.node).index(forest) :]
    if forest.op_type == "TreeEnsembleRegressor":
        _sum(graph, forest, given, 1, forest.output[0])
        return model
    classes = len(given["classlabels_int64s"])
    if len(set(given["class_ids"])) == 1:
        _sum(graph, forest, given, 1, "positive")
        _with_the_negative(graph)
    else:
        _sum(graph, forest, given, classes, "probabilities")
    kept = [output for output in graph.output if output.name == "probabilities"]
    del graph.output[:]
    graph.output.extend(kept)
    return model


def _sum(graph: Any, forest: Any, given: dict[str, Any], targets: int, output: str) -> None:
    from onnx import helper

    sums: list[str] = []
    for trees in _groves(np.array(given["nodes_treeids"])):
        sums.append(f"grove_{len(sums)}")
        graph.node.append(
            helper.make_node(
                "TreeEnsembleRegressor",
                forest.input,
                sums[-1:],
                domain="ai.onnx.ml",
                n_targets=targets,
                **_part(given, trees, _FORESTS[forest.op_type], targets),
            )
        )
    graph.node.append(helper.make_node("Sum", sums, [output]))


def _with_the_negative(graph: Any) -> None:
    """A binary forest's leaves hold the positive class alone."""
    from onnx import helper, numpy_helper

    one = numpy_helper.from_array(np.array([1], dtype=np.float32), "one")
    graph.initializer.append(one)
    graph.node.append(helper.make_node("Sub", ["one", "positive"], ["negative"]))
    both = ["negative", "positive"]
    graph.node.append(helper.make_node("Concat", both, ["probabilities"], axis=1))


def _forest(graph: Any) -> tuple[Any, dict[str, Any]]:
    from onnx import helper

    for node in graph.node:
        if node.op_type in _FORESTS:
            return node, {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return None, {}


def _is_averaged(given: dict[str, Any]) -> bool:
    """Whether each leaf holds its share of the answer, and no more."""
    plain = given["post_transform"] == b"NONE" and not given.get("base_values")
    return plain and len(given["nodes_treeids"]) > _NODES


def _groves(nodes: Any) -> Iterator[set[int]]:
    """The trees, in groups of at most ``_NODES`` nodes or of one tree."""
    trees, sizes = np.unique(nodes, return_counts=True)
    grove: set[int] = set()
    held = 0
    for tree, size in zip(trees.tolist(), sizes.tolist(), strict=True):
        if grove and held + size > _NODES:
            yield grove
            grove, held = set(), 0
        grove.add(tree)
        held += size
    yield grove


def _part(given: dict[str, Any], trees: set[int], leaf: str, targets: int) -> dict[str, Any]:
    """The attributes of a regressor of these trees."""
    nodes = [i for i, tree in enumerate(given["nodes_treeids"]) if tree in trees]
    leaves = [i for i, tree in enumerate(given[f"{leaf}_treeids"]) if tree in trees]
    part = {
        name: [values[i] for i in nodes]
        for name, values in given.items()
        if name.startswith("nodes_")
    }
    for name in ("nodeids", "treeids", "weights", "ids"):
        part[f"target_{name}"] = [given[f"{leaf}_{name}"][i] for i in leaves]
    return part if targets > 1 else part | {"target_ids": [0] * len(leaves)}
