"""How a version on trial takes over, or is taken back."""

import pytest
from evergreen.contracts.policies import Deploy, Step
from evergreen.contracts.stages import DeployOutput

from tests.fakes.trial import LIKELY, STEPS, TrialWorld

INVERTED = tuple(1 - p / 5 for p in LIKELY)
LOW = tuple(p / 5 for p in LIKELY)


@pytest.fixture
def world() -> TrialWorld:
    return TrialWorld()


def test_a_new_version_starts_with_its_first_share_beside_the_champion(world: TrialWorld) -> None:
    output = world.start()
    sentence = "version 2 answers 10 % of the requests for 10 minutes, version 1 the rest"
    assert output == DeployOutput(1, None, sentence, "on trial", 60)
    assert (world.alias.version, world.share) == (1, 0.1)
    (event,) = world.events
    assert (event.kind, event.version, event.actor) == ("split", 2, "workflow")
    assert sentence in event.details


def test_a_trial_leaves_the_champions_own_dates_alone(world: TrialWorld) -> None:
    before = world.alias
    world.clock.go_on(minutes=5)
    world.start()
    assert (world.alias.moved_at, world.alias.moved_by) == (before.moved_at, before.moved_by)


def test_a_version_that_does_well_takes_over_step_by_step(world: TrialWorld) -> None:
    world.start()
    for share in (0.1, 0.5):
        assert world.share == share
        world.traffic(1, "champion")
        world.traffic(2, "challenger")
        assert world.look(minutes=4).state == "on trial"
        assert world.share == share
        output = world.look(minutes=6)
    assert output.state == "serves"
    assert output.summary == (
        "version 2 serves, version 1 before; its trial at 50 % broke no limit in 99 requests"
    )
    assert (world.alias.version, world.alias.previous, world.share) == (2, 1, None)
    assert [event.kind for event in world.events] == ["split", "split", "promoted"]
    ended = world.registry.run("r2")
    assert (ended.status, ended.reason) == ("deployed", output.summary)


def test_a_look_says_how_the_trial_stands(world: TrialWorld) -> None:
    world.start()
    world.traffic(2, "challenger", (0.5, 0.6))
    assert world.look(minutes=4).summary == "version 2 at 10 %: 2 requests, 0 failed; 360 s to go"


def test_a_version_nobody_asks_is_promoted_and_that_is_said(world: TrialWorld) -> None:
    world.start()
    world.look(minutes=10)
    output = world.look(minutes=10)
    assert output.state == "serves"
    assert "saw 0 requests, too few to judge time and answers (30)" in output.summary
    assert "too few to judge" in world.events[-1].details


def test_a_version_that_fails_is_taken_back_and_the_audit_says_why(world: TrialWorld) -> None:
    world.start()
    world.traffic(2, "challenger", (0.5,), errors=3)
    output = world.look(minutes=1)
    assert output.state == "withdrawn"
    assert output.summary == (
        "Version 2 was taken back at 10 % after 4 requests; version 1 answers all. It failed 3 of "
        "4 requests, and 1 % are allowed; the last: The graph is broken."
    )
    assert (world.alias.version, world.share) == (1, None)
    event = world.events[-1]
    assert (event.kind, event.version, event.details) == ("rolled back", 1, output.summary)
    ended = world.registry.run("r2")
    assert (ended.status, ended.reason) == ("refused", output.summary)


def test_a_version_that_is_slow_is_taken_back(world: TrialWorld) -> None:
    world.start()
    world.traffic(1, "champion", milliseconds=10)
    world.traffic(2, "challenger", milliseconds=31)
    output = world.look(minutes=1)
    assert output.state == "withdrawn"
    assert "It takes 31.0 ms a request where the champion takes 10.0 ms" in output.summary


def test_a_version_that_answers_otherwise_is_taken_back(world: TrialWorld) -> None:
    world.start()
    world.traffic(1, "champion", LOW)
    world.traffic(2, "challenger", INVERTED)
    output = world.look(minutes=1)
    assert output.state == "withdrawn"
    assert "Its answers are distributed otherwise than the champion's" in output.summary


def test_answers_that_were_as_different_on_the_hold_out_are_what_was_judged(
    world: TrialWorld,
) -> None:
    world.contest(psi=12.0)
    world.start()
    world.traffic(1, "champion", LOW)
    world.traffic(2, "challenger", INVERTED)
    assert world.look(minutes=1).state == "on trial"


def test_too_few_requests_judge_neither_time_nor_answers(world: TrialWorld) -> None:
    world.start()
    world.traffic(1, "champion", LOW)
    world.traffic(2, "challenger", INVERTED[:29], milliseconds=100)
    assert world.look(minutes=1).state == "on trial"


def test_a_shadow_is_watched_before_it_may_answer(world: TrialWorld) -> None:
    world.apply(Deploy(shadow_minutes=5, steps=STEPS))
    assert "in shadow for 5 minutes, version 1 answers" in world.start().summary
    assert world.share == 0
    world.traffic(1, "champion", LOW)
    world.traffic(2, "shadow", INVERTED)
    output = world.look(minutes=1)
    assert output.state == "withdrawn"
    assert output.summary.startswith("Version 2 was taken back in shadow after 99 requests")


def test_after_the_shadow_come_the_steps(world: TrialWorld) -> None:
    world.apply(Deploy(shadow_minutes=5, steps=STEPS))
    world.start()
    world.look(minutes=5)
    assert world.share == 0.1


def test_what_happened_in_an_earlier_phase_is_not_counted_again(world: TrialWorld) -> None:
    world.start()
    world.traffic(2, "challenger", (0.5,) * 99, errors=1)  # 1 %, which is allowed
    world.look(minutes=10)
    world.clock.go_on(seconds=1)
    world.traffic(2, "challenger", (0.5,) * 9)
    assert world.look().summary == "version 2 at 50 %: 9 requests, 0 failed; 599 s to go"


def test_captures_that_are_delivered_twice_count_once(world: TrialWorld) -> None:
    world.start()
    world.traffic(2, "challenger", (0.5, 0.6))
    world.traffic(2, "challenger", (0.5, 0.6))
    assert "2 requests" in world.look(minutes=1).summary


def fail(*_: object) -> None:
    raise TimeoutError


def test_a_trial_that_cannot_be_watched_ends_and_the_run_fails(
    world: TrialWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    monkeypatch.setattr(world.features, "keys", fail)
    with pytest.raises(TimeoutError):
        world.look(minutes=1)
    assert (world.alias.version, world.share) == (1, None)
    assert "could not be watched" in world.events[-1].details


def test_a_phase_that_left_the_model_file_is_over_at_the_next_look(world: TrialWorld) -> None:
    world.start()
    world.apply(Deploy(steps=()))
    assert world.look(minutes=1).state == "serves"


@pytest.mark.parametrize(
    ("minutes", "seconds"), [(0.1, 2), (0.5, 6), (10, 60), (60 * 24, 864), (7 * 60 * 24, 6048)]
)
def test_a_trial_is_looked_at_each_minute_oftener_when_short_and_seldom_when_long(
    world: TrialWorld, minutes: float, seconds: int
) -> None:
    world.apply(Deploy(steps=(Step(share=0.1, minutes=minutes),)))
    assert world.start().wait_seconds == seconds
    left = minutes - 1 / 1000
    assert world.look(minutes=left).wait_seconds == 1
