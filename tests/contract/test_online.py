"""What every online store promises: the newest row of an entity, whatever order they come in."""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from evergreen.aws.online import DynamoOnlineStore
from evergreen.contracts.views import OnlineRow, entity_key
from evergreen.errors import Conflict
from evergreen.ports import OnlineStore, iso
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.busy import Busy
from tests.fakes.memory import MemoryOnlineStore

VIEW, ANN = "weather", entity_key(["ann"])
KEY = (VIEW, ANN)


def row(
    event: int, known: int = 0, revision: int = 1, entity: str = ANN, build: int = 0
) -> OnlineRow:
    said = {"at": f"{revision}/{event}/{known}/{build}"}
    return OnlineRow(VIEW, entity, event, known, said, revision, build)  # type: ignore[arg-type]


def at(nanoseconds: int) -> str:
    return iso(datetime.fromtimestamp(nanoseconds / 1e9, tz=UTC))


def test_a_row_is_read_as_it_was_written_and_unknown_entities_are_left_out(
    online: OnlineStore,
) -> None:
    assert online.write([row(1)]) == 1
    assert online.read([KEY, (VIEW, entity_key(["bob"])), ("other", ANN)]) == {KEY: row(1)}
    assert online.read([]) == {}


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_newest_row_stays_whatever_order_they_come_in(
    online: OnlineStore, order: tuple[int, ...]
) -> None:
    rows = [row(1, 9, build=9), row(2, 3), row(2, 3, build=1), row(1, 1, revision=2)]
    for number in order:
        online.write([rows[number]])
        assert online.write([rows[number]]) == 0  # again: nothing newer
    assert online.read([KEY])[KEY] == rows[3]  # of the changed view file, whatever its event


def test_many_writers_at_once_leave_the_newest_row_of_each_entity(online: OnlineStore) -> None:
    entities = [entity_key([str(number)]) for number in range(5)]
    offers = [[row(event, entity=e) for e in entities] for event in (3, 1, 4, 2, 4, 1)]
    with ThreadPoolExecutor(6) as pool:
        kept = sum(pool.map(online.write, offers))
    found = online.read([(VIEW, e) for e in entities])
    assert {found_row.event for found_row in found.values()} == {4}
    assert len(entities) <= kept <= 4 * len(entities)


def test_a_writer_that_died_half_way_is_finished_by_writing_all_again(online: OnlineStore) -> None:
    rows = [row(1, entity=entity_key([str(number)])) for number in range(7)]
    online.write(rows[:3])
    assert online.write(rows) == 4
    assert online.write(rows) == 0


def test_numbers_come_back_to_the_last_bit_and_what_is_no_number_as_missing(
    online: OnlineStore,
) -> None:
    exact = [0.1, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308, 2.0**53 + 2, 123456789.123456789]
    values: dict[str, Any] = {f"n{i}": number for i, number in enumerate(exact)}
    values |= {"text": "Zürich \U0001f600", "none": None, "long": exact * 1000, "nan": math.nan}
    online.write([OnlineRow(VIEW, ANN, 1, 1, values)])
    found = online.read([KEY])[KEY].values
    assert found["nan"] is None
    for name in values.keys() - {"nan"}:
        assert repr(found[name]) == repr(values[name])


def test_more_entities_than_one_batch_are_read_and_of_any_name(online: OnlineStore) -> None:
    names = [[str(number)] for number in range(250)]
    names += [["ä" * 1000], ["ä" * 1000, "b"], ["#"], ['"]'], [""], ["half \ud83d"]]
    rows = [row(1, entity=entity_key(name)) for name in names]
    assert online.write(rows) == len(rows)
    found = online.read([(one.view, one.entity) for one in rows])
    assert {key: one.entity for key, one in found.items()} == {
        (one.view, one.entity): one.entity for one in rows
    }


def test_an_erased_entity_stays_away_until_something_new_is_known_of_it(
    online: OnlineStore,
) -> None:
    second = 10**9
    online.write([row(1 * second, 1 * second)])
    assert online.erase(VIEW, ANN, at(5 * second)) is True
    assert online.read([KEY]) == {}
    assert online.write([row(9 * second, 4 * second, revision=7)]) == 0  # an old build
    assert online.read([KEY]) == {}
    assert online.write([row(2 * second, 6 * second)]) == 1
    assert online.erase(VIEW, ANN, at(5 * second)) is False  # the same erasure again
    assert online.write([row(9 * second, 4 * second, revision=7)]) == 0  # it still holds
    assert online.read([KEY])[KEY] == row(2 * second, 6 * second)


def test_an_entity_that_nobody_knows_can_be_erased_ahead(online: OnlineStore) -> None:
    assert online.erase(VIEW, ANN, at(10**9)) is False
    assert online.write([row(1, 1)]) == 0


def test_a_row_made_of_another_replaces_that_one_only(online: OnlineStore) -> None:
    online.replace(row(1), None)
    with pytest.raises(Conflict):
        online.replace(row(2), None)
    with pytest.raises(Conflict):
        online.replace(row(3), row(2))
    online.replace(row(1, 5), row(1))
    assert online.read([KEY])[KEY] == row(1, 5)
    online.erase(VIEW, ANN, at(10**9))
    with pytest.raises(Conflict):
        online.replace(row(9, 7), row(1, 5))
    with pytest.raises(Conflict):
        online.replace(row(9, 7), None)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2), st.integers(0, 4), st.integers(1, 2)),
        st.tuples(st.just("erase"), st.integers(0, 4)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_the_table_ends_as_the_store_in_memory_does(
    dynamodb: Any, online_table_of_many: str, steps: list[tuple[Any, ...]]
) -> None:
    both = [MemoryOnlineStore(), DynamoOnlineStore(dynamodb, online_table_of_many)]
    entity = entity_key([str(next(NUMBERS))])
    second = 10**9
    for step in steps:
        said = []
        for store in both:
            if step[0] == "erase":
                said.append(store.erase(VIEW, entity, at(step[1] * second)))
            else:
                made = row(step[1] * second, step[2] * second, step[3], entity)
                said.append(store.write([made]))
        assert said[0] == said[1]
        assert both[0].read([(VIEW, entity)]) == both[1].read([(VIEW, entity)])


NUMBERS = itertools.count()


def test_keys_the_table_did_not_get_to_are_asked_for_again(
    dynamodb: Any, online_table: str
) -> None:
    store = DynamoOnlineStore(Busy(dynamodb), online_table)
    rows = [row(1, entity=entity_key([str(number)])) for number in range(7)]
    store.write(rows)
    assert len(store.read([(VIEW, one.entity) for one in rows])) == 7
