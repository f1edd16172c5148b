"""How the champion moves where there is no trial: by hand, at once, and the first time."""

import pytest
from evergreen.contracts.policies import Deploy
from evergreen.contracts.registry import CHAMPION, Artifact
from evergreen.contracts.stages import DeployInput, DeployOutput, RunInput
from evergreen.deploy import deploy, promote, rollback
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, Conflict, NotFound
from msgspec.structs import replace

from tests.fakes.memory import FixedClock, MemoryRegistry, MemoryStore
from tests.fakes.registered import AT, MODEL, draft, model_file, run


class World:
    """A registry with three versions, made by the runs r1, r2 and r3, none of which serves yet."""

    def __init__(self) -> None:
        self.registry, self.artifacts, self.clock = MemoryRegistry(), MemoryStore(), FixedClock()
        self.registry.apply(model_file(deploy=Deploy(steps=())), "ann", AT)
        for run_id in ("r1", "r2", "r3"):
            body = f"graph of {run_id}".encode()
            graph = Artifact(f"models/crash/{run_id}/model.onnx", sha256(body), len(body))
            self.artifacts.write(graph.key, body)
            self.registry.open_run(run(run_id))
            self.registry.register(replace(draft(run_id), graph=graph), "workflow", AT)

    def deploy(self, number: int, champion: int | None) -> DeployOutput:
        """Deploy as the run of that version does, which was judged against ``champion``."""
        self.clock.go_on(minutes=1)
        given = DeployInput(
            RunInput(run_id=f"r{number}", model=MODEL, sources=()), number, champion
        )
        return deploy(given, artifacts=self.artifacts, registry=self.registry, clock=self.clock)

    def promote(self, number: int) -> None:
        self.clock.go_on(minutes=1)
        promote(self.registry, MODEL, number, "ann", "Looks better.", self.clock)

    def rollback(self) -> None:
        self.clock.go_on(minutes=1)
        rollback(self.registry, MODEL, "bob", "It answers nonsense.", self.clock)

    @property
    def champion(self) -> int | None:
        alias = self.registry.alias(MODEL, CHAMPION)
        return alias.version if alias else None

    @property
    def moves(self) -> list[tuple[str, int | None, str]]:
        known = ("promoted", "rolled back", "split")
        events = (event for event in self.registry.audit(MODEL) if event.kind in known)
        return [(event.kind, event.version, event.actor) for event in events]


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_version_serves(world: World) -> None:
    assert world.deploy(1, None) == DeployOutput(1, None, "version 1 serves, the first one")
    assert world.champion == 1
    assert world.moves == [("promoted", 1, "workflow")]


def test_a_better_version_takes_over_and_the_run_says_so(world: World) -> None:
    world.deploy(1, None)
    output = world.deploy(2, 1)
    assert output == DeployOutput(2, 1, "version 2 serves, version 1 before")
    assert world.champion == 2
    ended = world.registry.run("r2")
    assert (ended.status, ended.reason) == ("deployed", "version 2 serves, version 1 before")


def test_deploying_twice_gives_the_same_answer_and_one_event(world: World) -> None:
    world.deploy(1, None)
    first = world.deploy(2, 1)
    assert world.deploy(2, 1) == first
    assert world.moves == [("promoted", 1, "workflow"), ("promoted", 2, "workflow")]


def test_a_deploy_that_died_after_the_move_is_finished_by_the_next_try(world: World) -> None:
    closing, world.registry.close_run = world.registry.close_run, fail  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        world.deploy(1, None)
    world.registry.close_run = closing  # type: ignore[method-assign]
    assert world.deploy(1, None).champion == 1
    assert world.registry.run("r1").status == "deployed"
    assert len(world.moves) == 1


def fail(*_: object) -> None:
    raise TimeoutError


def test_a_late_repetition_does_not_undo_a_rollback(world: World) -> None:
    world.deploy(1, None)
    first = world.deploy(2, 1)
    world.rollback()
    assert world.deploy(2, 1) == first
    assert world.champion == 1


@pytest.mark.parametrize(
    ("judged_against", "sentence"),
    [
        (None, "Version 3 was judged against no champion, but version 2 serves now"),
        (1, "Version 3 was judged against version 1, but version 2 serves now"),
    ],
)
def test_a_version_judged_against_another_champion_does_not_serve(
    world: World, judged_against: int | None, sentence: str
) -> None:
    world.promote(1)
    world.promote(2)
    with pytest.raises(Conflict, match=sentence):
        world.deploy(3, judged_against)
    assert world.champion == 2
    assert world.registry.run("r3").status == "running"


def test_a_graph_that_was_changed_after_registration_does_not_serve(world: World) -> None:
    world.artifacts.write("models/crash/r1/model.onnx", b"another graph")
    with pytest.raises(ArtifactChanged, match=r"'models/crash/r1/model\.onnx' is not the graph"):
        world.deploy(1, None)
    assert world.champion is None
    assert world.moves == []


def test_a_person_promotes_any_version_with_a_reason(world: World) -> None:
    world.promote(3)
    world.promote(1)
    assert world.champion == 1
    event = world.registry.audit(MODEL)[-1]
    assert (event.kind, event.actor, event.details) == ("promoted", "ann", "Looks better.")


def test_promoting_the_champion_changes_nothing(world: World) -> None:
    world.promote(2)
    world.promote(2)
    assert world.moves == [("promoted", 2, "ann")]


def test_a_version_that_does_not_exist_cannot_be_promoted(world: World) -> None:
    with pytest.raises(NotFound, match="no version 9"):
        world.promote(9)
    assert world.moves == []


def test_a_rollback_brings_back_what_served_before(world: World) -> None:
    world.promote(1)
    world.promote(3)
    world.rollback()
    assert world.champion == 1
    event = world.registry.audit(MODEL)[-1]
    assert (event.kind, event.version, event.actor, event.details) == (
        "rolled back",
        1,
        "bob",
        "It answers nonsense.",
    )


def test_a_rollback_sent_twice_does_not_bring_the_bad_version_back(world: World) -> None:
    world.promote(1)
    world.promote(2)
    world.rollback()
    with pytest.raises(NotFound, match="no version before version 1 to go back to"):
        world.rollback()
    assert world.champion == 1


def test_without_a_champion_there_is_nothing_to_roll_back(world: World) -> None:
    with pytest.raises(NotFound, match="no champion to roll back from"):
        world.rollback()


def test_after_a_rollback_the_next_version_remembers_what_it_replaced(world: World) -> None:
    world.promote(1)
    world.promote(2)
    world.rollback()
    world.promote(3)
    world.rollback()
    assert world.champion == 1
