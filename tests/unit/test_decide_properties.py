"""What holds of every decision, whatever a check found."""

from datetime import timedelta

from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.policies import Retrain
from evergreen.contracts.registry import RetrainClaim
from evergreen.monitor.decide import Situation, decide
from evergreen.ports import iso
from evergreen.retraining import Spending
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.registered import MODEL
from tests.fakes.situations import (
    BORN,
    NOW,
    after,
    column,
    performance,
    point,
    run,
    situation,
)

DAYS = st.floats(0, 40)
POLICIES = st.builds(
    Retrain,
    on=st.just(("performance", "drift", "growth", "age", "schedule")),
    confirmations=st.integers(1, 3),
    outcomes_at_least=st.integers(0, 800),
    cool_down_minutes=st.floats(0, 5_000),
    age=st.sampled_from(["30d", "60d"]),
    schedule=st.sampled_from(["30d", "60d"]),
    dollars_per_month=st.sampled_from([None, 10.0]),
    maintenance=st.sampled_from([(), ("Mon-Fri 20:00-06:00",), ("00:00-24:00",)]),
)
RUNS = st.lists(
    st.builds(
        run, st.text("abc", min_size=1, max_size=4), DAYS, st.sampled_from(["running", "refused"])
    ),
    max_size=2,
)
COLUMNS = st.sampled_from([(column("speed", "large", 0.4),), (column("speed"),)])


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    runs = sorted(draw(RUNS), key=lambda each: each.started_at, reverse=True)
    claimed, held = BORN + timedelta(days=draw(DAYS)), timedelta(days=draw(DAYS))
    claim = RetrainClaim(MODEL, "d0", iso(claimed), iso(claimed + held))
    first = situation(
        draw(POLICIES),
        now=NOW + timedelta(hours=draw(st.integers(0, 200))),
        rows=draw(st.integers(500, 5000)),
        points=(point(39, 1000, draw(st.integers(0, 2000))),),
        columns=draw(COLUMNS),
        performance=performance(0.7, worse=draw(st.booleans())),
        runs=tuple(runs),
        claim=draw(st.sampled_from([None, None, claim])),
        spending=Spending(draw(st.floats(0, 12)), draw(st.floats(0, 2))),
    )
    for _ in range(draw(st.integers(0, 3))):
        first = after(first, columns=draw(COLUMNS))
    return first


@settings(max_examples=150, deadline=None)
@given(situations())
def test_nothing_is_retrained_while_anything_holds_it_back(found: Situation) -> None:
    if decide(found).action != "retrain":
        return
    policy, now = found.file.retrain, iso(found.now)
    oldest = iso(found.now - timedelta(days=30))
    assert not [r for r in found.runs if r.status == "running" and r.started_at > oldest]
    assert found.claim is None or found.claim.until <= now
    if found.runs:
        cool_down = timedelta(minutes=policy.cool_down_minutes)
        assert max(r.started_at for r in found.runs) <= iso(found.now - cool_down)
    assert sum(p.outcomes for p in found.points) >= policy.outcomes_at_least
    if policy.dollars_per_month:
        assert found.spending.spent + found.spending.next_run <= policy.dollars_per_month
    if policy.maintenance == ("Mon-Fri 20:00-06:00",):
        hour, day = found.now.hour, found.now.weekday()
        assert (hour >= 20 and day < 5) or (hour < 6 and (day - 1) % 7 < 5)


@settings(max_examples=150, deadline=None)
@given(situations())
def test_more_outcomes_less_spent_and_no_claim_never_end_a_retraining(found: Situation) -> None:
    if decide(found).action == "retrain":
        more = replace(found.points[0], outcomes=found.points[0].outcomes + 100)
        better = replace(found, points=(more,), spending=Spending(), claim=None)
        assert decide(better).action == "retrain"


@settings(max_examples=150, deadline=None)
@given(situations())
def test_the_same_situation_is_decided_the_same_way_and_says_why(found: Situation) -> None:
    decision = decide(found)
    assert decision == decide(found)
    assert decision.reason
    assert decision.action in ("retrain", "hold") or not decision.causes
    if decision.action == "retrain":
        assert decision.causes


@settings(max_examples=100, deadline=None)
@given(situations(), st.lists(st.booleans(), max_size=8))
def test_checks_that_see_nothing_new_never_change_what_is_suspected(
    found: Situation, looks: list[bool]
) -> None:
    on = ("performance", "drift")
    file: ModelFile = replace(found.file, retrain=replace(found.file.retrain, on=on))
    first = after(replace(found, file=file))
    before = first.memory.suspicions
    for calm in looks:
        columns = (column("speed", "none" if calm else "large"),)
        first = after(replace(first, seen=first.memory.seen, columns=columns))
        assert first.memory.suspicions == before


def test_what_moved_is_no_calm_though_the_policy_names_none_of_it():
    moved = {"answers": column("answers", "large", 2), "outcome_drift": column("dead", "large", 3)}
    found = decide(situation(Retrain(on=("performance",), growth=1.0), **moved))
    assert (found.action, found.reason.partition(", for which")[0]) == (
        "watch",
        "drift in answers (PSI 2.00); outcomes are distributed otherwise (PSI 3.00)",
    )
