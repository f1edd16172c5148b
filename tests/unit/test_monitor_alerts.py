"""Messages as a person on call reads them: what moved, by how much, since when, what was done."""

import pytest
from evergreen.contracts.decision import Cause, Decision
from evergreen.contracts.drift import DriftReport
from evergreen.contracts.fleet import ModelHealth
from evergreen.contracts.sweep import Contest, Finding
from evergreen.monitor.alerts import about_decision, about_failure
from evergreen.monitor.decide.settle import ONLY_REPORTED
from msgspec.structs import replace

from tests.fakes.registered import model_file
from tests.fakes.situations import MODEL, column, performance

LINK = "https://console/page.html"
SINCE, AT = "2026-01-12T00:00:00.000Z", "2026-02-09T07:00:00.000Z"
LOST = Cause("performance", "roc_auc 0.620 where training measured 0.800", "2026-02-07T06:00:00Z")
CONTEST = Contest(MODEL, 2, 1, "2026-02-01T08:00:00.000Z", AT)
BEATEN = "version 2 answered 400 rows with roc_auc 0.600, where version 1 has 0.800"


def decision(action, reason, *causes):
    return Decision(
        decision_id="d1", model=MODEL, version=2, at=AT, action=action, reason=reason, causes=causes
    )


def report(of):
    moved = replace(column("speed", "large", 0.41), shift=0.9, missing=0.12, missing_before=0.01)
    return DriftReport(
        model=MODEL,
        version=2,
        checked_at=AT,
        since=SINCE,
        until=AT,
        rows=2000,
        outcomes=600,
        columns=(moved, column("belt")),
        performance=performance(0.62, worse=True),
        outcome_drift=column("died", "large", 0.3),
        decision=of,
    )


def told(of, contest=None):
    file = model_file()
    gated = replace(file, gates=replace(file.gates, metric_at_least=0.75))
    return about_decision(of, gated, report(of), LINK, contest)


def test_a_retraining_is_told_with_what_moved_by_how_much_since_when_and_how_to_follow_it():
    reason = f"{LOST.sentence}; 600 new outcomes"
    subject, text = told(decision("retrain", reason, LOST))
    assert subject == f"Evergreen: {MODEL} is being retrained: {LOST.sentence}"
    assert text.splitlines() == [
        f"{MODEL} version 2: {reason}.",
        "",
        "What was found",
        f"- {LOST.sentence} since 2026-02-07 06:00 UTC",
        "",
        "What moved, in 2,000 predictions and 600 outcomes since 2026-01-12 00:00 UTC",
        "- roc_auc 0.620 (0.600 to 0.640, 600 rows); 0.800 at training; "
        "the gate asks for at least 0.750",
        "- outcomes: PSI 0.30",
        "- speed: PSI 0.41, mean +0.90 standard deviations, 12% missing, 1% in training",
        "",
        "What was done",
        "A retraining starts; its challenger replaces the champion only if it is better, and after "
        "its trial.",
        f"evergreen runs drift-{MODEL}-d1 --follow",
        "",
        "Report",
        LINK,
        f"evergreen report {MODEL}",
    ]


def test_a_rollback_says_which_version_answers_and_how_to_undo_it():
    subject, text = told(decision("roll back", BEATEN), CONTEST)
    assert subject == f"Evergreen: {MODEL} was rolled back to version 1"
    assert text.startswith(f"{MODEL}: {BEATEN}.")
    assert "Version 1 answers again since 2026-02-09 07:00 UTC" in text
    assert f"evergreen promote {MODEL} 2 --reason WHY undoes it." in text


def test_a_rollback_that_the_policy_only_reports_says_that_nothing_was_done():
    subject, text = told(decision("watch", f"{BEATEN}{ONLY_REPORTED}"), CONTEST)
    assert subject == f"Evergreen: {MODEL} does worse, and nothing was done"
    assert "retrain.rollback says report. Version 2 goes on answering." in text
    assert f"evergreen rollback {MODEL} --reason WHY brings version 1 back." in text


@pytest.mark.parametrize(
    "first",
    [
        "retraining would not have helped on 2026-02-08",
        "180 of 500 outcomes",
        "captures leave out belt, so train on a new table",
        "$9.80 of $10.00 spent this month, and a run costs about $0.45",
    ],
)
def test_what_holds_a_retraining_back_is_in_the_subject(first):
    subject, text = told(decision("hold", f"{first}; {LOST.sentence}", LOST))
    assert subject == f"Evergreen: {MODEL} is not retrained: {first}"[:100]
    assert "the gate asks for at least 0.750" in text
    assert "Nothing was started yet. Version 2 goes on answering." in text


def test_performance_that_the_policy_does_not_retrain_on_is_told_as_that():
    subject, text = told(decision("watch", LOST.sentence))
    assert subject == f"Evergreen: {MODEL} does worse, and nothing was done"
    assert "retrain.on in the model file does not name what was found." in text


@pytest.mark.parametrize(
    ("well", "since"),
    [(AT, "The last that ended well was on 2026-02-09 07:00 UTC."), ("", "None has ended well.")],
)
def test_checks_that_fail_are_told_with_since_when_and_what_happens_next(well, since):
    line = ModelHealth(model=MODEL, health="failing", checked_at=well)
    finding = Finding(model=MODEL, status="failed", error="It broke.", failures=3, health=line)
    subject, text = about_failure(finding, LINK)
    assert subject == f"Evergreen: checks of {MODEL} fail"
    assert text.startswith(f"The last 3 checks of {MODEL} failed: It broke.\n\n{since}")
    assert "checked again by itself" in text
    assert LINK in text
