"""What a person at the command line relies on who asks how the models do."""

import msgspec
import pytest
from evergreen.cli.client import Client
from evergreen.cli.sweeps import check_now
from evergreen.contracts import keys
from evergreen.contracts.fleet import ModelHealth

from tests.fakes.cloud import read, sentence
from tests.fakes.monitored import NOW, decision, fleet
from tests.fakes.serving import AT, MODEL


@pytest.fixture
def looked_at(cloud):
    """A fleet as a sweep left it, with the pages of its models."""
    report = fleet(16)
    cloud.artifacts.write(keys.fleet_page("json"), msgspec.json.encode(report))
    cloud.artifacts.write(keys.fleet_page("html"), b"<html>all</html>")
    for each in report.models:
        page = each.decision.report.replace(".json", ".html")
        cloud.artifacts.write(page, each.model.encode())
    return report


def test_the_fleet_is_listed_by_what_needs_a_person(evergreen, looked_at):
    found = [each["health"] for each in read(evergreen("fleet", "--json"))["models"]]
    assert found == sorted(found, key=["failing", "worse", "drifting", "waiting", "ok"].index)
    shown = evergreen("fleet").stdout
    assert "waiting for data" in shown
    assert "captures" in shown


def test_the_fleet_is_narrowed_to_a_health(evergreen, looked_at):
    found = read(evergreen("fleet", "--health", "worse", "--json"))["models"]
    assert {each["health"] for each in found} == {"worse"}


def test_the_fleets_page_is_written_with_every_page_that_it_links_to(
    evergreen, looked_at, tmp_path
):
    assert evergreen("fleet", "--out", "pages").exit_code == 0
    assert (tmp_path / "pages" / "fleet.html").read_text() == "<html>all</html>"
    models = {path.read_text() for path in (tmp_path / "pages").glob("*/drift/*.html")}
    assert models == {each.model for each in looked_at.models}


def test_a_page_that_cannot_be_written_is_one_sentence(evergreen, looked_at, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in sentence(evergreen("fleet", "--out", "file"))


def test_a_fleet_that_nobody_looked_at_says_how_to_look(evergreen):
    assert "evergreen check MODEL looks at one now" in sentence(evergreen("fleet"))


def line(health="ok", **more):
    made = decision("watch", "nothing moved", model=MODEL)
    return ModelHealth(model=MODEL, health=health, version=1, decision=made, **more)


def test_a_check_is_of_that_model_alone_and_shows_what_was_decided(evergreen, cloud):
    cloud.sweeps.leaves = [line()]

    found = read(evergreen("check", MODEL, "--json"))

    (given,) = cloud.sweeps.started.values()
    assert (given.models, given.at) == ((MODEL,), AT)
    assert found["decision"]["reason"] == "nothing moved"
    assert "watch: nothing moved" in evergreen("check", MODEL).stdout


def test_a_check_is_waited_for_until_it_ends(cloud):
    cloud.sweeps.leaves = [line()]
    cloud.sweeps.ends = "RUNNING"
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        cloud.sweeps.ends = "RUNNING" if len(waits) < 3 else "SUCCEEDED"

    assert check_now(Client(cloud), MODEL, sleep=sleep).health == "ok"
    assert len(waits) == 3


def test_a_model_whose_check_failed_ends_the_command_with_its_sentence(evergreen, cloud):
    cloud.sweeps.leaves = [line("failing", error="The captures cannot be read.")]

    result = evergreen("check", MODEL)

    assert result.exit_code == 1
    assert "The captures cannot be read." in result.stdout


@pytest.mark.parametrize(
    ("ends", "expected"), [("FAILED", "ended as FAILED"), ("SUCCEEDED", "left no result")]
)
def test_a_sweep_that_failed_is_one_sentence(evergreen, cloud, ends, expected):
    cloud.sweeps.ends = ends
    assert expected in sentence(evergreen("check", MODEL))


def test_a_model_that_nothing_serves_is_not_checked(evergreen, cloud):
    for command in ("check", "decisions"):
        assert "There is no model 'nobody'" in sentence(evergreen(command, "nobody"))
    changed = msgspec.structs.replace(cloud.registry.model(MODEL).file, name="new")
    cloud.registry.apply(changed, "me", AT)
    assert "No version of 'new' serves yet" in sentence(evergreen("check", "new"))
    assert not cloud.sweeps.started


def test_decisions_are_listed_newest_first_as_many_as_asked_for(evergreen, cloud):
    for day in range(1, 6):
        made = decision("hold", f"{day}00 of 500 outcomes", at=NOW.replace(day=day), model=MODEL)
        key = keys.decision(MODEL, made.at, made.decision_id)
        cloud.artifacts.write(key, msgspec.json.encode(made))

    found = read(evergreen("decisions", MODEL, "--last", 3, "--json"))["decisions"]

    assert [each["reason"][:3] for each in found] == ["500", "400", "300"]
    assert "500 of 500 outcomes" in evergreen("decisions", MODEL).stdout


def test_the_newest_check_comes_with_its_document(evergreen, cloud, tmp_path):
    for kind in ("html", "json"):
        cloud.artifacts.write(keys.drift_report(MODEL, AT, kind), kind.encode())

    found = read(evergreen("report", MODEL, "--json"))["reports"]

    for what, kind in (("newest drift report", "html"), ("newest drift report as JSON", "json")):
        assert (tmp_path / found[what]).read_text() == kind
