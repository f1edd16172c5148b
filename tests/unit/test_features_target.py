"""What a user is told of a target that cannot be learned, and how one that can is coded."""

import numpy as np
import pytest
from evergreen.contracts.columns import categories
from evergreen.errors import InvalidTable
from evergreen.features.target import coded

from tests.fakes.flow import model_file


def of(problem, values):
    values = np.array(values)
    return coded(model_file(problem), categories(values) if values.dtype.kind == "U" else values)


def test_a_binary_target_is_1_where_it_is_positive():
    target, classes = of("binary", ["yes", "no", "no"])
    assert (target.tolist(), target.dtype, classes) == ([1, 0, 0], np.int8, ("no", "yes"))


def test_classes_are_coded_in_the_order_a_person_would_put_them_in():
    target, classes = of("multiclass", ["10", "9", "9", "poor", "-1", "2.5"])
    assert classes == ("-1", "2.5", "9", "10", "poor")
    assert target.tolist() == [3, 2, 2, 4, 0, 1]
    assert target.dtype == np.int16


def test_a_number_stays_what_it_is():
    target, classes = of("regression", [1.5, -2.0])
    assert (target.tolist(), target.dtype, classes) == ([1.5, -2.0], np.float64, ())


@pytest.mark.parametrize(
    ("problem", "values", "says"),
    [
        ("binary", ["no"] * 7, "'high' is 'no' in all 7 rows"),
        ("multiclass", ["a"] * 7, "'state' is 'a' in all 7 rows"),
        ("binary", ["yes", "no", "maybe"], r"holds 2 labels beside 'yes' \(maybe, no\)"),
        ("binary", ["1", "0"], "holds 2 labels beside 'yes'"),
        ("multiclass", [f"c{n}" for n in range(101)], "holds 101 labels.*at most 100"),
        ("regression", [3.0, 3.0], "'power' is 3 in all 2 rows, so there is nothing to learn"),
        ("regression", [3.0, np.inf, np.nan], "'power' is no finite number in 2 of 3 rows"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused_and_the_sentence_says_why(
    problem, values, says
):
    with pytest.raises(InvalidTable, match=says):
        of(problem, values)
