"""What a person relies on who looks after many models."""

import re

import msgspec
import pytest
from evergreen.contracts.drift import Measured, Performance
from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.model_health import lost
from evergreen.monitor.health import health_of
from evergreen.monitor.page import fleet_page

from tests.fakes.monitored import NOW, decision, fleet, made


def rows(page, heading):
    """Names of the models below a heading, in order."""
    _, _, after = page.decode().partition(f'<h2 id="{heading}">')
    section = after.partition("</section>")[0]
    return re.findall(r'<td title="model"><div>(?:<a [^>]*>)?([^<]+)', section)


def test_every_model_stands_once_below_its_health():
    report = fleet(200)
    page = fleet_page(report)

    for heading, health in (("Failing", "failing"), ("Worse", "worse"), ("Ok", "ok")):
        mine = {each.model for each in report.models if each.health == health}
        found = rows(page, heading)
        assert set(found) == mine
        assert len(found) == len(mine)


def test_what_needs_a_person_comes_first_and_what_is_being_retrained_after_it():
    def worse(model, value, action):
        found = Performance(
            metric="roc_auc",
            at_training=0.9,
            realised=Measured(value, value, value, 100),
            naive=0.5,
            worse=True,
        )
        made = decision(action, model=model)
        return ModelHealth(model=model, health="worse", performance=found, decision=made)

    models = (worse("cared-for", 0.6, "retrain"), worse("a", 0.8, "hold"), worse("b", 0.7, "hold"))
    page = fleet_page(FleetReport(at=decision().at, models=models, checked=3))

    assert rows(page, "Worse") == ["b", "a", "cared-for"]


def test_a_model_leads_to_its_page_beside_the_fleets():
    page = fleet_page(fleet(3)).decode()

    assert re.search(r'href="m-0/drift/2026-03-31T060000.000Z.html"', page)


def test_a_thousand_models_are_a_page_of_half_a_megabyte_without_a_script():
    page = fleet_page(fleet(1000)).decode()

    assert page.count('<td title="model"') == 1000
    assert len(page) < 700_000
    assert not re.search(r"<script|javascript:|\bon\w+=|https?://|url\(|@import", page)


def test_models_that_are_well_are_folded_by_name():
    page = fleet_page(fleet(1000)).decode()

    ranges = re.findall(r"<summary>(\d+) to (\d+) of 608: (\S+) … (\S+)</summary>", page)
    assert [begin for begin, *_ in ranges] == ["1", "101", "201", "301", "401", "501", "601"]
    names = [name for _, _, first, last in ranges for name in (first, last)]
    assert names == sorted(names)


def test_a_fleet_without_trouble_says_so_and_an_empty_one_too():
    well = tuple(each for each in fleet(30).models if each.health == "ok")
    assert b"Nothing needs a person." in fleet_page(FleetReport(at=decision().at, models=well))
    assert b"No model serves yet." in fleet_page(FleetReport(at=decision().at, models=()))


@pytest.mark.parametrize(
    ("metric", "trained", "now", "naive", "share"),
    [
        ("roc_auc", 0.9, 0.8, 0.5, 0.25),
        ("mae", 50.0, 75.0, 100.0, 0.5),
        ("r2", 0.5, -0.5, 0.0, 2.0),
        ("mae", 50.0, 60.0, None, 0.2),
    ],
)
def test_what_is_lost_is_a_share_of_the_skill_of_training(metric, trained, now, naive, share):
    found = Performance(
        metric=metric, at_training=trained, realised=Measured(now, now, now, 10), naive=naive
    )
    assert lost(found) == pytest.approx(share)


def test_a_models_health_is_the_worst_that_is_true():
    file, report = made()
    assert health_of(file, report, "").health == "worse"
    known = msgspec.structs.replace(report, performance=None)
    line = health_of(file, known, "2026-01-01T00:00:00.000Z")
    assert (line.health, line.drifted_columns, line.drifted[0]) == ("drifting", 2, "speed")
    assert line.per_day == pytest.approx(48_211 / 28)
    calm = {"columns": (), "outcome_drift": None, "domain": None}
    assert health_of(file, msgspec.structs.replace(known, **calm), "").health == "ok"
    assert health_of(file, msgspec.structs.replace(known, rows=10), "").health == "waiting"


def test_traffic_of_a_young_model_is_not_blown_up_to_a_day():
    file, report = made()
    since = NOW.replace(hour=5).isoformat()
    young = msgspec.structs.replace(report, since=since)
    assert health_of(file, young, "").per_day == report.rows
