"""Rows on their way between stages."""

import io
from typing import Any

import numpy as np
import pytest
from evergreen.contracts.columns import Categories, Values
from evergreen.frame import Frame, arrays_from_npz, arrays_to_npz
from hypothesis import given
from hypothesis import strategies as st


def frame(rows: int, start: int = 0) -> Frame:
    numbers = np.arange(start, start + rows)
    return Frame(
        {
            "speed": np.where(numbers % 3 == 0, np.nan, numbers).astype(np.float32),
            "target": numbers.astype(np.str_),
        },
        (numbers % 2).astype(np.int8),
        numbers.astype(np.int64) * 10**18,
    )


def plain(values: Values) -> Any:
    return values.text() if isinstance(values, Categories) else values


def assert_same(left: Frame, right: Frame) -> None:
    assert list(left.columns) == list(right.columns)
    pairs: list[tuple[Any, Any]] = [(left.target, right.target), (left.time, right.time)]
    pairs += [(plain(left.columns[name]), plain(right.columns[name])) for name in left.columns]
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)
        assert a.dtype.kind == b.dtype.kind


@given(st.integers(0, 40))
def test_a_frame_is_read_back_as_it_was_written(rows: int) -> None:
    assert_same(Frame.from_npz(frame(rows).to_npz()), frame(rows))


def test_a_column_may_bear_any_name() -> None:
    columns = {"column:x": np.zeros(1), "a/b": np.ones(1)}
    odd = Frame(columns, np.zeros(1, np.int8), np.zeros(1, np.int64))
    assert_same(Frame.from_npz(odd.to_npz()), odd)


def test_the_same_rows_are_the_same_bytes() -> None:
    assert frame(9).to_npz() == frame(9).to_npz()


@given(st.lists(st.booleans(), min_size=9, max_size=9))
def test_taking_rows_takes_them_everywhere(mask: list[bool]) -> None:
    taken = frame(9).take(np.array(mask))
    assert len(taken) == sum(mask)
    wanted = [str(n) for n, take in enumerate(mask) if take]
    assert plain(taken.columns["target"]).tolist() == wanted
    assert (taken.time // 10**18).tolist() == [int(n) for n in wanted]


def test_rows_follow_each_other() -> None:
    assert_same(frame(4).then(frame(8, start=4)), frame(12))


def test_an_archive_that_needs_a_pickle_is_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([{"code": "runs"}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        arrays_from_npz(buffer.getvalue())


def test_objects_are_not_written_as_pickles() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        arrays_to_npz(a=np.array([object()], dtype=object))
