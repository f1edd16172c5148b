"""Text held as codes means what the text itself does."""

import numpy as np
from evergreen.contracts.columns import Categories, categories, joined
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.distribution import category_profile
from evergreen.features.dataset import content, hashed
from evergreen.frame import Frame
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.lists(st.sampled_from(["", "a", "b", "B", "ä", "a b", "new"]), max_size=30)


def shuffled(words: list[str], seed: int) -> Categories:
    """The words with their values in another order, and some that no row has."""
    values = ["z", "b", "", "ä", "a", "never", "new", "a b", "B"]
    np.random.default_rng(seed).shuffle(values)
    codes = np.array([values.index(word) for word in words], dtype=np.int32)
    return Categories(codes, tuple(values))


@given(WORDS, st.integers(0, 9))
def test_the_order_of_the_values_changes_nothing(words, seed):
    text = np.array(words, dtype=np.str_)
    plain, other = categories(text), categories(shuffled(words, seed))
    assert plain.values == other.values == tuple(sorted(set(words)))
    np.testing.assert_array_equal(plain.codes, other.codes)
    np.testing.assert_array_equal(shuffled(words, seed).text(), text)


@given(WORDS, st.integers(0, 9))
def test_codes_and_text_are_the_same_input_of_a_model_and_the_same_profile(words, seed):
    column = Column("c", "category", values=("b", "a", "ä"))
    signature = Signature((column,), (), "y", ("0", "1"))
    text, coded = np.array(words, dtype=np.str_), shuffled(words, seed)
    np.testing.assert_array_equal(encode(signature, {"c": text}), encode(signature, {"c": coded}))
    assert category_profile(text, column.values) == category_profile(coded, column.values)


@given(WORDS, WORDS, st.integers(0, 9))
def test_rows_that_follow_each_other_keep_their_text(first, second, seed):
    found = joined(shuffled(first, seed), shuffled(second, seed + 1))
    assert isinstance(found, Categories)
    assert found.text().tolist() == [*first, *second]


@given(WORDS, st.integers(0, 9))
def test_equal_rows_have_equal_hashes_whatever_the_table_they_stand_in(words, seed):
    numbers = np.arange(len(words)) % 3 - 1.0
    zeros = np.zeros(len(words), np.int64)
    plain = Frame({"c": categories(np.array(words, np.str_)), "n": numbers}, numbers, zeros)
    other = Frame({"n": numbers, "c": shuffled(words, seed)}, numbers, zeros)
    found = content(plain)
    np.testing.assert_array_equal(found, content(other))
    rows = list(zip(words, numbers.tolist(), strict=True))
    assert len(set(found.tolist())) == len(set(rows))


def test_a_missing_number_hashes_alike_whatever_its_bits_and_zero_has_no_sign():
    odd = np.array([np.nan, -np.nan, 0.0, -0.0])
    first, second, zero, minus = hashed(odd).tolist()
    assert first == second
    assert zero == minus
    assert first != zero
