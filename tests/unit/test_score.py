import msgspec
import numpy as np
import onnx
import pytest
from evergreen.contracts import keys
from evergreen.contracts.registry import Alias, Artifact, AuditEvent, Lineage, VersionDraft
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.stages import ScoreInput
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, GraphMismatch, InvalidTable
from evergreen.estimators.pipeline import answers, fit, to_graph
from evergreen.estimators.space import FAMILY
from evergreen.frame import arrays_from_npz
from evergreen.graph import Graph
from evergreen.score import score

from tests.fakes.learned import AT, RUN, SET, SIGNATURE, World, frame

GIVEN = ScoreInput(RUN, SET)
LOGISTIC, BOOSTED = {FAMILY: "logistic"}, {FAMILY: "gradient boosting"}


def candidate(world):
    """A candidate's graph in the run, and the pipeline behind it."""
    pipeline = fit(SIGNATURE, BOOSTED, frame(400, 1))
    graph = to_graph(pipeline, SIGNATURE)
    world.artifacts.write(keys.candidate(RUN.run_id, "model.onnx"), graph)
    return pipeline


def crown(world, signature=SIGNATURE):
    """A champion of an earlier run, with a signature of its own."""
    pipeline = fit(signature, LOGISTIC, frame(400, 7))

    def stored(name, body):
        key = keys.version("churn", "run-0", name)
        world.artifacts.write(key, body)
        return Artifact(key, sha256(body), len(body))

    nothing = stored("none", b"")
    draft = VersionDraft(
        model="churn",
        lineage=Lineage("run-0", "manual", "", "", (), 1, {}, 400, ""),
        graph=stored("model.onnx", to_graph(pipeline, signature)),
        signature=stored("signature.json", msgspec.json.encode(signature)),
        pipeline=nothing,
        profile=nothing,
        card=nothing,
        metrics={},
        threshold=0.5,
    )
    version = world.registry.register(draft, "tester", AT)
    alias = Alias("churn", "champion", version.number, None, 1, AT, "tester")
    event = AuditEvent("churn", AT, "promoted", "tester", "")
    world.registry.move_alias(alias, event, expected=None)
    return pipeline


def run(world):
    output = score(
        GIVEN, features=world.features, artifacts=world.artifacts, registry=world.registry
    )
    return output, arrays_from_npz(world.artifacts.read(output.scores))


def test_the_first_candidate_is_scored_alone():
    world = World()
    pipeline = candidate(world)
    output, scores = run(world)
    expected = answers(pipeline, SIGNATURE, frame(300, 3))
    np.testing.assert_allclose(scores["challenger"], expected, atol=1e-6)
    assert scores["challenger"].dtype == np.float64
    assert list(scores) == ["challenger"]
    assert (output.champion, output.summary) == (None, "300 hold-out rows scored, no champion yet")


def test_the_champion_meets_the_same_rows_by_its_own_signature():
    world = World()
    candidate(world)
    # Its columns stand in another order and it knows another set of seats.
    own = Signature(
        (Column("seat", "category", values=("roof", "front")), Column("speed", "number")),
        (),
        "left",
        ("no", "yes"),
    )
    champion = crown(world, own)
    output, scores = run(world)
    expected = answers(champion, own, frame(300, 3))
    np.testing.assert_allclose(scores["champion"], expected, atol=1e-6)
    assert output.champion == 1
    assert output.summary == "300 hold-out rows scored by challenger and champion v1"


@pytest.mark.parametrize("name", ["model.onnx", "signature.json"])
def test_a_champion_whose_artifact_was_changed_is_not_scored(name):
    world = World()
    candidate(world)
    crown(world)
    world.artifacts.write(keys.version("churn", "run-0", name), b"changed")
    with pytest.raises(ArtifactChanged, match=f"{name}' of the champion v1 is not what was"):
        run(world)


@pytest.mark.parametrize(
    "column", [Column("weight", "number"), Column("speed", "category", values=("1",))]
)
def test_a_champion_that_takes_another_column_or_type_cannot_be_compared(column):
    world = World()
    candidate(world)
    others = tuple(c for c in SIGNATURE.inputs if c.name != "speed")
    crown(world, SIGNATURE)
    body = msgspec.json.encode(Signature((column, *others), (), "left", ("no", "yes")))
    key = keys.version("churn", "run-0", "signature.json")
    world.artifacts.write(key, body)
    version = world.registry.version("churn", 1)
    draft = msgspec.structs.replace(version.draft, signature=Artifact(key, sha256(body), len(body)))
    world.registry._versions["churn"] = [msgspec.structs.replace(version, draft=draft)]
    with pytest.raises(InvalidTable, match=f"champion v1 takes {column.name}, which the new rows"):
        run(world)


def test_a_graph_that_answers_with_no_number_is_refused():
    world = World()
    pipeline = fit(SIGNATURE, LOGISTIC, frame(400, 1))
    graph = onnx.load_from_string(to_graph(pipeline, SIGNATURE))
    (scaler,) = [node for node in graph.graph.node if node.op_type == "Scaler"]
    for attribute in scaler.attribute:
        if attribute.name == "scale":
            attribute.floats[:] = [float("nan")] * len(attribute.floats)
    world.artifacts.write(keys.candidate(RUN.run_id, "model.onnx"), graph.SerializeToString())
    with pytest.raises(GraphMismatch, match="no number for 300 of 300 rows"):
        run(world)


def test_scoring_again_writes_the_same_scores():
    world = World()
    candidate(world)
    _, first = run(world)
    _, again = run(world)
    np.testing.assert_array_equal(first["challenger"], again["challenger"])


def test_a_graph_answers_no_rows_with_no_probabilities():
    graph = Graph(to_graph(fit(SIGNATURE, LOGISTIC, frame(100, 1)), SIGNATURE))
    none = encode(SIGNATURE, frame(10, 1).take(np.zeros(10, bool)).columns)
    assert graph.probabilities(none).shape == (0,)
