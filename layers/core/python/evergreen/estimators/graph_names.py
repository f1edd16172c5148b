"""Names in an ONNX graph that depend on nothing but the graph.

Converters count through all graphs that a process has made, so the same pipeline converted again
would give other names, so other bytes and another SHA-256.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any


def rename(graph: Any, kept: dict[str, str], prefix: str = "") -> None:
    """Give every node and value of a GraphProto a name by its place, those of subgraphs too.

    Args:
        kept: what some values are to be called instead: the graph's inputs and outputs.
        prefix: in front of all other names.
    """
    _rename(graph, dict(kept), (f"{prefix}{number}" for number in count()))


def _rename(graph: Any, names: dict[str, str], fresh: Iterator[str]) -> None:
    """``names`` are those that are known so far; a subgraph sees the ones of the graphs around."""
    for value in [*graph.input, *graph.initializer]:
        value.name = _named(value.name, names, fresh)
    for node in graph.node:
        node.name = next(fresh)
        node.input[:] = [names.get(name, name) for name in node.input]
        for inner in _subgraphs(node):
            own = {v.name for v in (*inner.input, *inner.initializer)}
            own |= {name for each in inner.node for name in each.output}
            _rename(inner, {k: v for k, v in names.items() if k not in own}, fresh)
        node.output[:] = [_named(name, names, fresh) for name in node.output]
    for value in graph.output:
        value.name = names[value.name]
    del graph.value_info[:]


def _named(name: str, names: dict[str, str], fresh: Iterator[str]) -> str:
    """Its new name; an output that is left out has none."""
    return names.setdefault(name, next(fresh)) if name else ""


def _subgraphs(node: Any) -> list[Any]:
    return [a.g for a in node.attribute if a.HasField("g")]
