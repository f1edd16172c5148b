"""One table, whatever form and however many pieces it comes in."""

import gzip
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evergreen.contracts import keys
from evergreen.contracts.stages import IngestInput, IngestOutput, RunInput
from evergreen.contracts.view_file import parse
from evergreen.errors import InvalidTable, NotFound
from evergreen.ingest import batches, ingest, stream
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import World, csv, jsonl, parquet, table

VIEW = {
    "name": "weather",
    "entity": ["station"],
    "event_time": {"column": "at"},
    "columns": {"temp": "number", "note": "category"},
    "features": {"warm": {"of": "temp"}},
}


def ingest_keys(world: World, *sources: str, model: str = "crash") -> IngestOutput:
    run = RunInput(run_id="r1", model=model, sources=sources)
    return ingest(
        IngestInput(run),
        features=world.features,
        registry=world.registry,
        views=world.views,
        clock=world.clock,
    )


def rows_of(output: IngestOutput, world: World) -> pa.Table:
    body = world.features.read(keys.dataset(output.dataset, "data.parquet"))
    return pq.read_table(io.BytesIO(body))


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "jsonl.gz"])
def test_json_lines_hold_the_same_rows_as_csv(suffix):
    world = World()
    body = gzip.compress(jsonl(table())) if suffix.endswith("gz") else jsonl(table())
    expected = rows_of(world.ingest(csv(table())), world)
    assert rows_of(world.ingest(body, suffix=suffix), world).equals(expected)


number = st.sampled_from(["1", "2.5", "-3e4", "+7", ".5", " 8 ", "", "NA", "x", "1,5", "1e99", "?"])
word = st.sampled_from(["a", " a ", "A", "1", "1.0", "True", "none", "", "null", "ä", "?"])
when = st.sampled_from(["2020-01-01", "2020-01-01 10:00:00", "2020-01-01T10:00:00+02:00", "", "x"])
some = st.tuples(st.sampled_from("pq"), when, number, word, number)
cells = st.lists(some, min_size=1, max_size=25)
COLUMNS = ["station", "at", "temp", "note", "other"]


def view_world(**changes) -> World:
    world = World()
    rules = {"clean": {"quarantine_at_most": 1, "missing": ["?"]}} | changes
    world.views.apply(parse(VIEW | rules), "somebody", "2026-01-01T00:00:00.000Z")
    return world


def as_view(frame: pd.DataFrame, form: str, **changes) -> tuple[World, IngestOutput]:
    world = view_world(**changes)
    sound = pd.DataFrame([["p", "2020-01-01", "1", "a", "1"]], columns=COLUMNS)
    frame = pd.concat([frame, sound.assign(station="the one that stays")])
    body = {"csv": csv, "jsonl": jsonl, "parquet": parquet}[form](frame)
    world.features.write(f"raw/0.{form}", body)
    return world, ingest_keys(world, f"raw/0.{form}", model="view/weather")


@settings(max_examples=25, deadline=None)
@given(cells)
def test_a_dirty_table_of_text_is_the_same_dataset_in_every_form(drawn):
    frame = pd.DataFrame(drawn, columns=COLUMNS)
    found = {form: as_view(frame, form) for form in ("csv", "jsonl", "parquet")}
    rows = {form: rows_of(output, world) for form, (world, output) in found.items()}
    assert rows["csv"].equals(rows["jsonl"])
    assert rows["csv"].equals(rows["parquet"])


@settings(max_examples=25, deadline=None)
@given(cells, st.integers(120, 400), st.sampled_from(["csv", "jsonl", "parquet"]))
def test_where_a_file_is_divided_does_not_matter(drawn, block, form):
    frame = pd.DataFrame(drawn, columns=COLUMNS)
    world, output = as_view(frame, form)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "BLOCK_BYTES", block)
        patched.setattr(batches, "BLOCK_ROWS", 3)
        patched.setattr(stream, "PART_BYTES", 50)
        pieces, divided = as_view(frame, form)
    assert divided.dataset == output.dataset
    assert rows_of(divided, pieces).equals(rows_of(output, world))
    name = keys.dataset(output.dataset, "report.json")
    assert json.loads(pieces.features.read(name)) == json.loads(world.features.read(name))


@settings(max_examples=25, deadline=None)
@given(cells, st.sampled_from(["csv", "jsonl", "parquet"]))
def test_no_row_disappears_without_being_counted(drawn, form):
    frame = pd.DataFrame(drawn, columns=COLUMNS)
    world, output = as_view(frame, form, clean={"quarantine_at_most": 1, "key": ["station", "at"]})
    report = json.loads(world.features.read(keys.dataset(output.dataset, "report.json")))
    assert report["rows_read"] == len(frame) + 1
    assert report["rows_read"] == report["rows"] + sum(report["dropped"].values())
    name = keys.dataset(output.dataset, "quarantine.parquet")
    if name in world.features.objects:
        aside = pd.read_parquet(io.BytesIO(world.features.read(name)))
        assert len(aside) == report["dropped"]["set aside in the quarantine, as it cannot be typed"]
        for line in aside.itertuples():
            assert json.loads(line.raw)["station"] in (frame["station"].iloc[line.row - 1], "")


def test_all_files_below_a_prefix_are_read_in_their_order():
    world = World()
    world.features.write("raw/days/2.csv", csv(table(seed=1, first_year=2000)))
    world.features.write("raw/days/1.parquet", parquet(table()))
    world.features.write("raw/days/_SUCCESS", b"")
    output = ingest_keys(world, "raw/days/")
    report = json.loads(world.features.read(keys.dataset(output.dataset, "report.json")))
    read = [source["key"] for source in report["sources"]]
    assert read == ["raw/days/1.parquet", "raw/days/2.csv"]
    assert output.rows == 1200


def test_a_prefix_without_files_and_one_with_something_else_are_refused():
    world = World()
    with pytest.raises(NotFound, match="no source below 'raw/nothing/'"):
        ingest_keys(world, "raw/nothing/")
    world.features.write("raw/days/1.csv", csv(table()))
    world.features.write("raw/days/notes.docx", b"x")
    with pytest.raises(InvalidTable, match=r"raw/days/notes\.docx must be a \.csv"):
        ingest_keys(world, "raw/days/")


def test_a_column_whose_end_shows_that_it_is_no_number_keeps_its_text(monkeypatch):
    monkeypatch.setattr(batches, "BLOCK_BYTES", 2_000)
    codes = [f"{i:03}" for i in range(300)] + [f"x{i}" for i in range(300)]
    world = World(features={"age": "number", "belt": "category"})
    output = world.ingest(csv(table().assign(code=codes)))
    report = json.loads(world.features.read(keys.dataset(output.dataset, "report.json")))
    code = next(column for column in report["columns"] if column["name"] == "code")
    assert (code["type"], code["distinct"]) == ("category", 600)


def test_lines_with_too_many_fields_are_set_aside_and_rows_after_them_keep_their_number():
    lines = csv(table().astype({"age": object})).splitlines()
    lines.insert(5, b"1,2,3,4,5,6,7,8,9,10")
    lines[10] = lines[10].replace(lines[10].split(b",")[3], b"old", 1)
    world = World()
    output = world.ingest(b"\n".join(lines))
    aside = pd.read_parquet(
        io.BytesIO(world.features.read(keys.dataset(output.dataset, "quarantine.parquet")))
    )
    assert sorted(aside["row"]) == [5, 10]
    assert set(aside["reason"]) == {"10 fields where the header has 8", "no number"}


def test_broken_json_lines_are_set_aside():
    body = jsonl(table()).splitlines()
    body[7] = b'{"id": 7, "year"'
    world = World()
    output = world.ingest(b"\n".join(body), suffix="jsonl")
    assert output.rows == 599
    name = keys.dataset(output.dataset, "quarantine.parquet")
    assert pd.read_parquet(io.BytesIO(world.features.read(name)))["row"].tolist() == [8]


def test_lists_and_objects_in_json_lines_are_refused_by_column():
    frame = table().assign(tags=[[1]] * 600)
    with pytest.raises(InvalidTable, match="'tags' holds a list or an object"):
        World().ingest(jsonl(frame), suffix="jsonl")


def test_text_that_looks_like_a_time_stays_text_in_json_lines():
    frame = table().assign(belt="2020-01-01 00:00:00")
    world = World()
    found = world.frame(world.ingest(jsonl(frame), suffix="jsonl").dataset)
    assert set(found["belt"]) == {"2020-01-01 00:00:00"}


def test_the_same_bytes_and_rules_are_one_version_that_is_never_written_again():
    world = World()
    first = world.ingest(csv(table()))
    stored = dict(world.features.objects)
    world.clock.go_on(days=1)
    world.features.write("raw/again.csv", csv(table()))
    assert ingest_keys(world, "raw/again.csv") == first
    del world.features.objects["raw/again.csv"]
    assert world.features.objects == stored


def test_a_changed_rule_is_another_version():
    first = World().ingest(csv(table())).dataset
    ruled = World(clean={"columns": {"age": {"missing": [-1]}}}).ingest(csv(table())).dataset
    expecting = World(expect={"rows_at_least": 1}).ingest(csv(table())).dataset
    assert len({first, ruled, expecting}) == 3


def test_a_typed_column_of_parquet_reads_like_its_text():
    world = view_world()
    at = pd.to_datetime(["2020-01-01 10:00", "2020-01-02 11:30"])
    typed = pd.DataFrame(
        {"station": [1, 2], "at": at, "temp": np.float32([0.5, np.nan]), "note": [True, None]}
    )
    world.features.write("raw/0.parquet", parquet(typed))
    found = rows_of(ingest_keys(world, "raw/0.parquet", model="view/weather"), world).to_pydict()
    assert found["station"] == ["1", "2"]
    assert found["temp"] == [0.5, None]
    assert found["note"] == ["true", ""]
    assert found["evergreen:time"] == [moment.value for moment in at]
