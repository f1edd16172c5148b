"""A version as nobody trained it: the graph of another one with its answers turned round."""

import onnx
from evergreen.cli.cloud import Cloud
from evergreen.contracts import keys
from evergreen.contracts.registry import Artifact, Run, Version
from evergreen.digest import sha256
from evergreen.ports import iso
from msgspec.structs import replace
from onnx import TensorProto, helper


def register_inverted(cloud: Cloud, version: Version, run_id: str) -> Version:
    """Register a twin of ``version`` that says 1 - p, as if a run of that id had made it."""
    model, now = version.draft.model, iso(cloud.clock.now())
    body = inverted(cloud.artifacts.read(version.draft.graph.key))
    graph = Artifact(keys.version(model, run_id, "model.onnx"), sha256(body), len(body))
    cloud.artifacts.write(graph.key, body)
    cloud.registry.open_run(
        Run(run_id=run_id, model=model, trigger="manual", sources=(), started_at=now)
    )
    lineage = replace(version.draft.lineage, run_id=run_id)
    return cloud.registry.register(
        replace(version.draft, graph=graph, lineage=lineage), "tests", now
    )


def inverted(body: bytes) -> bytes:
    """The graph, answering 1 - p where it answered p."""
    model = onnx.load_from_string(body)
    graph = model.graph
    for node in graph.node:
        node.output[:] = ["before" if name == "probabilities" else name for name in node.output]
        node.input[:] = ["before" if name == "probabilities" else name for name in node.input]
    graph.initializer.append(helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]))
    graph.node.append(helper.make_node("Sub", ["one", "before"], ["probabilities"]))
    return bytes(model.SerializeToString())
