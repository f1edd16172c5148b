"""How columns become the matrix that the graph takes."""

import math

import numpy as np
import pytest
from evergreen.contracts.signature import UNSEEN, Column, Signature, encode
from evergreen.errors import InvalidTable
from hypothesis import given
from hypothesis import strategies as st

SPEED = Column("speed", "number", nullable=True)
BELT = Column("belt", "category", values=("none", "belted", ""))


def signature(*inputs: Column) -> Signature:
    return Signature(inputs, (), "dead", ("alive", "dead"))


def test_the_matrix_has_a_column_for_each_input_in_their_order() -> None:
    columns = {
        "belt": np.array(["belted", "none"]),
        "speed": np.array([30.0, 50.0]),
        "other": np.array([1, 2]),
    }
    encoded = encode(signature(SPEED, BELT), columns)
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[30.0, 1.0], [50.0, 0.0]]


def test_a_category_that_training_never_saw_is_unseen() -> None:
    columns = {"belt": np.array(["belted", "airbag", "zzz", "Belted"])}
    assert encode(signature(BELT), columns)[:, 0].tolist() == [1.0, UNSEEN, UNSEEN, UNSEEN]


def test_a_category_without_known_values_is_always_unseen() -> None:
    empty = Column("belt", "category")
    assert encode(signature(empty), {"belt": np.array(["x", ""])})[:, 0].tolist() == [UNSEEN] * 2


def test_a_missing_number_stays_missing() -> None:
    encoded = encode(signature(SPEED), {"speed": np.array([np.nan, 1.0], dtype=np.float32)})
    assert math.isnan(encoded[0, 0])
    assert encoded[1, 0] == 1.0


def test_no_rows_are_a_matrix_of_no_rows() -> None:
    columns = {"speed": np.array([], np.float32), "belt": np.array([], np.str_)}
    assert encode(signature(SPEED, BELT), columns).shape == (0, 2)


def test_columns_that_are_not_there_are_named() -> None:
    with pytest.raises(InvalidTable, match=r"lack the column\(s\) speed, belt that the model"):
        encode(signature(SPEED, BELT), {})


# numpy's fixed-width text drops NULs at its end.
TEXT = st.text(st.characters(exclude_characters="\0"), max_size=6)


@given(st.lists(TEXT, unique=True, min_size=1, max_size=8), st.lists(TEXT, max_size=20))
def test_a_category_is_coded_by_its_place_among_the_known_values(
    values: list[str], rows: list[str]
) -> None:
    known = Column("belt", "category", values=tuple(values))
    rows = rows + values
    encoded = encode(signature(known), {"belt": np.array(rows, dtype=np.str_)})
    expected = [float(values.index(row)) if row in values else UNSEEN for row in rows]
    assert encoded[:, 0].tolist() == expected
