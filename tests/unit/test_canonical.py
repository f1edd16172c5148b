import numpy as np
import pytest
from evergreen.canonical import MISSING_WORDS, category_text
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "spellings",
    [
        (0, 0.0, -0.0, "0", " 0 ", "0.0", "0.", np.int64(0), np.float32(0), np.float64(-0.0)),
        (1, 1.0, "1", "1.00", np.int8(1)),
        (True, "True", "TRUE", "true", np.bool_(True)),
        (0.1, "0.1", np.float32(0.1)),
        ("a b", "  a b\n", "a b\0"),
    ],
)
def test_one_value_has_one_text_whatever_form_it_arrives_in(spellings):
    assert len({category_text(value) for value in spellings}) == 1


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, "  ", *sorted(MISSING_WORDS)])
def test_what_says_there_is_no_value_is_missing(value):
    assert category_text(value) == ""


@pytest.mark.parametrize("code", ["01", "1.5", "none", "1e5", "1.0.0", "10-24"])
def test_codes_and_words_stay_as_they_are(code):
    assert category_text(code) == code


@given(st.text() | st.integers() | st.floats() | st.booleans())
def test_a_canonical_text_is_its_own_canonical_text(value):
    assert category_text(category_text(value)) == category_text(value)


@given(st.integers(-(2**53), 2**53).filter(lambda n: abs(n) < 10**15))
def test_a_whole_number_reads_alike_from_json_parquet_and_csv(number):
    assert {category_text(number), category_text(float(number)), category_text(f"{number}.0")} == {
        str(number)
    }
