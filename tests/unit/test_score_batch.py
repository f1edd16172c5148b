"""What somebody who scores a whole table relies on."""

import io
import math
import sys
from decimal import Decimal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from evergreen.contracts import keys
from evergreen.contracts.batch import (
    Chunk,
    ChunkInput,
    FinishInput,
    Manifest,
    PartReport,
    PlanInput,
)
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput
from evergreen.errors import ArtifactChanged, Conflict, InvalidTable, NotFound
from evergreen.score import chunk, finish, plan
from evergreen.score.finish import BatchIncomplete

from tests.fakes.serving import AT, MODEL, ROW, World

RUN = RunInput(run_id="batch-1", model=MODEL, sources=("raw/crash/a.parquet",), trigger="batch")


@pytest.fixture
def world():
    made = World()
    made.serve(threshold=0.45)
    made.registry.open_run(
        Run(run_id=RUN.run_id, model=MODEL, trigger="batch", sources=RUN.sources, started_at=AT)
    )
    return made


def rows(count, seed=0):
    """Rows that the model takes, with missing and unseen values, and a key."""
    random = np.random.default_rng(seed)
    return [
        {
            "age": int(random.integers(18, 90)),
            "speed": None if random.random() < 0.1 else float(random.normal(50, 10)),
            "belt": str(random.choice(["none", "belted", "new"])),
            "role": None if random.random() < 0.1 else str(random.choice(["1", "driver"])),
            "key": number,
        }
        for number in range(count)
    ]


def store(world, table, key="raw/crash/a.parquet", group=None):
    if isinstance(table, list):
        table = pa.Table.from_pylist(table)
    body = io.BytesIO()
    pq.write_table(table, body, row_group_size=group)
    world.features.write(key, body.getvalue())


def planned(world, keep=(), sources=RUN.sources):
    given = PlanInput(msgspec.structs.replace(RUN, sources=sources), keep)
    made = plan(given, features=world.features, artifacts=world.artifacts, registry=world.registry)
    return made, msgspec.json.decode(world.features.read(made.items), type=list[Chunk])


def work(world, asked):
    return chunk(
        ChunkInput(RUN, asked),
        features=world.features,
        artifacts=world.artifacts,
        registry=world.registry,
    )


def end(world, made):
    output = finish(
        FinishInput(RUN, made), features=world.features, registry=world.registry, clock=world.clock
    )
    return msgspec.json.decode(world.features.read(output.manifest), type=Manifest)


def scored(world, keep=(), sources=RUN.sources):
    made, chunks = planned(world, keep, sources)
    for asked in chunks:
        work(world, asked)
    return end(world, made)


def read(world, files):
    return pa.concat_tables(
        [pq.read_table(io.BytesIO(world.features.read(key))) for key in files]
    ).to_pylist()


def without_key(row):
    return {name: value for name, value in row.items() if name != "key"}


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


BAD = [
    ({"age": None}, "age", "missing"),
    ({"age": float("nan")}, "age", "missing"),
    ({"speed": math.inf}, "speed", "infinite or too large"),
    ({"speed": -1e39}, "speed", "infinite or too large"),
    ({"belt": None}, "belt", "missing"),
    ({"belt": "NA"}, "belt", "missing"),
    ({"belt": "x" * 1001}, "belt", "more than 1,000 characters"),
]


@pytest.mark.parametrize(("change", "column", "reason"), BAD)
def test_a_row_that_serving_would_refuse_is_set_aside_and_the_others_are_scored(
    world, change, column, reason
):
    table = [{**row, "age": float(row["age"])} for row in rows(30)]
    table[17] |= change
    store(world, table, group=10)

    found = scored(world, keep=("key",))

    assert (found.rows, found.predicted, found.refused) == (30, 29, 1)
    assert [a["key"] for a in read(world, found.files)] == [n for n in range(30) if n != 17]
    (line,) = read(world, found.refused_files)
    assert line["id"] == f"{found.batch}-17"
    assert (line["source"], line["row"], line["column"]) == ("raw/crash/a.parquet", 17, column)
    assert reason in line["reason"]
    assert found.reasons == {f"{column}: {line['reason']}": 1}
    sent = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in change.items()}
    assert world.predict({**ROW, **sent})["statusCode"] in (400, 422)


def test_a_row_with_two_problems_is_one_refused_row(world):
    table = rows(3)
    table[1] |= {"age": None, "belt": None}
    store(world, table)

    found = scored(world)

    assert (found.predicted, found.refused) == (2, 1)
    assert [line["column"] for line in read(world, found.refused_files)] == ["age", "belt"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([40, 41], pa.int8()),
        ([40, 41], pa.uint64()),
        ([2**60 + 1, 41], pa.int64()),
        ([40.5, 41.0], pa.float16()),
        ([Decimal("40.50"), Decimal("41.00")], pa.decimal128(10, 2)),
    ],
)
def test_numbers_of_every_width_are_read_as_the_api_reads_them(world, values, kind):
    table = pa.Table.from_pylist([without_key(row) for row in rows(2)])
    store(world, table.set_column(0, "age", pa.array(values).cast(kind)))

    found = scored(world)

    sent = [{**row, "age": float(v)} for row, v in zip(table.to_pylist(), values, strict=True)]
    asked = world.predict(*sent)["document"]["predictions"]
    assert [a["probability"] for a in read(world, found.files)] == [a["probability"] for a in asked]


@pytest.mark.parametrize(
    "roles",
    [
        pa.array([1, None, 7]),
        pa.array([1.0, float("nan"), 7.5]),
        pa.array(["1", None, "driver"]).dictionary_encode(),
        pa.array([" 1 ", "", "driver"], pa.large_string()),
        pa.array([True, False, None]),
        pa.nulls(3),
    ],
)
def test_a_category_is_the_same_category_in_every_arrow_type(world, roles):
    table = pa.Table.from_pylist([without_key(row) for row in rows(3)]).drop_columns(["role"])
    store(world, table.append_column("role", roles))

    found = scored(world)

    values = [None if v != v else v for v in roles.to_pylist()]
    sent = [{**row, "role": v} for row, v in zip(table.to_pylist(), values, strict=True)]
    asked = world.predict(*sent)["document"]
    assert [a["probability"] for a in read(world, found.files)] == [
        a["probability"] for a in asked["predictions"]
    ]
    assert found.unseen == asked["unseen"]


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
    with pytest.raises(
        BatchIncomplete, match=r"1 of 2 chunks failed; .* Chunk 1, 10 rows"
    ):
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
