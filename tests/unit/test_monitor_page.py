"""What a person relies on who opens the page of a check, whatever it found."""

import re

import msgspec
import pytest
from evergreen.contracts.drift import Measured
from evergreen.monitor.page import drift_page
from evergreen.monitor.page.scale import values_axis
from evergreen.monitor.page.time_axis import seconds, time_axis

from tests.fakes.flow import PROBLEMS
from tests.fakes.monitored import LONG, made


def text(page):
    """What a person reads of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.decode()))


def headings(page):
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", page.decode())


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_page_tells_everything_and_links_to_each_part(problem):
    page = drift_page(*made(problem))

    assert headings(page) == [
        "Over time",
        "Performance",
        "Columns",
        "What moved",
        "Answers and outcomes",
        "All columns together",
        "Segments",
        "Decisions",
        "What it rests on",
        "Not checked",
        "How to read this",
    ]
    linked = re.findall(r'<li><a href="#([^"]+)"', page.decode())
    assert linked == re.findall(r'<h2 id="([^"]+)"', page.decode())


@pytest.mark.parametrize(
    ("action", "sentence", "done"),
    [
        ("hold", "Hold: 180 of 500 outcomes.", "Nothing was started."),
        ("watch", "Nothing to do: 180 of 500 outcomes.", "Nothing was started."),
        ("retrain", "Retrain: mae 121.3", "A run is asked for, once for this decision."),
        ("roll back", "Roll back: 180 of 500 outcomes.", "The version before answers again"),
    ],
)
def test_the_decision_and_what_was_done_stand_before_all_else(action, sentence, done):
    page = text(drift_page(*made(action=action)))

    assert page.index(sentence) < page.index(done) < page.index("Over time")


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing():
    page = drift_page(*made()).decode()

    assert "default-src 'none'" in page
    assert not re.search(r"<script|javascript:|\bon\w+=|https?://|url\(|@import", page)


def test_names_that_people_chose_are_shown_and_not_obeyed():
    page = drift_page(*made()).decode()

    assert LONG not in page
    assert LONG.replace("<", "&lt;").replace(">", "&gt;") in page


def test_columns_that_did_not_move_are_folded_away_however_many():
    page = drift_page(*made(columns=300)).decode()
    before_folds, folded = page.split("<summary>", 1)

    assert "Of 300 columns, 2 moved much, 1 little." in before_folds
    assert before_folds.count('<td title="column"') == 3
    assert "Columns that did not move, 201 to 297 of 297" in folded
    assert page.count('<td title="column"') == 300
    assert len(page) < 250_000


def test_without_outcomes_estimates_are_told_and_called_so():
    page = drift_page(*made(outcomes=False))

    assert "estimated before outcomes" in text(page)
    assert "measured on outcomes" not in text(page)
    assert "None arrived, so nothing is measured on the truth." in text(page)


def test_objects_that_cannot_be_read_are_named_and_counted():
    file, report = made()
    broken = msgspec.structs.replace(report, unread=("captures/m/dt=2026-03-30/a.gz", "b", "c"))
    page = text(drift_page(file, broken))
    assert "captures/m/dt=2026-03-30/a.gz and 2 more: broken, read in part." in page


def test_a_version_of_which_nothing_is_expected_is_told_by_drift_alone():
    file, report = made(outcomes=False)
    bare = [msgspec.structs.replace(point, estimated=None) for point in report.timeline]
    changes = {"performance": None, "timeline": tuple(bare), "domain": None, "segments": ()}
    page = text(drift_page(file, msgspec.structs.replace(report, **changes)))

    assert "drift alone is told" in page
    assert "Performance is not estimated before outcomes arrive." in page
    assert "Of 25 columns" in page


@pytest.mark.parametrize("points", [0, 1, 2])
def test_a_young_model_has_a_page(points):
    page = drift_page(*made(points=points, versions=1))

    assert ("Over time" in headings(page)) == bool(points)
    assert "nan" not in text(page).lower()


def test_versions_decisions_level_and_gate_are_on_the_same_axis_of_time():
    page = drift_page(*made(points=30, versions=3)).decode()
    chart = page[page.index('id="Over%20time"') : page.index('id="Performance"')]

    strips = chart.split('<div class="chart strip')[1:]
    taken = [re.findall(r'<line x1="([^"]+)"[^>]*class="taken"', strip) for strip in strips[:2]]
    assert len(strips) == 4
    assert taken[0] == taken[1]
    assert len(taken[0]) == 3
    for words in ("v1", "v2", "v3", "at training 0.884", "gate 0.835"):
        assert words in strips[0]
    assert strips[1].count("<use") == 30


def test_the_level_of_training_begins_where_the_version_took_over():
    page = drift_page(*made(points=30, versions=3)).decode()

    (level,) = re.findall(r'<line x1="([\d.]+)%"[^>]*class="level"/>', page.split("gate 0.8")[0])
    takeovers = re.findall(r'<line x1="([\d.]+)%"[^>]*class="taken"', page)
    assert level == takeovers[2]


def test_decisions_that_say_the_same_stand_once_with_how_often():
    file, report = made(points=30, versions=3)
    page = text(drift_page(file, report))

    assert "(9 checks)" in page
    assert "drift in speed (PSI 0.31)" in page


def test_one_wild_value_does_not_flatten_the_others():
    found = [Measured(0.8 + i / 100, 0.7, 0.9, 10) for i in range(10)]
    axis, beyond = values_axis([*found, Measured(-40.0, -50.0, -30.0, 10)], [0.85])

    assert beyond
    assert 0.5 < axis.low < 0.8


@pytest.mark.parametrize(
    ("low", "high", "first"),
    [
        ("2026-03-01T10:00:30Z", "2026-03-01T10:03:30Z", "10:01"),
        ("2026-03-01T10:00:00Z", "2026-03-01T13:30:00Z", "10:00"),
        ("2026-03-01T10:00:00Z", "2026-03-12T13:30:00Z", "4 Mar"),
        ("2026-01-15T00:00:00Z", "2026-05-12T00:00:00Z", "Feb 2026"),
        ("1997-01-15T00:00:00Z", "2002-05-12T00:00:00Z", "1998"),
    ],
)
def test_ticks_of_time_are_round_few_and_in_order(low, high, first):
    axis = time_axis(low, high)
    places = [place for place, _ in axis.ticks]

    assert axis.ticks[0][1] == first
    assert 2 <= len(places) <= 6
    assert places == sorted(places)
    assert seconds(low) <= places[0] <= places[-1] <= seconds(high)
