"""From a candidate that passed to a version."""

import re
from html.parser import HTMLParser

import msgspec
import pytest
from evergreen.contracts.explanation import LinearExplanation, Term
from evergreen.contracts.policies import Decision
from evergreen.contracts.registry import Artifact, Version
from evergreen.contracts.stages import RegisterInput, RegisterOutput
from evergreen.contracts.verdict import Baseline, Contest, Gate, Verdict
from evergreen.digest import sha256
from evergreen.errors import GateRefused, GraphMismatch, NotFound
from evergreen.register import register
from msgspec.structs import replace

from tests.fakes.candidate import METRIC, PARITY, evaluated, verdict
from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryStore
from tests.fakes.registered import AT, MODEL, model_file


class World:
    """The stores and the registry around ``register``."""

    def __init__(self) -> None:
        self.features, self.artifacts = MemoryStore(), MemoryStore()
        self.registry, self.clock = MemoryRegistry(), FixedClock()
        self.registry.apply(model_file(), "ann", AT)

    def evaluated(self, run_id: str, judged: Verdict | None = None) -> RegisterInput:
        return evaluated(run_id, self.artifacts, self.features, judged)

    def register(self, given: RegisterInput) -> RegisterOutput:
        return register(
            given,
            features=self.features,
            artifacts=self.artifacts,
            registry=self.registry,
            clock=self.clock,
        )

    def card(self) -> str:
        """The text of the only version's card."""
        (version,) = self.registry.versions(MODEL)
        return self.artifacts.read(version.draft.card.key).decode()


@pytest.fixture
def world() -> World:
    return World()


def artifacts_of(version: Version) -> list[Artifact]:
    draft = version.draft
    assert draft.explanation
    assert draft.expectation
    return [
        draft.graph,
        draft.pipeline,
        draft.signature,
        draft.profile,
        draft.card,
        draft.explanation,
        draft.expectation,
    ]


def test_a_candidate_that_passed_becomes_the_next_version(world: World) -> None:
    first = world.register(world.evaluated("r1"))
    assert first == RegisterOutput(1, "version 1 registered, roc_auc 0.889")
    assert world.register(world.evaluated("r2")).version == 2


def test_every_artifact_lies_under_the_model_with_the_hash_it_was_registered_with(
    world: World,
) -> None:
    world.register(world.evaluated("r1"))
    (version,) = world.registry.versions(MODEL)
    for artifact in artifacts_of(version):
        body = world.artifacts.read(artifact.key)
        assert artifact.key.startswith("models/crash/r1/")
        assert (artifact.sha256, artifact.bytes) == (sha256(body), len(body))
    assert world.artifacts.read(version.draft.graph.key) == b"graph of r1"
    assert world.artifacts.read(version.draft.pipeline.key) == b"pipeline of r1"


def test_a_version_remembers_what_it_was_made_of(world: World) -> None:
    world.registry.apply(model_file(metric="log_loss"), "ann", AT)
    world.register(world.evaluated("r1"))
    draft = world.registry.version(MODEL, 1).draft
    lineage = draft.lineage
    assert (lineage.run_id, lineage.dataset, lineage.feature_set) == ("r1", "d1", "f1")
    assert lineage.sources == ("raw/1997.csv", "raw/1998.csv")
    assert lineage.configuration == {
        "estimator": "forest",
        "depth": 3,
        "rate": 0.1,
        "weight": None,
    }
    assert (lineage.rows, lineage.newest, lineage.model_file_revision) == (3000, "1998-12-31", 2)
    assert (draft.metrics, draft.threshold) == ({"roc_auc": 0.8894, "brier": 0.04}, 0.25)


def test_the_card_and_the_lineage_tell_that_served_predictions_were_learned_from(
    world: World,
) -> None:
    given = world.evaluated("r1")
    until = "2026-03-01T00:00:00.000Z"
    world.register(replace(given, run=replace(given.run, labelled_until=until)))
    assert world.registry.version(MODEL, 1).draft.lineage.labelled_until == until
    assert f"with their outcome by {until}" in world.card()


def test_registering_twice_is_one_version_with_the_same_bytes(world: World) -> None:
    given = world.evaluated("r1")
    first = world.register(given)
    before, trail = dict(world.artifacts.objects), world.registry.audit(MODEL)
    world.clock.go_on(hours=1)
    world.registry.apply(model_file(metric="log_loss"), "ann", "2026-01-01T00:30:00.000Z")
    assert world.register(given) == first
    assert world.artifacts.objects == before
    assert len(world.registry.versions(MODEL)) == 1
    assert [e for e in world.registry.audit(MODEL) if e.kind == "registered"] == [
        e for e in trail if e.kind == "registered"
    ]


def test_a_registration_that_died_before_the_number_can_be_done_again(world: World) -> None:
    given = world.evaluated("r1")
    numbering, world.registry.register = world.registry.register, fail  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        world.register(given)
    world.registry.register = numbering  # type: ignore[method-assign]
    world.clock.go_on(hours=1)
    world.register(given)
    (version,) = world.registry.versions(MODEL)
    for artifact in artifacts_of(version):
        assert sha256(world.artifacts.read(artifact.key)) == artifact.sha256


def fail(*_: object) -> Version:
    raise TimeoutError


def test_a_candidate_that_a_gate_refused_becomes_no_version(world: World) -> None:
    refused = Gate("metric", False, "roc_auc 0.700 is below 0.8.")
    given = world.evaluated("r1", verdict(PARITY, refused))
    with pytest.raises(GateRefused, match=re.escape("becomes no version: roc_auc 0.700 is below")):
        world.register(given)
    nothing_was_written(world)


def test_a_graph_that_differs_from_its_pipeline_becomes_no_version(world: World) -> None:
    apart = Gate("parity", False, "Graph and pipeline differ by 0.72 in row 4.")
    with pytest.raises(GraphMismatch, match=re.escape("differ by 0.72")):
        world.register(world.evaluated("r1", verdict(apart, METRIC)))
    nothing_was_written(world)


def test_a_graph_that_nobody_compared_becomes_no_version(world: World) -> None:
    with pytest.raises(GraphMismatch, match="never compared with its pipeline"):
        world.register(world.evaluated("r1", verdict(METRIC)))
    nothing_was_written(world)


def test_a_run_without_a_verdict_becomes_no_version(world: World) -> None:
    given = world.evaluated("r1")
    del world.artifacts.objects["runs/r1/verdict.json"]
    with pytest.raises(NotFound, match="verdict"):
        world.register(given)
    nothing_was_written(world)


def nothing_was_written(world: World) -> None:
    assert world.registry.versions(MODEL) == []
    assert list(world.artifacts.keys("models/")) == []


def test_the_card_tells_what_a_reviewer_asks(world: World) -> None:
    contest = Contest(4, 0.861, 0.8894, 0.953)
    world.register(world.evaluated("r1", verdict(contest=contest)))
    card = world.card()
    for fact in (
        "Model card: crash",
        "the column &#x27;dead&#x27; has the value &#x27;1&#x27;",
        "raw/1997.csv",
        "By a fixed hash of the row.",
        "0 1,140, 1 60",
        "year.month",
        "the row&#x27;s time",
        "0.8700 to 0.9100",
        METRIC.sentence,
        PARITY.sentence,
        "version 4",
        "95.3%",
        "severity",
        "tells the outcome",
        "forest",
        sha256(b"graph of r1"),
        "2026-01-01T00:00:00.000Z",
    ):
        assert fact in card


def test_the_card_tells_what_was_scored_without_skill(world: World) -> None:
    beside = (
        Baseline("class frequencies", 0.5, 1.0),
        Baseline("logistic regression", 0.871, 0.934, plain=True),
    )
    world.register(world.evaluated("r1", replace(verdict(), baselines=beside)))
    card = world.card()
    for fact in ("class frequencies", "no skill", "logistic regression", "plain model", "93.4%"):
        assert fact in card


def test_the_card_tells_how_predictions_are_explained_and_in_which_words(world: World) -> None:
    told = Decision(adverse="positive", reasons={"belt": "No belt was <worn>."})
    world.registry.apply(model_file(decision=told), "ann", AT)
    world.register(world.evaluated("r1"))
    card = world.card()
    for fact in (
        "How a prediction is explained",
        "&#x27;?explain=reasons&#x27;",
        "those of 2 typical training rows",
        "The positive label is a decision against the person.",
        "12 CFR 1002.9(b)(2)",
        "No belt was &lt;worn&gt;.",
    ):
        assert fact in card


def test_the_card_of_a_linear_model_says_that_explanations_are_exact(world: World) -> None:
    given = world.evaluated("r1")
    linear = msgspec.json.encode(LinearExplanation(0.0, (Term(slope=2.0), Term())))
    world.artifacts.write("runs/r1/candidate/explanation.json", linear)
    world.register(given)
    assert "The model is linear: they are exact" in world.card()
    assert "names no label as a decision against a person" in world.card()


def test_what_the_table_holds_cannot_become_markup_on_the_card(world: World) -> None:
    world.register(world.evaluated("r1"))
    assert "f&lt;m" in world.card()
    assert "f<m" not in world.card()


def test_the_card_needs_nothing_from_the_network(world: World) -> None:
    world.register(world.evaluated("r1"))
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Reader().feed(world.card())
    assert tags
    assert not [tag for tag, _ in tags if tag in {"script", "img", "link", "iframe"}]
    assert not [attrs for _, attrs in tags if "src" in attrs or "href" in attrs]
