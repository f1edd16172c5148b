"""A promoted version that is surely worse is taken back, once, and never against a person."""

from datetime import timedelta

import pytest
from evergreen.contracts.drift import Measured
from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import CHAMPION, Challenger
from evergreen.contracts.sweep import Contest, ContestResult
from evergreen.errors import Conflict
from evergreen.monitor.decide import settle
from evergreen.ports import iso
from evergreen.retraining import cooling, wait
from msgspec.structs import replace

from tests.fakes.memory import FixedClock, MemoryRegistry
from tests.fakes.registered import AT, MODEL, champion, draft, model_file, promoted

LATER = "2026-01-03T00:00:00.000Z"
CONTEST = Contest(MODEL, 2, 1, AT, LATER)
RESULT = ContestResult(
    contest=CONTEST,
    metric="roc_auc",
    rows=400,
    current=Measured(0.6, 0.55, 0.65, 400),
    before=Measured(0.7, 0.65, 0.75, 400),
    confidence=0.98,
)


class World:
    """Version 2 was promoted by the workflow over version 1 two days ago."""

    def __init__(self) -> None:
        self.registry, self.clock = MemoryRegistry(), FixedClock()
        self.clock.go_on(days=2, minutes=1)
        self.registry.apply(model_file(), "ann", AT)
        for run_id in ("r1", "r2", "r3"):
            self.registry.register(draft(run_id), "workflow", AT)
        self.move(champion(1, None))
        self.move(replace(champion(2, self.alias), moved_by="workflow"))

    @property
    def alias(self):
        return self.registry.alias(MODEL, CHAMPION)

    def move(self, alias) -> None:
        self.registry.move_alias(alias, promoted(alias.version), expected=self.alias)

    def settle(self, result=RESULT):
        return settle(result, registry=self.registry, clock=self.clock, report="r.json")


@pytest.fixture
def world() -> World:
    return World()


def test_the_previous_version_answers_again_where_it_is_surely_better(world):
    decision = world.settle()
    assert (decision.action, decision.version, decision.report) == ("roll back", 2, "r.json")
    assert decision.reason == (
        "version 2 answered 400 rows with roc_auc 0.600, where version 1 has 0.700 "
        "(confidence 0.98)"
    )
    assert (world.alias.version, world.alias.previous, world.alias.moved_by) == (1, None, "monitor")
    event = world.registry.audit(MODEL)[-1]
    assert (event.kind, event.actor, event.version) == ("rolled back", "monitor", 1)
    assert event.details == decision.reason


@pytest.mark.parametrize("changes", [{"confidence": 0.94}, {"rows": 199}, {"rows": 0}])
def test_nothing_is_taken_back_by_chance(world, changes):
    assert world.settle(replace(RESULT, **changes)) is None
    assert world.alias.version == 2


def test_the_same_result_again_changes_nothing_and_says_the_same(world):
    first = world.settle()
    world.clock.go_on(hours=1)
    assert world.settle() == first
    # One of a check that ran beside it means the same rollback.
    beside = replace(RESULT, contest=replace(CONTEST, until=iso(world.clock.now())))
    assert world.settle(beside) == first
    assert world.alias.revision == 3


def test_a_persons_promotion_meanwhile_stands(world):
    for alias in (champion(3, world.alias), replace(champion(2, champion(1, None)), revision=4)):
        alias = replace(alias, moved_at=LATER, revision=world.alias.revision + 1)
        world.move(alias)
        assert world.settle() is None
        assert world.alias == alias


def test_a_promotion_in_the_very_moment_stands(world, monkeypatch):
    def moved(*_args, **_changes):
        raise Conflict("The champion was moved meanwhile.")

    monkeypatch.setattr(world.registry, "move_alias", moved)
    assert world.settle() is None


def test_nothing_is_taken_back_while_another_version_is_on_trial(world):
    trial = Challenger(3, "r3", 0.1, LATER)
    world.move(replace(world.alias, challenger=trial, revision=3))
    assert world.settle() is None


def test_a_version_that_was_taken_back_is_not_brought_back(world):
    world.settle()
    back = Contest(MODEL, 1, 2, world.alias.moved_at, iso(world.clock.now()))
    assert world.settle(replace(RESULT, contest=back)) is None
    assert world.alias.version == 1


def test_after_it_the_next_retraining_cools_down(world):
    world.settle()
    policy = Retrain(cool_down_minutes=60)
    held = wait(policy, world.alias, None, [])
    assert cooling(held, world.clock.now()) == "cooling down until 2026-01-03 02:01 UTC"
    assert cooling(held, world.clock.now() + timedelta(hours=2)) == ""


def test_what_was_more_than_a_contest_reads_is_told(world):
    reason = world.settle(replace(RESULT, left_out=1200)).reason
    assert reason.endswith(
        "; of the newest rows, 1,200 older objects were more than a contest reads"
    )


def test_a_policy_may_only_report_it(world):
    world.registry.apply(model_file(retrain=Retrain(rollback="report")), "ann", LATER)
    decision = world.settle()
    assert decision.action == "watch"
    assert decision.reason.endswith("(confidence 0.98); the policy only reports it")
    assert world.alias.version == 2
    world.clock.go_on(minutes=5)
    assert world.settle() == decision
