"""What a person relies on who asks for the page of a dataset."""

from pathlib import Path

import pytest
from evergreen.contracts import keys

from tests.fakes.cloud import read, sentence, served
from tests.fakes.serving import MODEL


@pytest.fixture
def cloud():
    found = served()
    for dataset in ("d7", "d8"):
        found.features.write(keys.dataset(dataset, "report.html"), f"page {dataset}".encode())
        found.features.write(keys.dataset(dataset, "report.json"), b"{}")
    found.features.write(keys.newest_dataset("model", MODEL), b"d7")
    found.features.write(keys.newest_dataset("view", "weather"), b"d8")
    return found


@pytest.mark.parametrize(("name", "page"), [(MODEL, "d7"), ("view/weather", "d8"), ("d8", "d8")])
def test_the_page_of_a_models_a_views_or_any_dataset_is_fetched(evergreen, name, page):
    found = read(evergreen("report", "dataset", name, "--json"))["reports"]
    assert set(found) == {"dataset report", "dataset report as JSON"}
    assert Path(found["dataset report"]).read_text() == f"page {page}"


def test_a_dataset_that_is_not_there_is_named(evergreen):
    assert "There is no dataset 'd9'" in sentence(evergreen("report", "dataset", "d9"))


@pytest.mark.parametrize("names", [("one", "two"), ("dataset", "d7", "d8"), ()])
def test_a_name_too_many_or_none_is_told(evergreen, names):
    assert evergreen("report", *names).exit_code == 2
