"""One cleaning rule, whatever the form of what it cleans."""

import math

import numpy as np
import pytest
from evergreen.canonical import category_text
from evergreen.cleaning import clean_number, clean_numbers, clean_text, clean_texts, rule_of
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.table import Clean, ColumnRule
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)
SOME = st.sampled_from(["a", "A", "?", "na", "NA", "true", "1.0", "Straße", ""]) | WORDS
RULES = st.builds(
    ColumnRule,
    missing=st.lists(SOME | st.integers(-3, 3) | st.floats(-3, 3), max_size=3).map(tuple),
    at_least=st.none() | st.floats(-3, 3),
    at_most=st.none() | st.floats(-3, 3),
    case=st.sampled_from(["keep", "lower", "upper"]),
    spellings=st.dictionaries(SOME, SOME, max_size=4),
)
NUMBERS = st.floats(-4, 4) | st.integers(-4, 4).map(float) | st.just(math.nan)


@given(RULES, st.lists(NUMBERS, max_size=8))
def test_a_column_of_numbers_is_cleaned_as_each_of_them_is(rule, values):
    one_by_one = np.array([clean_number(rule, value) for value in values])
    np.testing.assert_array_equal(clean_numbers(rule, np.array(values, np.float64)), one_by_one)


@given(RULES, st.lists(SOME, max_size=8))
def test_a_column_of_text_is_cleaned_as_each_value_is(rule, texts):
    one_by_one = [clean_text(rule, text) for text in texts]
    assert clean_texts(rule, np.array(texts, np.str_)).tolist() == one_by_one


@given(RULES, NUMBERS, SOME)
def test_what_is_clean_stays_as_it_is(rule, number, text):
    np.testing.assert_equal(
        clean_number(rule, clean_number(rule, number)), clean_number(rule, number)
    )
    assert clean_text(rule, clean_text(rule, text)) == clean_text(rule, text)
    assert category_text(clean_text(rule, text)) == clean_text(rule, text)


def test_a_stated_value_is_missing_however_it_is_spelled():
    rule = ColumnRule(missing=("?", -999, "unknown"), case="lower")
    assert {clean_text(rule, text) for text in ("?", " ? ", "-999", "-999.0", "UNKNOWN")} == {""}
    assert math.isnan(clean_number(rule, -999.0))
    assert clean_number(rule, -998.0) == -998.0


def test_spellings_are_looked_up_after_the_case():
    rule = ColumnRule(case="lower", spellings={"Lodon": "London"})
    assert clean_text(rule, " LODON ") == "London"
    assert clean_text(rule, "Paris") == "paris"


def test_a_number_at_the_end_of_its_range_is_kept():
    rule = ColumnRule(at_least=0, at_most=0.3)
    cleaned = clean_numbers(rule, np.array([0, 0.3, 0.31, -1]))
    np.testing.assert_array_equal(cleaned, [0, 0.3, np.nan, np.nan])


def test_words_missing_in_every_column_are_part_of_each_columns_rule():
    clean = Clean(missing=("?",), columns={"age": ColumnRule(missing=(-1,))})
    assert rule_of(clean, "age") == ColumnRule(missing=(-1, "?"))
    assert rule_of(clean, "town") == ColumnRule(missing=("?",))
    assert rule_of(Clean(), "town") is None


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_row_of_a_feature_set_and_the_same_row_of_a_request_become_the_same_input(kind):
    rule = ColumnRule(at_most=0.3)  # float32(0.3) lies above it
    column = Column("share", "number", nullable=True, rule=rule)
    matrix = encode(Signature((column,), (), "y", ("0", "1")), {"share": np.array([0.3], kind)})
    assert matrix.tolist() == [[np.float32(0.3)]]


def test_a_request_is_cleaned_by_the_rule_that_cleaned_the_training_rows():
    speed = Column("speed", "number", nullable=True, rule=ColumnRule(missing=(-999,)))
    town = Column("town", "category", values=("rome",), rule=ColumnRule(case="lower"))
    columns = {"speed": np.array([-999.0, 3.0]), "town": np.array(["ROME", "Oslo"])}
    matrix = encode(Signature((speed, town), (), "y", ("0", "1")), columns)
    np.testing.assert_array_equal(matrix, np.array([[np.nan, 0.0], [3.0, -1.0]], np.float32))
