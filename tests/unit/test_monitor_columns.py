"""Whatever was sent becomes a number or a known value, by itself or among others."""

import gzip

import numpy as np
import pytest
from evergreen.canonical import category_text
from evergreen.contracts.table import ColumnRule
from evergreen.monitor.arrays import id_hashes, id_texts
from evergreen.monitor.columns import Places, number, numbers
from evergreen.monitor.lines import parts
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.store import MemoryStore

SENT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["1", "1.0", "true", " red", "red", "", "NA", "2.5", "x"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
)
KNOWN = ("red", "1", "true", "2", "0")


@given(st.lists(st.lists(SENT, max_size=12), max_size=4))
def test_a_category_is_what_its_text_says_whatever_came_before_it(columns):
    places = Places(KNOWN, None)
    known = {text: place for place, text in enumerate((*KNOWN, "\0", ""))}
    for sent in columns:
        expected = [known.get(category_text(value), len(KNOWN)) for value in sent]
        assert places.of_all(tuple(sent)).tolist() == expected


@pytest.mark.filterwarnings("ignore:overflow")
@given(st.lists(st.tuples(SENT, SENT, st.floats(width=32)), min_size=1, max_size=12))
def test_a_number_is_the_same_whatever_else_was_sent(rows):
    rule = ColumnRule(at_least=-10, at_most=10)
    found = numbers(list(zip(*rows, strict=True)), [None, rule, None], len(rows))
    plain = np.array([[number(value) for value in row] for row in rows]).T
    plain[1, ~((plain[1] >= -10) & (plain[1] <= 10))] = np.nan
    np.testing.assert_array_equal(found, plain.astype(np.float32))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4000), st.booleans(), st.booleans()), min_size=1, max_size=3),
    st.integers(1, 3),
)
def test_lines_come_whole_however_their_objects_are_packed(objects, members):
    store, keys, expected = MemoryStore(), [], []
    for place, (lines, packed, ends) in enumerate(objects):
        own = [b"%d-%d" % (place, line * 7919 % 100_003) * 9 for line in range(lines)]
        body = b"\n".join(own) + b"\n" * (ends and bool(own))
        size = len(body) // members + 1
        cut = [body[start : start + size] for start in range(0, len(body), size)]
        keys.append(f"captures/m/{place}")
        store.write(keys[-1], b"".join(map(gzip.compress, cut)) if packed else body)
        expected += own
    broken: list[str] = []
    assert [line for part in parts(store, keys, broken) for line in part.splitlines()] == expected
    assert not broken


@given(st.lists(st.text(st.characters(min_codepoint=1), max_size=90), unique=True))
def test_each_id_has_a_hash_of_its_own_whatever_stands_beside_it(ids):
    together = id_hashes(id_texts(ids)).tolist()
    assert len(set(together)) == len(ids)
    assert together == [id_hashes(id_texts([each])).tolist()[0] for each in ids]
