"""What somebody who scores a whole table relies on."""

import sys

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from evergreen.contracts import keys
from evergreen.contracts.batch import PartReport
from evergreen.errors import ArtifactChanged, Conflict, InvalidTable, NotFound
from evergreen.score.finish import BatchIncomplete

from tests.fakes import batch
from tests.fakes.batch import RUN, end, planned, read, rows, scored, store, without_key, work
from tests.fakes.serving import MODEL, World


@pytest.fixture
def world():
    return batch.world()


def test_a_table_gets_the_answers_that_the_api_gives_for_the_same_rows(world):
    table = rows(400)
    store(world, table, group=100)

    found = scored(world)

    answers = read(world, found.files)
    asked = world.predict(*[without_key(row) for row in table])["document"]
    assert [(a["probability"], a["label"]) for a in answers] == [
        (p["probability"], p["label"]) for p in asked["predictions"]
    ]
    assert found.unseen == asked["unseen"]
    assert {a["label"] for a in answers} == {"alive", "dead"}


def test_each_row_group_is_a_chunk_and_every_row_has_its_own_id_and_key(world):
    store(world, rows(250), group=100)

    made, chunks = planned(world)
    found = scored(world, keep=("key",))

    assert [c.row_groups for c in chunks] == [(0,), (1,), (2,)]
    assert [c.rows for c in chunks] == [100, 100, 50]
    assert (made.rows, made.version) == (250, 1)
    answers = read(world, found.files)
    assert [a["key"] for a in answers] == list(range(250))
    assert [a["id"] for a in answers] == [f"{found.batch}-{n}" for n in range(250)]


def test_more_row_groups_than_a_map_takes_are_joined_within_their_file(world, monkeypatch):
    monkeypatch.setattr(sys.modules["evergreen.score.plan"], "CHUNKS_AT_MOST", 4)
    for name in "ab":
        store(world, rows(70), f"raw/crash/{name}.parquet", group=10)

    _, chunks = planned(world, sources=("raw/crash/",))

    assert len(chunks) <= 4
    covered = [(c.source, group) for c in chunks for group in c.row_groups]
    assert covered == [(f"raw/crash/{n}.parquet", g) for n in "ab" for g in range(7)]
    assert [c.first_row for c in chunks] == np.cumsum([0] + [c.rows for c in chunks])[:-1].tolist()


def test_a_chunk_that_was_done_is_not_done_again_and_one_that_was_not_gives_the_same(world):
    store(world, rows(20), group=10)
    made, chunks = planned(world)
    work(world, chunks[0])
    part = keys.batch(made.batch, "part-00000.parquet")
    first = world.features.read(part)
    world.features.write(part, b"untouched")
    work(world, chunks[0])
    assert world.features.read(part) == b"untouched"
    del world.features.objects[keys.batch(made.batch, "part-00000.json")]
    work(world, chunks[0])
    assert world.features.read(part) == first


def test_the_same_table_and_version_are_the_same_batch_and_others_are_not(world):
    store(world, rows(20))
    first, _ = planned(world)
    assert planned(world)[0] == first
    assert planned(world, keep=("key",))[0].batch != first.batch
    store(world, rows(20, seed=1))
    changed, _ = planned(world)
    assert changed.batch != first.batch
    world.serve()
    assert planned(world)[0].batch != changed.batch


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: t.drop_columns(["belt", "role"]), r"lacks the column\(s\) belt, role"),
        (lambda t: t.set_column(0, "age", pa.array(["x"] * 5)), "'age' holds string where numbers"),
        (lambda t: t.set_column(0, "age", pa.array([True] * 5)), "'age' holds bool where numbers"),
        (lambda t: t.set_column(2, "belt", pa.array([["x"]] * 5)), "'belt' holds list"),
        (lambda t: t.slice(0, 0), "has no rows"),
        (lambda t: t.append_column("age", pa.array([1] * 5)), "more than one column named 'age'"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused_before_any_row_is_read(world, change, sentence):
    store(world, change(pa.Table.from_pylist(rows(5))))
    with pytest.raises(InvalidTable, match=sentence):
        planned(world)


def test_what_is_no_table_or_not_there_is_named(world):
    world.features.write("raw/crash/a.parquet", b"age,speed\n1,2\n")
    with pytest.raises(InvalidTable, match="no readable Parquet"):
        planned(world)
    with pytest.raises(NotFound, match="no Parquet file at 'raw/none/'"):
        planned(world, sources=("raw/none/",))
    with pytest.raises(InvalidTable, match=r"'captures/x\.parquet' lies below neither"):
        planned(world, sources=("captures/x.parquet",))


def test_columns_to_keep_must_be_there_have_another_name_and_one_type(world):
    store(world, rows(5), "raw/crash/a.parquet")
    store(world, [{**row, "key": "k"} for row in rows(5)], "raw/crash/b.parquet")
    with pytest.raises(InvalidTable, match=r"lacks the column\(s\) account"):
        planned(world, ("account",))
    with pytest.raises(InvalidTable, match=r"'key' to keep is int64 in .* and string in"):
        planned(world, ("key",), ("raw/crash/",))
    store(world, [{**row, "label": 1} for row in rows(5)])
    with pytest.raises(InvalidTable, match="'label' cannot be kept"):
        planned(world, ("label",))


def test_a_table_that_is_replaced_meanwhile_is_not_mixed_with_the_one_before(world):
    store(world, rows(20), group=10)
    _, chunks = planned(world)
    store(world, rows(20, seed=9), group=10)
    with pytest.raises(Conflict, match="replaced meanwhile"):
        work(world, chunks[0])


def test_a_changed_graph_scores_nothing_and_the_batch_says_why(world):
    store(world, rows(20), group=10)
    made, chunks = planned(world)
    work(world, chunks[0])
    graph = world.registry.version(MODEL, 1).draft.graph.key
    world.artifacts.write(graph, b"another")
    with pytest.raises(ArtifactChanged):
        work(world, chunks[1])
    with pytest.raises(BatchIncomplete, match=r"1 of 2 chunks failed; .* Chunk 1, 10 rows"):
        end(world, made)
    assert world.registry.run(RUN.run_id).status == "running"


def test_a_batch_that_is_done_closes_its_run_with_what_it_did(world):
    store(world, rows(20), group=10)
    scored(world)
    run = world.registry.run(RUN.run_id)
    assert (run.status, run.reason) == ("scored", "20 rows scored by version 1")


def test_only_the_bytes_of_the_needed_columns_are_fetched(world, monkeypatch):
    noise = np.random.default_rng(0).normal(size=(200_000,))
    table = pa.Table.from_pylist(rows(1000)).take(np.arange(200_000) % 1000)
    store(world, table.append_column("noise", pa.array(noise)), group=50_000)
    _, chunks = planned(world)
    fetched = []
    whole = world.features.read_part

    def counted(key, start, size, tag):
        fetched.append(size)
        return whole(key, start, size, tag)

    monkeypatch.setattr(world.features, "read_part", counted)
    work(world, chunks[0])
    assert sum(fetched) < world.features.size("raw/crash/a.parquet") / 4


def test_chunks_larger_than_what_is_decoded_at_once_lose_no_row(world, monkeypatch):
    monkeypatch.setattr(sys.modules["evergreen.score.chunk"], "ROWS_AT_ONCE", 7)
    table = rows(50)
    table[20]["age"] = None
    store(world, table, group=25)
    found = scored(world, keep=("key",))
    assert [a["key"] for a in read(world, found.files)] == [n for n in range(50) if n != 20]
    (line,) = read(world, found.refused_files)
    assert (line["row"], line["id"]) == (20, f"{found.batch}-20")
    report = world.features.read(keys.batch(found.batch, "part-00000.json"))
    assert msgspec.json.decode(report, type=PartReport).refused == 1


def test_a_model_without_a_champion_scores_nothing():
    world = World()
    store(world, rows(5))
    with pytest.raises(NotFound, match="no champion yet"):
        planned(world)
