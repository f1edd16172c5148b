"""What is decided for a champion, and why."""

from datetime import timedelta

import pytest
from evergreen.contracts.drift import DomainDrift, Measured
from evergreen.contracts.policies import CapturePolicy, Retrain
from evergreen.contracts.registry import RetrainClaim
from evergreen.monitor.decide import (
    decide,
)
from evergreen.ports import iso
from evergreen.retraining import Spending
from msgspec.structs import replace

from tests.fakes.registered import MODEL, champion, model_file
from tests.fakes.situations import (
    BORN,
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
MORE = {"points": (point(20, 2000, 900),)}
"""300 outcomes more than a situation has."""
SURE = Retrain(on=("performance", "drift", "growth"), confirmations=1, growth=1.0)


def told(decision):
    return f"{decision.action}: {decision.reason}"


def test_nothing_that_speaks_for_retraining_is_watched_and_what_was_looked_at_is_told():
    assert told(decided()) == (
        "watch: no drift in 2,000 predictions; largest PSI 0.01 in speed; "
        "roc_auc 0.800 where training measured 0.800"
    )


def test_few_predictions_say_nothing():
    assert told(decided(rows=400, columns=MOVED)) == "hold: 400 of 1,000 predictions"


def test_a_cause_is_found_once_before_it_is_found_again():
    first = decided(columns=MOVED)
    assert told(first) == "hold: 1 of 2 checks found it: drift in speed (PSI 0.41)"
    second = decided({}, columns=MOVED)
    assert told(second) == "retrain: drift in speed (PSI 0.41); 600 new outcomes"
    assert [(cause.trigger, cause.since) for cause in second.causes] == [("drift", iso(NOW))]


def test_a_check_between_that_finds_nothing_begins_the_count_anew():
    calm = {"columns": (column("speed"),)}
    assert decided(calm, {"columns": MOVED}, columns=MOVED).reason.startswith("1 of 2 checks")


def test_a_check_that_saw_nothing_new_neither_confirms_nor_resets():
    same = {"seen": "first"}
    assert decided(same, same, columns=MOVED).reason.startswith("1 of 2 checks")
    assert decided(same | {"columns": ()}, {"columns": MOVED}, columns=MOVED).action == "retrain"


def test_a_cause_that_was_confirmed_stays_until_it_is_clearly_gone():
    between = {"columns": (column("speed", "small", 0.16),)}
    gone = {"columns": (column("speed", "small", 0.14),)}
    assert decided({}, between, columns=MOVED).action == "retrain"
    assert decided({}, gone, columns=MOVED).action == "watch"


def test_performance_that_was_worse_is_so_until_half_of_the_loss_is_made_good():
    assert decided(MORE, {"performance": performance(0.78)}, performance=WORSE).action == "retrain"
    assert decided(MORE, {"performance": performance(0.79)}, performance=WORSE).action == "watch"
    # Outcomes that are late say nothing either way.
    assert decided(MORE, {"performance": None}, performance=WORSE).action == "retrain"


def test_a_loss_waits_for_outcomes_that_a_version_which_learned_of_it_can_be_measured_on():
    lost = Retrain(on=("performance",))
    early = decided({"points": (point(20, 2000, 850),)}, retrain=lost, performance=WORSE)
    assert early.reason.startswith("250 of 300 outcomes since it was found")
    found = decided(MORE, retrain=lost, performance=WORSE)
    assert (found.action, found.causes[0].outcomes) == ("retrain", 300)
    both = Retrain(on=("performance", "growth"), growth=0.1)
    assert decided({}, retrain=both, performance=WORSE).action == "retrain"
    at_once = replace(lost, confirmations=1)
    assert decided(retrain=at_once, performance=WORSE).action == "retrain"


def test_only_what_the_policy_names_speaks_for_retraining():
    policy = Retrain(on=("performance",), confirmations=1)
    assert told(decided(retrain=policy, columns=MOVED)) == (
        "watch: drift in speed (PSI 0.41), for which the policy does not retrain; "
        "roc_auc 0.800 where training measured 0.800"
    )
    assert decided(retrain=policy, performance=WORSE).action == "retrain"
    assert decided(retrain=Retrain(on=()), columns=MOVED, performance=WORSE).action == "watch"


def test_each_measured_trigger_is_told_in_a_sentence():
    estimated = performance(0.8, estimated=Measured(0.6, 0.5, 0.7, 9), estimated_worse=True)
    policy = Retrain(on=("performance", "estimated", "drift", "outcomes"), confirmations=1)
    found = decided(
        retrain=policy,
        performance=replace(estimated, realised=Measured(0.7, 0.6, 0.75, 9), worse=True),
        domain=DomainDrift(0.81, 0.8, 0.82, 0.0, "large", ("speed", "belt")),
        outcome_drift=column("dead", "large", 0.5),
    )
    assert [cause.sentence for cause in found.causes] == [
        "roc_auc 0.700 where training measured 0.800",
        "estimated roc_auc 0.600 where training measured 0.800",
        "rows are told from those of training with AUC 0.81, most by speed, belt",
        "outcomes are distributed otherwise (PSI 0.50)",
    ]


def test_what_is_counted_takes_one_check_and_no_number_of_predictions():
    for policy, sentence in (
        (Retrain(on=("growth",), growth=0.6), "600 new outcomes beside the 1,000 rows learned"),
        (Retrain(on=("age",), age="40d"), "the champion is from 2026-01-01 00:00 UTC"),
        (Retrain(on=("schedule",), schedule="28d"), "the last retraining was on 2026-01-01"),
    ):
        found = decided(retrain=policy, rows=600)
        assert found.action == "retrain"
        assert found.reason.startswith(sentence)


def test_a_schedule_counts_from_the_last_run_and_not_from_a_table_that_was_scored():
    policy = Retrain(on=("schedule",), schedule="28d")
    trained = (run("r2", 15, "failed", trigger="manual"),)
    scored = (run("b1", 39, "scored", trigger="batch"),)
    assert decided(retrain=policy, runs=trained).action == "watch"
    assert decided(retrain=policy, runs=scored).action == "retrain"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"points": (point(20, 2000, 180),)}, "180 of 500 outcomes"),
        ({"runs": (run("r7", 39, "running", trigger="manual"),)}, "run r7 is in progress"),
        (
            {"runs": (run("r7", 39.5, "failed"),)},
            "cooling down until 2026-02-10 12:00 UTC",
        ),
        (
            {"runs": (run("r7", 39.5),)},
            "retraining would not have helped on 2026-02-09; next look not before 2026-02-11 12:00",
        ),
        ({"alias": champion(1, None)}, "retrain"),
    ],
)
def test_what_holds_a_retraining_back_is_told_first(changes, reason):
    found = decided(retrain=SURE, columns=MOVED, **changes)
    assert (found.action if reason == "retrain" else found.reason).startswith(reason)
    assert found.reason.endswith("drift in speed (PSI 0.41)") or reason == "retrain"


def test_what_captures_leave_out_cannot_be_learned_from():
    file = model_file(retrain=SURE, capture=CapturePolicy(redact=("speed",)))
    found = decided(file=file, columns=MOVED)
    assert found.reason.startswith("captures leave out speed, so train on a new table; drift")
    from_sources = replace(file, retrain=replace(SURE, outcomes_at_least=0))
    assert decided(file=from_sources, columns=MOVED).action == "retrain"


def test_outcomes_tell_of_a_loss_though_predictions_are_too_few_for_drift():
    lost = {"performance": performance(0.5, worse=True), "columns": MOVED, "rows": 400}
    found = decided(retrain=SURE, **lost, **MORE)
    assert (found.action, [each.trigger for each in found.causes]) == ("retrain", ["performance"])
    few = replace(lost["performance"], realised=Measured(0.5, 0.4, 0.6, 199))
    found = decided(retrain=SURE, **(lost | {"performance": few}), **MORE)
    assert (found.action, found.reason) == ("hold", "400 of 1,000 predictions")


def test_a_budget_holds_what_would_not_fit():
    policy = replace(SURE, dollars_per_month=10.0)
    for spending, action in ((Spending(9.8, 0.45), "hold"), (Spending(9.0, 0.45), "retrain")):
        assert decided(retrain=policy, columns=MOVED, spending=spending).action == action
    found = decided(retrain=policy, columns=MOVED, spending=Spending(9.8, 0.45))
    assert found.reason.startswith("$9.80 of $10.00 spent this month, and a run costs about $0.45;")


def test_it_waits_for_maintenance():
    policy = replace(SURE, maintenance=("Mon-Fri 20:00-06:00",), time_zone="Europe/Berlin")
    found = decided(retrain=policy, columns=MOVED, now=NOW + timedelta(hours=12))
    assert found.reason.startswith("maintenance opens Tue 20:00 (Europe/Berlin); drift")
    assert decided(retrain=policy, columns=MOVED, now=NOW + timedelta(hours=20)).action == "retrain"


def test_without_a_cool_down_a_run_in_progress_still_holds():
    policy = replace(SURE, cool_down_minutes=0)
    runs = (run("r7", 39.9, "running"),)
    assert decided(retrain=policy, columns=MOVED, runs=runs).reason.startswith("run r7 is in")
    ended = (run("r7", 39.9, reason="Too small."),)
    assert decided(retrain=policy, columns=MOVED, runs=ended).action == "retrain"


def test_a_run_that_was_lost_a_month_ago_holds_nothing():
    lost = (run("r7", 5, "running", trigger="manual"),)
    assert decided(retrain=SURE, columns=MOVED, runs=lost).action == "retrain"


def test_after_a_rollback_the_next_retraining_waits_as_after_a_refusal():
    back = replace(champion(1, None), moved_by="monitor", moved_at=iso(NOW - timedelta(days=1.9)))
    assert decided(retrain=SURE, columns=MOVED, alias=back).reason.startswith("cooling down until")
    earlier = replace(back, moved_at=iso(NOW - timedelta(days=2)))
    assert decided(retrain=SURE, columns=MOVED, alias=earlier).action == "retrain"


def test_outcomes_that_came_late_for_older_predictions_are_new():
    first = situation(SURE, columns=MOVED)
    decision = decide(first)
    claimed = iso(first.now + timedelta(minutes=5))
    claim = RetrainClaim(MODEL, decision.decision_id, claimed, claimed)
    later = {"claim": claim, "now": first.now + timedelta(days=3), "seen": "later"}
    few = after(first, points=(point(20, 2000, 1099),), **later)
    assert decide(few).reason.startswith("499 of 500 outcomes")
    assert decide(after(first, points=(point(20, 2000, 1100),), **later)).action == "retrain"


def test_what_a_new_champion_learned_from_is_not_new_to_it():
    first = situation(SURE, columns=MOVED)
    gathered = decide(first).at
    born = iso(first.now + timedelta(hours=2))
    lineage = replace(first.version.draft.lineage, labelled_until=gathered)
    learned = replace(
        first.version, registered_at=born, draft=replace(first.version.draft, lineage=lineage)
    )
    later = {"version": learned, "now": first.now + timedelta(days=3), "seen": "later"}
    few = after(first, points=(point(20, 2000, 1099),), **later)
    assert decide(few).reason.startswith("499 of 500 outcomes")
    # A claim from before says less than the rows that were gathered since.
    old = RetrainClaim(MODEL, "d0", iso(BORN), iso(BORN))
    assert decide(replace(few, claim=old)).reason.startswith("499 of 500 outcomes")


def test_a_score_that_fell_without_a_sure_loss_is_told_to_be_none():
    assert decided(performance=performance(0.75)).reason.endswith(
        "roc_auc 0.750 where training measured 0.800, which is not surely a loss of skill"
    )
    assert decided(retrain=Retrain(on=()), performance=WORSE).reason.endswith("measured 0.800")


def test_the_same_retraining_has_one_name_until_it_is_claimed():
    once, again = (decided(*checks, retrain=SURE, columns=MOVED) for checks in ([], [{}]))
    assert once.decision_id == again.decision_id
    claim = RetrainClaim(MODEL, once.decision_id, iso(BORN), iso(BORN))
    assert decided(retrain=SURE, columns=MOVED, claim=claim).decision_id != once.decision_id


def test_another_champion_is_suspected_of_nothing():
    other = replace(champion(2, champion(1, None)), moved_at=iso(NOW))
    assert decided({"alias": other}, columns=MOVED).reason.startswith("1 of 2 checks")
