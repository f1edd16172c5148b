"""Champion and candidate are compared class by class, or not at all."""

import numpy as np
import pytest
from evergreen.errors import InvalidTable
from evergreen.score.comparable import by_class, check_problem
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.fakes.answering import PROBLEMS, signature

LABELS = st.lists(st.sampled_from("abcdef"), min_size=2, unique=True).map(tuple)


@given(LABELS, LABELS, st.integers(0, 4))
def test_each_class_keeps_its_own_probability_whatever_its_place(own, new, rows):
    answers = np.random.default_rng(rows).random((rows, len(own)))
    found = by_class(answers, own, new)
    assert found.shape == (rows, len(new))
    for label in new:
        expected = answers[:, own.index(label)] if label in own else np.zeros(rows)
        np.testing.assert_array_equal(found[:, new.index(label)], expected)


@pytest.mark.parametrize("own", PROBLEMS)
@pytest.mark.parametrize("new", PROBLEMS)
def test_models_of_one_problem_are_compared_and_others_are_not(own, new):
    if own == new:
        check_problem("champion v1", signature(own), signature(new))
        return
    with pytest.raises(InvalidTable, match=r"give the changed model a name of its own\."):
        check_problem("champion v1", signature(own), signature(new))


def test_a_binary_model_with_another_positive_label_answers_another_question():
    turned = replace(signature("binary"), classes=("dead", "alive"))
    with pytest.raises(InvalidTable, match=r"v1 is binary \(dead or alive\) and the candidate bin"):
        check_problem("champion v1", turned, signature("binary"))


def test_a_new_class_does_not_end_the_comparison():
    more = replace(signature("multiclass"), classes=(*signature("multiclass").classes, "new"))
    check_problem("champion v1", signature("multiclass"), more)
