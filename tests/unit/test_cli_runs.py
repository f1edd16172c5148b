"""What a person relies on who asks the terminal what a run tried, and what came of it."""

import msgspec
import pytest
from evergreen.contracts import keys
from evergreen.contracts.registry import Run
from evergreen.run_report.page import run_page

from tests.fakes.cloud import read, sentence
from tests.fakes.flow import PROBLEMS
from tests.fakes.run_report import made
from tests.fakes.serving import AT, MODEL


def put(cloud, report):
    cloud.artifacts.write(keys.run_report(report.run_id, "json"), msgspec.json.encode(report))
    cloud.artifacts.write(keys.run_report(report.run_id, "html"), run_page(report))
    return report


@pytest.fixture
def open_run(cloud):
    """A run that has tried nothing yet."""
    run = Run(run_id="r1", model=MODEL, trigger="manual", sources=(), started_at=AT)
    return cloud.registry.open_run(run)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_runs_substance_is_shown(evergreen, cloud, problem):
    report = put(cloud, made(problem))

    result = evergreen("runs", "show", "r1")

    assert result.exit_code == 0, result.output
    wanted = ["Gates", "Baselines", "Leaderboard", "Which settings matter", "Budget"]
    wanted += ["What the candidate owes to each column", "Learning curve", "Tried and failed"]
    wanted += ["Confusion"] if report.hold_out.confusion else ["Prediction minus truth"]
    assert [heading for heading in wanted if f"\n{heading}\n" not in result.stdout] == []
    assert report.trials[report.ranked[0].trial - 1].configuration["family"] in result.stdout


def test_its_json_is_the_report_itself(evergreen, cloud):
    report = put(cloud, made())

    assert read(evergreen("runs", "show", "r1", "--json")) == msgspec.json.decode(
        msgspec.json.encode(report)
    )


def test_a_run_nobody_started_is_one_sentence(evergreen):
    for command in (("runs", "show", "r9"), ("report", "run", "r9")):
        assert sentence(evergreen(*command)) == "There is no run 'r9'; evergreen runs lists them."


def test_a_run_without_trials_is_one_sentence_that_says_where_to_look(evergreen, open_run):
    for command in (("runs", "show", "r1"), ("report", "run", "r1")):
        said = sentence(evergreen(*command))
        assert said == ("Run 'r1' has tried nothing yet; evergreen runs r1 shows how far it is.")


def test_a_run_may_be_called_show(evergreen, cloud):
    run = Run(run_id="show", model=MODEL, trigger="manual", sources=(), started_at=AT)
    cloud.registry.open_run(run)

    assert read(evergreen("runs", "show", "--json"))["run_id"] == "show"


@pytest.mark.parametrize("names", [("one", "two"), ("show", "r1", "r2")])
def test_names_too_many_are_a_usage_error(evergreen, names):
    assert evergreen("runs", *names).exit_code == 2


def test_a_runs_page_is_written_where_it_is_wanted(evergreen, cloud, tmp_path):
    page = run_page(put(cloud, made()))

    found = read(evergreen("report", "run", "r1", "--output", "there/page.html", "--json"))

    assert (tmp_path / "there/page.html").read_bytes() == page
    assert found == {"reports": {"run report": "there/page.html"}}
    evergreen("report", "run", "r1")
    assert (tmp_path / "build/reports/r1/run-report.html").read_bytes() == page


def test_a_file_that_cannot_be_written_is_one_sentence(evergreen, cloud, tmp_path):
    put(cloud, made())
    (tmp_path / "taken").write_text("")

    said = sentence(evergreen("report", "run", "r1", "--output", "taken/page.html"))

    assert said.startswith("taken/page.html cannot be written: ")


def test_only_a_runs_page_takes_a_file_to_write_to(evergreen):
    assert evergreen("report", MODEL, "--output", "page.html").exit_code == 2


def test_the_page_is_among_the_reports_about_a_run(evergreen, cloud, open_run):
    put(cloud, made())

    assert "run report" in read(evergreen("report", "r1", "--json"))["reports"]
