"""A table's columns mean to the model what the same values in a request mean."""

import math
from decimal import Decimal

import pyarrow as pa
import pytest

from tests.fakes import batch
from tests.fakes.batch import read, rows, scored, store, without_key
from tests.fakes.serving import ROW


@pytest.fixture
def world():
    return batch.world()


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
