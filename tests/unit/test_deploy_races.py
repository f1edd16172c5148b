"""A trial whose steps are repeated, and one that people or other runs meddle with."""

import pytest
from evergreen.contracts.policies import Deploy
from evergreen.deploy import promote, rollback
from evergreen.errors import Conflict, NotFound

from tests.fakes.registered import MODEL
from tests.fakes.trial import STEPS, TrialWorld


@pytest.fixture
def world() -> TrialWorld:
    return TrialWorld()


def test_a_start_that_is_repeated_changes_nothing(world: TrialWorld) -> None:
    first = world.start()
    assert world.start() == first
    assert len(world.events) == 1


def test_a_look_that_is_repeated_changes_nothing(world: TrialWorld) -> None:
    world.start()
    first = world.look(minutes=10)
    revision = world.alias.revision
    again = world.look()
    assert (again.state, world.share, world.alias.revision) == (first.state, 0.5, revision)
    promoted = world.look(minutes=10)
    assert world.look() == world.start() == promoted
    assert [event.kind for event in world.events] == ["split", "split", "promoted"]


def test_a_withdrawal_that_is_repeated_changes_nothing(world: TrialWorld) -> None:
    world.start()
    world.traffic(2, "challenger", (), errors=9)
    first = world.look(minutes=1)
    assert world.look() == world.start() == first
    assert [event.kind for event in world.events] == ["split", "rolled back"]


def fail(*_: object) -> None:
    raise TimeoutError


@pytest.mark.parametrize(("errors", "state"), [(0, "serves"), (9, "withdrawn")])
def test_a_look_that_died_before_it_closed_the_run_is_finished_by_the_next(
    world: TrialWorld, errors: int, state: str
) -> None:
    world.apply(Deploy(steps=STEPS[:1]))
    world.start()
    world.traffic(2, "challenger", (), errors=errors)
    closing, world.registry.close_run = world.registry.close_run, fail  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        world.look(minutes=10)
    world.registry.close_run = closing  # type: ignore[method-assign]
    output = world.look()
    assert output.state == state
    assert world.registry.run("r2").reason == output.summary
    assert len(world.events) == 2
    if errors:
        assert world.events[-1].details == output.summary


def test_a_person_who_rolls_back_wins_and_the_run_says_so(world: TrialWorld) -> None:
    world.start()
    world.clock.go_on(minutes=1)
    rollback(world.registry, MODEL, "bob", "Complaints.", world.clock)
    assert (world.alias.version, world.share) == (1, None)
    output = world.look(minutes=1)
    assert output.state == "withdrawn"
    assert output.summary == (
        "The trial of version 2 ended because bob rolled back to version 1: Complaints."
    )
    assert world.registry.run("r2").status == "refused"


def test_a_late_repetition_of_the_start_does_not_undo_a_rollback(world: TrialWorld) -> None:
    world.start()
    world.clock.go_on(minutes=1)
    rollback(world.registry, MODEL, "bob", "Complaints.", world.clock)
    assert world.start().state == "withdrawn"
    assert world.share is None


def test_a_person_who_promotes_the_version_on_trial_wins(world: TrialWorld) -> None:
    world.start()
    world.promote(2)
    output = world.look(minutes=1)
    assert (output.state, output.summary) == ("serves", "version 2 serves, version 1 before")
    assert world.share is None


def test_a_person_who_promotes_another_version_wins(world: TrialWorld) -> None:
    world.start()
    world.promote(3)
    output = world.look(minutes=1)
    assert (output.state, output.champion) == ("withdrawn", 3)
    assert "because ann promoted version 3: Looks better." in output.summary


def test_promoting_the_champion_ends_the_trial_beside_it(world: TrialWorld) -> None:
    world.start()
    world.promote(1)
    assert (world.alias.version, world.share) == (1, None)


def test_a_rollback_that_is_sent_twice_ends_the_trial_and_no_more(world: TrialWorld) -> None:
    world.promote(3)
    world.start(2, champion=3)
    for _ in range(2):
        world.clock.go_on(minutes=1)
        try:
            rollback(world.registry, MODEL, "bob", "Complaints.", world.clock)
        except NotFound as refused:
            told = str(refused)
    assert world.alias.version == 3
    assert "no version before version 3 to go back to" in told


def test_a_change_at_the_very_moment_of_a_look_is_seen_by_the_next(
    world: TrialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    move = world.registry.move_alias

    def rival(*args: object, **kwargs: object) -> None:
        monkeypatch.setattr(world.registry, "move_alias", move)
        promote(world.registry, MODEL, 3, "ann", "Now.", world.clock)
        move(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(world.registry, "move_alias", rival)
    output = world.look(minutes=10)
    assert (output.state, output.wait_seconds) == ("on trial", 1)
    assert world.look().state == "withdrawn"
    assert world.alias.version == 3


def test_while_one_version_is_on_trial_another_does_not_start(world: TrialWorld) -> None:
    world.start(2)
    with pytest.raises(Conflict, match=r"Version 2 is on trial since .*evergreen rollback crash"):
        world.start(3)
    assert world.share == 0.1


def test_a_trial_whose_run_ended_otherwise_makes_room_for_the_next(world: TrialWorld) -> None:
    world.start(2)
    world.registry.close_run("r2", "failed", "A stage stopped.", "2026-01-01T01:00:00.000Z")
    assert world.start(3).state == "on trial"
    assert [e.kind for e in world.events] == ["split", "rolled back", "split"]
    assert "Run r2 ended without ending the trial of version 2" in world.events[1].details
