"""The commands of feature views."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from evergreen.contracts.dataset import TIME
from evergreen.contracts.view_file import parse

from tests.fakes.cloud import MemoryCloud, read, sentence, served, terminal
from tests.fakes.memory import MemoryWorkflow
from tests.fakes.views import ViewWorld

HOUR = 3600 * 10**9
FILE: dict[str, Any] = {
    "name": "weather",
    "entity": ["station"],
    "event_time": {"column": "at"},
    "columns": {"temp": "number"},
    "features": {"temp": {"of": "temp"}},
}


@pytest.fixture
def cloud() -> MemoryCloud:
    """A cloud that has a view's world in it."""
    made = served()
    world = ViewWorld(parse(FILE))
    made.views, made.features, made.builds = world.views, world.features, MemoryWorkflow()  # type: ignore[attr-defined, assignment]
    made.view_world = world  # type: ignore[attr-defined]
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A view file."""
    path = tmp_path / "view.yaml"
    path.write_text(yaml.safe_dump(FILE | {"name": "wind"}))
    return path


def build(cloud: Any) -> None:
    """A first build of the view 'weather'."""
    rows = [{"station": "JFK", TIME: hour * HOUR, "temp": float(hour)} for hour in range(3)]
    cloud.view_world.dataset("d1", rows)
    cloud.view_world.build("d1")


def test_an_applied_view_is_listed_without_a_build(cloud: MemoryCloud, file: Path) -> None:
    run = terminal(cloud)
    assert read(run("views", "apply", file, "--json")) == {
        "view": "wind", "revision": 1, "build": "",
    }  # fmt: skip
    listed = read(run("views", "list", "--json"))["views"]
    assert [(view["view"], view["build"]) for view in listed] == [("weather", ""), ("wind", "")]


def test_a_bad_view_file_is_one_sentence(cloud: MemoryCloud, file: Path) -> None:
    file.write_text(yaml.safe_dump(FILE | {"entity": []}))
    assert sentence(terminal(cloud)("views", "apply", file)) == (
        "The view file names no entity; give the column(s) that name one."
    )
    file.write_text("name: [")
    assert "is no YAML" in sentence(terminal(cloud)("views", "apply", file))


def test_a_build_uploads_the_tables_and_starts_the_workflow_of_views(
    cloud: Any, tmp_path: Path
) -> None:
    table = tmp_path / "2014.csv"
    table.write_text("station,at,temp\nJFK,2014-01-01,3\n")
    answer = read(terminal(cloud)("views", "build", "weather", table, "--json"))
    run = cloud.builds.started[answer["run_id"]]
    assert (run.model, run.view) == ("view/weather", "weather")
    assert cloud.features.read(run.sources[0]) == table.read_bytes()
    assert run.sources[0].startswith("raw/view/weather/")


def test_a_build_of_an_unknown_view_uploads_nothing(cloud: Any, tmp_path: Path) -> None:
    table = tmp_path / "2014.csv"
    table.write_text("station,at,temp\nJFK,2014-01-01,3\n")
    said = sentence(terminal(cloud)("views", "build", "wether", table))
    assert said == "There is no feature view 'wether'; apply its view file first."
    assert not list(cloud.features.keys("raw/"))


def test_a_view_shows_its_features_and_the_months_of_its_build(cloud: MemoryCloud) -> None:
    build(cloud)
    shown = terminal(cloud)("views", "show", "weather").stdout
    assert "3 feature rows of 1 dataset(s), 1970-01-01T00:00:00.000Z" in shown
    assert "temp     number" in shown
    document = read(terminal(cloud)("views", "show", "weather", "--json"))
    assert [part["month"] for part in document["build"]["partitions"]] == ["1970-01"]
