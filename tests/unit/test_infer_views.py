"""Over HTTP: rows of a model with a feature view, by entity alone."""

from types import SimpleNamespace

import msgspec
import pytest
from evergreen.aws.online import DynamoOnlineStore
from evergreen.contracts.signature import Lookup
from evergreen.contracts.view_file import Online
from evergreen.contracts.views import OnlineRow, entity_key

from tests.fakes.batch import open_run, read, scored, store
from tests.fakes.serving import MODEL, ROW, SIGNATURE, World

DEFAULT = Online()
LOOKED_UP = {"speed": "mean_speed", "belt": "belt"}


def served(online: Online = DEFAULT) -> World:
    """A world whose model takes two of its columns from a view."""
    inputs = tuple(
        msgspec.structs.replace(column, origin="view") if column.name in LOOKED_UP else column
        for column in SIGNATURE.inputs
    )
    lookup = Lookup("drivers", ("driver",), LOOKED_UP, online)
    signature = msgspec.structs.replace(
        SIGNATURE, inputs=inputs, context=("sex", "driver"), lookups=(lookup,)
    )
    world = World()
    world.promote(world.register(signature=signature).number)
    known = {"mean_speed": ROW["speed"], "belt": ROW["belt"]}
    world.online.write([OnlineRow("drivers", entity_key(["7"]), 1, 1, known)])
    return world


@pytest.fixture
def world() -> World:
    return served()


KEYED = {"age": ROW["age"], "role": ROW["role"], "driver": 7}


def test_an_entity_key_is_answered_as_its_columns_would_be(world: World) -> None:
    whole, keyed = (world.predict(row)["document"] for row in (ROW, KEYED))
    assert keyed["predictions"][0]["probability"] == whole["predictions"][0]["probability"]
    assert keyed["features"] == {"completed": 1, "stale": 0, "missing": 0}
    assert whole["features"] == {"completed": 0, "stale": 0, "missing": 0}


def test_what_was_looked_up_is_captured_with_the_row(world: World) -> None:
    world.predict(KEYED)
    (row,) = world.captures.captures[0].rows
    assert row.values == KEYED | {"speed": ROW["speed"], "belt": ROW["belt"]}
    assert row.looked_up == ("speed", "belt")


def test_a_model_without_views_says_nothing_of_them_and_reads_nothing() -> None:
    world = World()
    world.serve()
    assert "features" not in world.predict(ROW)["document"]
    assert world.online.reads == []


def test_an_entity_that_the_view_refuses_is_named_with_all_else_that_is_wrong() -> None:
    world = served(Online(missing="refuse"))
    answer = world.predict(KEYED, KEYED | {"driver": 8, "age": "old"})
    assert answer["statusCode"] == 422
    assert {(e["row"], e["column"]) for e in answer["document"]["errors"]} >= {
        (1, "age"),
        (1, "driver"),
    }
    said = {e["column"]: e["detail"] for e in answer["document"]["errors"]}
    assert said["driver"] == "The view 'drivers' knows no such entity."


def test_a_column_that_is_made_of_what_is_missing_is_not_told_a_second_time() -> None:
    (error,) = served().predict({"age": ROW["age"], "role": ROW["role"]})["document"]["errors"]
    assert error["column"] == "speed"
    assert "or 'driver' to look it up in the view 'drivers'" in error["detail"]


def test_an_online_store_that_does_not_answer_is_no_failure_of_those_who_need_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(world.online, "read", fail)
    answer = world.predict(KEYED)
    assert answer["statusCode"] == 503
    assert "send the request again later" in answer["document"]["detail"]
    assert world.predict(ROW)["statusCode"] == 200


@pytest.mark.parametrize("doc", [b"{torn", b"no zlib", b'{"speed": {}}'])
def test_a_row_of_the_store_that_cannot_be_read_is_named_and_no_silence_of_the_store(
    world: World, monkeypatch: pytest.MonkeyPatch, doc: bytes
) -> None:
    number = {"N": "1"}
    item = dict.fromkeys(("event", "known", "revision", "build"), number) | {"doc": {"B": doc}}
    answer = {"Responses": {"online": [item | {"pk": {"S": 'drivers#["7"]'}}]}}
    client = SimpleNamespace(batch_get_item=lambda **_: answer)
    monkeypatch.setattr(world.online, "read", DynamoOnlineStore(client, "online").read)
    said = world.predict(KEYED)
    assert said["statusCode"] == 500
    assert """row of ["7"] of 'drivers' cannot be read""" in said["document"]["detail"]


def test_the_api_says_which_columns_may_be_left_out(world: World) -> None:
    document = world.call("GET", f"/models/{MODEL}/openapi.json")["document"]
    (row,) = (v for k, v in document["components"]["schemas"].items() if k.endswith(".row"))
    assert set(row["required"]) == {"age", "role"}
    assert set(LOOKED_UP) <= set(row["properties"])


def test_a_whole_table_is_completed_as_a_request_is(world: World) -> None:
    open_run(world)
    rows = [KEYED | {"driver": driver, "key": n} for n, driver in enumerate(["7", "8"])]
    store(world, rows, "raw/crash/t.parquet")
    found = scored(world, keep=("key",), sources=("raw/crash/t.parquet",))
    answers = {row["key"]: row["probability"] for row in read(world, found.files)}
    one = world.predict(KEYED)["document"]["predictions"][0]["probability"]
    assert answers == {0: one}
    assert found.reasons == {
        "belt: The online store has no value of it, and the model needs one; send the column.": 1
    }


def test_a_table_without_column_and_entity_is_refused_before_anything_is_scored(
    world: World,
) -> None:
    from evergreen.errors import InvalidTable

    store(world, [{"age": 1, "role": "driver", "belt": "none"}], "raw/crash/t.parquet")
    with pytest.raises(InvalidTable, match=r"lacks the column\(s\) driver\."):
        scored(world, sources=("raw/crash/t.parquet",))
