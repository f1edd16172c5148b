"""What is remembered from one check to the next, when versions meet, and who is told."""

from datetime import timedelta

import pytest
from evergreen.contracts.checks import Memory
from evergreen.contracts.policies import CapturePolicy, Retrain
from evergreen.contracts.registry import Challenger, RetrainClaim
from evergreen.monitor.decide import (
    ask_contest,
    decide,
    needs_alert,
    read_memory,
    remember,
    with_alert,
    write_memory,
)
from evergreen.ports import iso
from evergreen.retraining import Spending
from msgspec.structs import replace

from tests.fakes.memory import MemoryStore
from tests.fakes.registered import MODEL, champion
from tests.fakes.situations import (
    NOW,
    after,
    column,
    decided,
    performance,
    point,
    run,
    situation,
)

MOVED = (column("speed", "large", 0.41), column("belt", "small", 0.1))
WORSE = performance(0.7, worse=True)
SURE = Retrain(on=("performance", "drift", "growth"), confirmations=1, growth=1.0)


def test_to_lose_what_was_remembered_costs_a_confirmation_and_nothing_else():
    lost = decided({"memory": Memory()}, columns=MOVED)
    assert lost.reason.startswith("1 of 2 checks")
    assert decided({"memory": Memory()}, {}, columns=MOVED).action == "retrain"


def test_what_is_remembered_is_read_back_and_what_cannot_be_read_is_forgotten():
    store, first = MemoryStore(), situation(columns=MOVED)
    memory = remember(first, decide(first))
    assert read_memory(store, MODEL) == Memory()
    write_memory(store, MODEL, memory)
    assert read_memory(store, MODEL) == memory
    store.write("reports/crash/checks.json", b'{"seen": 1}')
    assert read_memory(store, MODEL) == Memory()


def test_a_check_that_is_done_again_is_remembered_once():
    first = situation(columns=MOVED)
    memory = remember(first, decide(first))
    again = replace(first, memory=memory)
    assert remember(again, decide(again)) == memory


def served(first, last, days, now):
    """Stretches of ``days`` days of a window of 28, 10 outcomes a day."""
    starts = range(max(first, now - 28), last, days)
    return tuple(
        replace(point(day, 10 * n, 10 * n), until=point(day + n - 1, 0, 0).until)
        for day in starts
        for n in [min(days, last - day)]
    )


@pytest.mark.parametrize("days", [1, 5, 7])
def test_outcomes_are_counted_once_though_the_window_moves_through_its_stretches(days):
    now = situation(points=served(0, 20, days, 20))
    for today in range(21, 90):
        now = after(now, points=served(0, today, days, today))
    memory = remember(now, decide(now))
    counted = memory.forgotten + sum(each.outcomes for each in memory.points)
    assert counted == pytest.approx(890, abs=10)
    older = [each for each in memory.points if each.since < served(0, 89, days, 89)[0].since]
    assert len({each.since[:10] for each in older}) == len(older)


def test_the_points_of_another_version_stay_as_they_were():
    first = situation(points=(point(20, 100, 60), point(21, 100, 50)))
    other = (point(21, 40, 5, version=2), point(22, 100, 0, version=2))
    memory = remember(last := after(first, points=other), decide(last))
    assert memory.points == (*first.points, *other)


def test_the_timeline_is_bounded_and_what_it_forgets_stays_counted():
    now = situation(points=tuple(point(day, 10, 5) for day in range(300)))
    now = after(now, points=tuple(point(day, 10, 6) for day in range(300, 500)))
    memory = remember(now, decide(now))
    assert len(memory.points) == 400
    assert memory.forgotten + sum(each.outcomes for each in memory.points) == 300 * 5 + 200 * 6


def test_only_the_last_decisions_are_remembered():
    now = situation()
    for _ in range(205):
        now = after(now)
    assert len(now.memory.decisions) == 200
    assert now.memory.decisions[-1].at == iso(now.now - timedelta(hours=1))


PROMOTED = replace(champion(2, champion(1, None)), moved_by="workflow")


def answered(*outcomes):
    """Points of the champion, and one of the version before it."""
    mine = [point(21 + day, 2000, each, version=2) for day, each in enumerate(outcomes)]
    return {"points": (point(20, 2000, 600), *mine)}


def test_a_promoted_version_that_is_worse_meets_the_one_before_it():
    asked = ask_contest(situation(alias=PROMOTED, performance=WORSE, **answered(200)))
    assert (asked.version, asked.previous) == (2, 1)
    assert (asked.since, asked.until) == (PROMOTED.moved_at, iso(NOW))
    # Surely lower is enough, though not by as much as the model file calls worse.
    found = situation(alias=PROMOTED, performance=performance(0.77), **answered(200))
    assert ask_contest(found) == asked


@pytest.mark.parametrize(
    "changes",
    [
        {"performance": performance(0.79)},
        {"performance": None},
        answered(199),
        {"alias": replace(PROMOTED, moved_by="ann")},
        {"alias": replace(PROMOTED, previous=None)},
        {"alias": replace(PROMOTED, challenger=Challenger(3, "r3", 0.1, iso(NOW)))},
    ],
)
def test_nothing_is_contested_without_need_or_against_a_persons_will(changes):
    given = {"alias": PROMOTED, "performance": WORSE, **answered(200)}
    assert ask_contest(situation(**(given | changes))) is None


def test_a_contest_is_asked_for_again_with_a_quarter_more_outcomes_however_few_a_window_holds():
    first = situation(alias=PROMOTED, performance=WORSE, **answered(400))
    memory = remember(first, decide(first), ask_contest(first))
    for more, again in ((99, False), (100, True)):
        # The window has moved on to the newest day.
        moved_on = {"points": (point(23, 2000, more, version=2),)}
        later = after(first, memory=memory, **moved_on)
        assert (ask_contest(later) is not None) == again


def test_people_are_told_of_a_retraining_once():
    found = situation(SURE, columns=MOVED)
    decision = decide(found)
    about = needs_alert(decision, found.file, None, Memory())
    assert about == f"retrain {decision.decision_id}"
    assert needs_alert(decision, found.file, None, with_alert(Memory(), decision, about)) == ""
    later = replace(decision, at=iso(NOW + timedelta(days=31)))
    told = with_alert(Memory(), decision, about)
    assert needs_alert(later, found.file, None, told) == about


def test_two_findings_that_take_turns_are_each_told_once_a_month():
    held = situation(SURE, performance=WORSE, points=(point(20, 2000, 180),))
    spent = replace(held.file, retrain=replace(SURE, dollars_per_month=1.0))
    other = situation(file=spent, columns=MOVED, spending=Spending(1.0, 0.1))
    memory, told = Memory(), []
    for day in range(60):
        now = (held, other)[day % 2]
        decision = decide(replace(now, now=NOW + timedelta(days=day)))
        if about := needs_alert(decision, now.file, WORSE, memory):
            memory = with_alert(memory, decision, about)
            told.append((day, about))
    waits = "waits for a person"
    assert told == [(0, "worse"), (1, waits), (30, "worse"), (31, waits)]
    assert len(memory.told) == 2


def test_a_model_that_stays_worse_for_a_month_is_told_of_by_what_happens_not_by_the_check():
    """Checked daily; each retraining is refused."""
    memory, runs, claim, told, retrained = Memory(), (), None, [], 0
    for day in range(30):
        now = NOW + timedelta(days=day)
        points = tuple(point(20 + each, 2000, 200) for each in range(20 + day))
        known = {"memory": memory, "runs": runs, "claim": claim, "seen": f"on day {day}"}
        found = situation(Retrain(), now=now, performance=WORSE, points=points, **known)
        decision = decide(found)
        about = needs_alert(decision, found.file, WORSE, memory)
        memory = remember(found, decision)
        if about:
            memory = with_alert(memory, decision, about)
            told.append(about)
        if decision.action == "retrain":
            at, retrained = iso(now + timedelta(minutes=5)), retrained + 1
            ended = replace(run(f"r{day}", 0), started_at=at, ended_at=at)
            runs = (ended, *runs)
            claim = RetrainClaim(MODEL, decision.decision_id, at, at)
    assert 1 < retrained < 6
    assert len(told) == len(set(told)) <= 2 * retrained


def test_a_retraining_that_would_not_help_is_told_only_where_performance_is_below_its_gate():
    found = situation(SURE, columns=MOVED, runs=(run("r7", 39.5),))
    decision = decide(found)
    assert needs_alert(decision, found.file, performance(0.8), Memory()) == ""
    assert needs_alert(decision, found.file, WORSE, Memory()).startswith("retraining would not")
    gated = replace(found.file, gates=replace(found.file.gates, metric_at_least=0.81))
    assert needs_alert(decision, gated, performance(0.8), Memory()).startswith("retraining would")


def test_nobody_is_told_of_what_passes_by_itself():
    for held in (
        situation(columns=MOVED),
        situation(SURE, columns=MOVED, runs=(run("r7", 39, "running"),)),
        situation(SURE, performance=WORSE, runs=(run("r7", 39.5, "failed"),)),
    ):
        assert needs_alert(decide(held), held.file, WORSE, Memory()) == ""
    calm = situation()
    assert needs_alert(decide(calm), calm.file, calm.performance, Memory()) == ""


@pytest.mark.parametrize("points", [(), (point(39, 2000, 180),)])
def test_a_refusal_below_the_gate_is_told_though_outcomes_for_the_next_are_missing(points):
    held = situation(SURE, performance=WORSE, runs=(run("r7", 39.5),), points=points)
    decision = decide(held)
    assert "of 500 outcomes" in decision.reason
    about = "retraining would not have helped on 2026-02-09"
    assert needs_alert(decision, held.file, WORSE, Memory()) == about


def test_people_are_told_of_performance_that_nothing_is_done_about():
    for held in (
        situation(SURE, performance=WORSE, points=(point(20, 2000, 180),)),
        situation(Retrain(on=("schedule",), schedule="90d"), performance=WORSE),
    ):
        assert needs_alert(decide(held), held.file, WORSE, Memory()) == "worse"
        assert needs_alert(decide(held), held.file, performance(0.79), Memory()) == ""


def test_people_are_told_of_what_waits_for_them():
    file = situation(SURE).file
    hidden = replace(file, capture=CapturePolicy(redact=("speed",)))
    spent = replace(file, retrain=replace(SURE, dollars_per_month=1.0))
    for stated in (hidden, spent):
        held = situation(file=stated, columns=MOVED, spending=Spending(1.0, 0.1))
        assert needs_alert(decide(held), stated, None, Memory()) == "waits for a person"
