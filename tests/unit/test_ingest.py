import gzip

import numpy as np
import pandas as pd
import pytest
from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME
from evergreen.contracts.quality_report import QualityReport
from evergreen.contracts.stages import IngestInput, IngestOutput, RunInput
from evergreen.errors import InvalidTable, NotFound
from evergreen.ingest import ingest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import World, csv, jsonl, parquet, table


def report(world: World, dataset: str) -> QualityReport:
    return world.document(keys.dataset(dataset, "report.json"), QualityReport)


def test_a_table_becomes_a_typed_dataset_with_its_report_and_page():
    world = World()
    output = world.ingest(csv(table()))
    frame = world.frame(output.dataset)
    assert list(frame) == ["age", "belt", "year", "car", "sex", "dead", TIME]
    assert frame["age"].dtype == np.float64
    assert frame[TIME].iloc[0] == pd.Timestamp("1997-01-01", tz="UTC").value
    assert output.summary.startswith("600 rows, 6 columns, 0 dropped")
    assert b"<script" not in world.features.read(keys.dataset(output.dataset, "report.html"))


def test_the_same_input_gives_the_same_dataset_byte_for_byte():
    world = World()
    first = world.ingest(csv(table()))
    stored = dict(world.features.objects)
    assert world.ingest(csv(table())) == first
    assert world.features.objects == stored


def test_other_bytes_or_another_use_of_columns_is_another_dataset():
    ids = {
        World().ingest(csv(table())).dataset,
        World().ingest(csv(table(seed=1))).dataset,
        World(group=None).ingest(csv(table())).dataset,
        World(features={"age": "number"}).ingest(csv(table())).dataset,
    }
    assert len(ids) == 4


def test_csv_gzip_and_parquet_of_one_table_hold_the_same_rows():
    world = World(features={"age": "number", "belt": "category", "frontal": "category"})
    frame = table().assign(frontal=np.tile([0.0, 1.0, np.nan], 200))
    forms = [
        (csv(frame), "csv"),
        (gzip.compress(csv(frame)), "csv.gz"),
        (parquet(frame), "parquet"),
    ]
    read = [world.frame(world.ingest(body, suffix=suffix).dataset) for body, suffix in forms]
    pd.testing.assert_frame_equal(read[0], read[1])
    pd.testing.assert_frame_equal(read[0], read[2])
    assert set(read[0]["frontal"]) == {"0", "1", ""}


def test_semicolons_blanks_around_names_and_a_byte_order_mark_are_read():
    world = World()
    body = csv(table()).replace(b",", b";").replace(b"age", b" age ", 1)
    expected = world.frame(world.ingest(csv(table())).dataset)
    pd.testing.assert_frame_equal(
        world.frame(world.ingest(b"\xef\xbb\xbf" + body).dataset), expected
    )


def test_several_sources_become_one_table():
    world = World()
    output = world.ingest(csv(table()), csv(table(seed=1, first_year=2000)))
    assert output.rows == 1200
    assert [source.rows for source in report(world, output.dataset).sources] == [600, 600]


def test_only_rows_that_repeat_as_a_whole_count_as_duplicates():
    world = World()
    frame = table()
    again = pd.concat([frame, frame.iloc[:7], frame.iloc[7:10].assign(id=-1)])
    output = world.ingest(csv(again))
    assert report(world, output.dataset).dropped == {"the whole row repeats an earlier one": 7}
    assert output.rows == 603


def test_rows_without_target_are_dropped_and_those_without_a_time_set_aside():
    frame = table().astype({"year": object})
    frame.loc[:2, "dead"] = None
    frame.loc[2:5, "year"] = ["soon", "", "20", None]
    world = World()
    output = world.ingest(csv(frame))
    assert report(world, output.dataset).dropped == {
        "set aside in the quarantine, as it cannot be typed": 4,
        "the target 'dead' is missing": 2,
    }
    assert "6 dropped" in output.summary


def test_columns_that_the_model_does_not_use_are_listed_with_the_reason():
    world = World()
    output = world.ingest(csv(table()))
    assert report(world, output.dataset).left_out == {
        "id": "not named in the model file",
        "severity": "tells the outcome",
    }


def test_times_with_offsets_are_read_as_utc():
    frame = table().assign(at="2020-01-01T01:00:00+01:00")
    frame.loc[0, "at"] = "2020-01-01 00:00:00"
    world = World(time={"column": "at"})
    times = world.frame(world.ingest(csv(frame)).dataset)[TIME]
    assert set(times) == {pd.Timestamp("2020-01-01", tz="UTC").value}


RAGGED = csv(table()) + b"1,2,3,4,5,6,7,8,9\n" * 40


@pytest.mark.parametrize(
    ("body", "suffix", "sentence"),
    [
        (b"", "csv", "raw/0.csv is empty; give a table"),
        (b"\n", "csv", "has no header line"),
        (csv(table(0)), "csv", "raw/0.csv has a header but no rows; give a table"),
        (b"age,belt", "csv", "has a header but no rows"),
        (b"\x89PNG\r\n\0\0\xff\xfe" * 99, "csv", "no text: it holds binary data"),
        (csv(table()) + "601,1999,c,30,ä,f,1,no".encode("latin-1"), "csv", "in UTF-8"),
        ("größe\nä\n".encode("latin-1"), "csv", "no CSV text in UTF-8"),
        (RAGGED, "csv", "line 602 has 9 fields where the header has 8 (and 39 more are broken)"),
        (b"age,age\n1,2\n", "csv", "more than one column named 'age'"),
        (b"no gzip", "csv.gz", "is no complete gzip file"),
        (gzip.compress(csv(table()))[:-9], "csv.gz", "is no complete gzip file"),
        (csv(table()), "parquet", "raw/0.parquet is no readable Parquet file; write it anew"),
        (parquet(table())[:-20] + b"?" * 20, "parquet", "no readable Parquet"),
        (parquet(table(0)), "parquet", "has a header but no rows"),
        (
            csv(table()),
            "xlsx",
            "must be a .csv, .jsonl, .ndjson (or one of them as .gz) or",
        ),
        (csv(table().rename(columns={"age": "Age"})), "csv", "'Age' is close to 'age'"),
        (csv(table().drop(columns=["belt"])), "csv", "lacks the column(s) 'belt'"),
        (csv(table().assign(dead="no")), "csv", "never holds the positive 'yes'; it holds 'no'"),
        (csv(table().assign(dead="yes")), "csv", "holds only 'yes'"),
        (csv(table().replace({"dead": {"yes": "Yes"}})), "csv", "did you mean 'Yes'"),
        (csv(table().assign(dead=["yes", "no", "?"] * 200)), "csv", "holds 3 labels"),
        (csv(table().assign(dead="")), "csv", "No row is left after cleaning"),
        (csv(table().assign(year="12/31/1999")), "csv", "cannot be read as a year like 1999"),
        (csv(table().assign(belt="x" * 200)), "csv", "holds a text of 200 characters"),
    ],
)
def test_what_is_no_table_for_the_model_is_refused_in_a_sentence(body, suffix, sentence):
    world = World()
    with pytest.raises(InvalidTable) as refused:
        world.ingest(body, suffix=suffix)
    assert sentence in refused.value.sentence
    assert not any(key.startswith("datasets/") for key in world.features.objects)


def test_text_in_a_number_column_is_named_by_row_and_value():
    frame = table().astype({"age": object})
    frame.loc[[0, 9, 10, 11, 500], "age"] = ["old", "1,5", "inf", "1e99", "n/a"]
    with pytest.raises(InvalidTable) as refused:
        World(clean={"quarantine_at_most": 0}).ingest(csv(frame))
    assert (
        "column 'age' must hold numbers, but row 1 has 'old', row 10 has '1,5', row 11 has 'inf' "
        "and 2 more rows are like it;" in refused.value.sentence
    )


def test_missing_numbers_may_be_written_in_any_usual_way():
    frame = table().astype({"age": object})
    frame.loc[:5, "age"] = ["", "NA", "N/A", "NaN", "null", "NULL"]
    world = World()
    assert world.frame(world.ingest(csv(frame)).dataset)["age"].isna().sum() == 6


def test_a_source_that_is_not_there_is_named():
    world = World()
    world.ingest(csv(table()))
    del world.features.objects["raw/0.csv"]
    with pytest.raises(NotFound, match=r"no source 'raw/1\.csv'"):
        _ingest_keys(world, "raw/1.csv")
    with pytest.raises(InvalidTable, match="does not lie below raw/"):
        _ingest_keys(world, "datasets/1.csv")
    with pytest.raises(InvalidTable, match="names no source"):
        _ingest_keys(world)


def _ingest_keys(world: World, *source_keys: str, memory: int | None = None) -> IngestOutput:
    run = RunInput(run_id="r1", model=world.model.name, sources=source_keys)
    return ingest(
        IngestInput(run),
        features=world.features,
        registry=world.registry,
        views=world.views,
        clock=world.clock,
        memory=memory,
    )


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "jsonl"])
def test_sources_that_need_more_memory_than_there_is_are_refused_before_they_are_read(form):
    frame = pd.concat([table()] * 10)
    body = {
        "csv": csv(frame),
        "csv.gz": gzip.compress(csv(frame)),
        "parquet": parquet(frame),
        "jsonl": jsonl(frame),
    }[form]
    world = World()
    world.features.write(f"raw/0.{form}", body)
    with pytest.raises(InvalidTable, match=r"but ingest has 230; deploy with -c ingest_memory=512"):
        _ingest_keys(world, f"raw/0.{form}", memory=230)


missing = st.sampled_from(["", "NA", " null "])
word = st.sampled_from(["a", " a ", "1", "1.0", "True", "none"]) | missing
number = st.sampled_from(["1", "2.5", "-3e4"]) | missing
year = st.sampled_from(["1999", "2001", "x", "99"]) | missing
outcome = st.sampled_from(["yes", "no"]) | missing
cells = st.lists(st.tuples(number, word, word, word, year, outcome), max_size=30)


@settings(max_examples=40, deadline=None)
@given(cells)
def test_every_row_read_is_kept_or_dropped_for_a_counted_reason(drawn):
    world = World(clean={"quarantine_at_most": 1})
    sound = [("1", "a", "b", f"c{i}", "1999", ("yes", "no")[i % 2]) for i in range(32)]
    frame = pd.DataFrame(drawn + sound, columns=["age", "belt", "sex", "car", "year", "dead"])
    output = world.ingest(csv(frame))
    found = report(world, output.dataset)
    kept = world.frame(output.dataset)
    assert found.rows_read == len(frame)
    assert found.rows_read == found.rows + sum(found.dropped.values())
    assert found.rows == output.rows == len(kept)
