"""What a person relies on who opens the page of a run, whatever became of it."""

import re

import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.registry import Run, StageRecord
from evergreen.contracts.run_report import RunReport
from evergreen.contracts.stages import EvaluateInput, RunInput, TrialResult
from evergreen.errors import InvalidTable
from evergreen.estimators.results import write_result
from evergreen.evaluate import evaluate
from evergreen.prices import STATE_TRANSITION, Worker
from evergreen.run_report.page import run_page
from evergreen.run_report.write import read_report

from tests.fakes.flow import MODEL, PROBLEMS, World
from tests.fakes.learned import AT, RUN
from tests.fakes.run_report import FAILURE, made
from tests.fakes.searching import SearchWorld

ALWAYS = (
    "Gates and baselines",
    "Trials over time",
    "Leaderboard",
    "What the candidate is made of",
    "Which rows it learned from",
    "Which settings matter",
    "Learning curve",
    "What the candidate owes to each column",
    "Budget",
    "Tried and failed",
)
OF_CLASSES, OF_NUMBERS = ("Confusion", "Calibration"), ("Errors",)


def searching(**search):
    """A search whose run is recorded, as the workflow records it."""
    world = SearchWorld(worker=Worker("lambda", 3.0, 2.0), **search)
    world.registry.open_run(
        Run(run_id=RUN.run_id, model=RUN.model, trigger="manual", sources=(), started_at=AT)
    )
    return world


def text(page):
    """What a person reads of a page."""
    return re.sub(r"<[^>]+>", " ", page.decode())


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_page_tells_all_that_its_problem_has(problem):
    page = run_page(made(problem)).decode()

    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", page)
    mine, others = OF_CLASSES, OF_NUMBERS
    if problem in ("regression", "forecast"):
        mine, others = others, mine
    assert set(headings) == {*ALWAYS, *mine}
    assert not set(headings) & set(others)
    assert re.findall(r'<li><a href="#([^"]+)"', page) == re.findall(r'<h2 id="([^"]+)"', page)


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing():
    page = run_page(made()).decode()

    assert "default-src 'none'" in page
    assert not re.search(r"<script|javascript:|\bon\w+=|https?://|url\(|@import", page)


def test_what_people_and_errors_wrote_is_shown_and_not_obeyed():
    page = run_page(made()).decode()

    assert "<b>yes" not in page
    assert "&lt;b&gt;yes" in page
    assert FAILURE.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;") in page


def test_a_page_of_two_hundred_trials_is_small_and_shows_every_one():
    page = run_page(made(count=200))

    assert len(page) < 150_000
    assert all(f"<title>trial {number}: " in page.decode() for number in range(1, 201))


def test_a_refused_run_says_first_what_it_was_refused_for():
    page = text(run_page(made(passed=False)))

    assert "Refused: The graph has 60.00 MiB, 50 allowed." in page
    assert "not passed" in page


def test_a_run_that_goes_on_has_a_page_of_what_was_tried_so_far():
    world = searching()
    summary = world.play(rounds=1)

    report = read_report(world.artifacts, RUN.run_id)

    assert not summary.done
    assert report is not None
    assert not report.search.done
    assert len(report.trials) == 4
    page = text(world.artifacts.read(keys.run_report(RUN.run_id, "html")))
    assert "4 configurations tried so far" in page
    assert "It goes on, or was stopped." in page


def test_money_and_transitions_are_those_the_search_was_held_to():
    world = searching()
    world.registry.record_stage(
        RUN.run_id, StageRecord("ingest", "done", AT, AT.replace("00.000Z", "10.000Z"))
    )
    summary = world.play()

    search = read_report(world.artifacts, RUN.run_id).search

    assert search.done
    assert search.why == summary.why
    results = world.results()
    assert search.transitions == 5 * search.rounds + len(results)
    paid = sum(result.dollars for result in results) + search.transitions * STATE_TRANSITION
    assert search.dollars == pytest.approx(summary.dollars) == pytest.approx(paid)
    assert search.configurations + search.promotions == len(results)
    # Ten seconds of ingest at what a second of these trials costs, and three states.
    assert search.other_dollars == pytest.approx(10 * 1e-3 + 3 * STATE_TRANSITION)


def test_a_run_in_which_every_trial_failed_has_a_page_that_says_why():
    world = searching(trials=4)
    for each in world.suggest().trials:
        failed = TrialResult(each.number, each.configuration, None, 1.0, "", "No value is known.")
        write_result(world.artifacts, RUN.run_id, failed)

    with pytest.raises(InvalidTable):
        world.record()

    page = text(world.artifacts.read(keys.run_report(RUN.run_id, "html")))
    assert "none of them with success" in page
    assert "No value is known." in page


def test_a_page_that_cannot_be_made_costs_no_run(monkeypatch):
    def broken(_report):
        raise ZeroDivisionError

    monkeypatch.setattr("evergreen.run_report.write.run_page", broken)

    assert searching().play().done


def test_a_run_that_was_evaluated_tells_the_whole_of_it_and_again_the_same():
    world = World("binary", search={"trials": 3, "parallel": 3, "families": ["logistic"]})
    verdict, _ = world.learn()
    key = keys.run_report("r1", "json")
    first = world.artifacts.read(key)

    report = msgspec.json.decode(first, type=RunReport)
    held = report.hold_out
    assert report.verdict == msgspec.structs.replace(verdict, groups=())
    assert sum(map(sum, held.confusion.counts)) == verdict.rows
    assert held.reliability.brier == pytest.approx(verdict.metrics["brier"])
    assert {each.column for each in report.diagnostics.columns} == set(world.file.features)
    assert report.diagnostics.curve
    assert report.blend.members
    assert b"T1" not in msgspec.json.encode((held, report.diagnostics))
    run = RunInput(run_id="r1", model=MODEL, sources=())
    evaluate(
        EvaluateInput(run, world.split(), None),
        features=world.features,
        artifacts=world.artifacts,
        registry=world.registry,
        clock=world.clock,
    )
    assert world.artifacts.read(key) == first


def test_which_settings_mattered_is_told_once_the_search_has_ended():
    world = searching(trials=30, patience=99)

    world.play(rounds=4)
    assert read_report(world.artifacts, RUN.run_id).settings == ()
    world.play()

    assert read_report(world.artifacts, RUN.run_id).settings
