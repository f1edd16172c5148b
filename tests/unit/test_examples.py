"""The tables of the examples are the ones that their figures were measured on."""

import csv
import hashlib
import re

import pyarrow.parquet as pq
import pytest
from evergreen.cli.document import decode
from evergreen.contracts import model_checks, view_file

from examples.catalogue import NAMES, Example
from examples.tables import FETCHED, WrongTable, fetched, installed
from localstack.endpoint import ROOT

SMALL = {"breast-cancer": 569, "credit": 2_380}
ROWS = SMALL | {"bike-demand": 78_421, "wind-turbine": 420_480, "flight-delays": 336_776}


@pytest.fixture(params=NAMES)
def example(request):
    return Example(request.param)


def digests(files):
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}


def header_and_rows(file):
    if file.suffix == ".parquet":
        table = pq.read_metadata(file)
        return set(table.schema.to_arrow_schema().names), table.num_rows
    with file.open(newline="") as lines:
        reader = csv.reader(lines)
        return set(next(reader)), sum(1 for _ in reader)


@pytest.fixture
def files(example, tmp_path):
    if example.name not in SMALL and not FETCHED.is_dir():
        pytest.skip("The large tables are fetched by make examples.")
    return example.write(tmp_path)


def test_every_file_of_an_example_is_valid(example):
    model = model_checks.parse(decode(example.model_file.read_text()))
    views = {file.stem: view_file.parse(decode(file.read_text())) for file in example.view_files}

    assert model.name == example.name
    assert set(model.views) == set(views) == {view.name for view in views.values()}


def test_a_readme_promises_a_score_by_the_metric_that_the_model_is_judged_by(example):
    model = model_checks.parse(decode(example.model_file.read_text()))

    assert example.promise.metric == model.metric
    assert example.promise.low < example.promise.high


def test_a_table_has_every_column_that_its_file_names(example, files):
    model = model_checks.parse(decode(example.model_file.read_text()))
    header, rows = header_and_rows(files[example.name])

    assert rows == ROWS[example.name]
    assert {*model.columns, *model.exclude} <= header
    for file in example.view_files:
        view = view_file.parse(decode(file.read_text()))
        assert {*view.table.columns, *view.exclude} <= header_and_rows(files[view.name])[0]


def test_a_table_is_the_same_bytes_each_time(example, files, tmp_path):
    assert digests(example.write(tmp_path / "again")) == digests(files)


def test_a_table_that_was_changed_or_is_missing_is_not_read(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n")

    with pytest.raises(WrongTable, match=r"is not the table .* run make clean"):
        fetched("table.csv", "0" * 64, tmp_path)
    with pytest.raises(WrongTable, match="is not there; run make examples"):
        fetched("other.csv", "0" * 64, tmp_path)
    with pytest.raises(WrongTable, match="'nowhere' is not installed"):
        installed("nowhere", "table.csv", "0" * 64)


def test_the_lock_of_the_tables_pins_what_is_asked_for_by_hash_and_names_no_host():
    asked = re.findall(r"^[^#\s]+", (ROOT / "requirements/tables.in").read_text(), re.MULTILINE)
    lock = (ROOT / "requirements/tables.lock").read_text()

    assert re.findall(r"^\S+==\S+", lock, re.MULTILINE) == asked
    assert lock.count("--hash=sha256:") >= len(asked)
    assert "://" not in lock
