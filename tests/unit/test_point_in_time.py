"""The join as of a time, against a plain loop."""

import numpy as np
from evergreen.point_in_time import as_of
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

SMALL, FAR = st.integers(0, 12), st.sampled_from([0, 1, 10**9 + 7, 2**61, 2**62])


def plainly(asked: list[tuple[int, int]], rows: list[tuple[int, int, int]]) -> list[int]:
    """The number of each asked row's row."""
    found = []
    for entity, time in asked:
        known = [(e, k, n) for n, (who, e, k) in enumerate(rows) if who == entity and k <= time]
        found.append(max(known)[2] if known else -1)
    return found


@given(st.data(), st.sampled_from([SMALL, FAR]))
def test_each_row_finds_the_newest_event_that_was_known_at_its_time(
    data: st.DataObject, times: st.SearchStrategy[int]
) -> None:
    rows = data.draw(st.lists(st.tuples(st.integers(0, 3), times, times), max_size=30))
    rows = [(who, min(event, known), max(event, known)) for who, event, known in rows]
    asked = data.draw(st.lists(st.tuples(st.integers(-1, 4), times), max_size=30))
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [
        np.zeros(0, np.int64)
    ] * 3
    entity, time = (np.array([a[i] for a in asked], np.int64) for i in (0, 1))
    assert as_of(entity, time, *columns).tolist() == plainly(asked, rows)


def test_a_value_created_after_the_rows_time_is_never_joined() -> None:
    row = [np.array([n], np.int64) for n in (0, 100, 500)]
    asked = np.array([99, 100, 499, 500], np.int64)
    assert as_of(np.zeros(4, np.int64), asked, *row).tolist() == [-1, -1, -1, 0]


@given(arrays(np.int64, 40, elements=st.integers(0, 5)), arrays(np.int64, 40, elements=SMALL))
def test_the_order_of_rows_that_differ_decides_nothing(
    entity: np.ndarray, event: np.ndarray
) -> None:
    event = np.arange(40) + 40 * event  # each its own
    found = as_of(entity, event, entity, event, event)
    backward = as_of(entity, event, entity[::-1], event[::-1], event[::-1])
    assert found.tolist() == (39 - backward).tolist() == list(range(40))
