"""The fast reader gives what the reference gives: the same matrix, or the same complaint."""

import numpy as np
import pytest
from evergreen.contracts.signature import Column, Signature, encode
from evergreen.contracts.table import ColumnRule
from evergreen.infer.reader import Reader
from evergreen.infer.rows import LARGEST, RejectedRows, check
from hypothesis import example, given, settings
from hypothesis import strategies as st

WORDS = ("", " ", "NA", "nan", "a", "b", " a", "b\0", "1", "1.0", "01", "true", "True", "x" * 1001)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 3)
    | st.floats()
    | st.sampled_from([LARGEST, -LARGEST, LARGEST * (1 + 1e-9), 10**400, -0.0, 1e-46])
    | st.text(max_size=3)
    | st.sampled_from(WORDS)
)
VALUES = SCALARS | st.lists(SCALARS, max_size=1) | st.dictionaries(st.text(), SCALARS, max_size=1)
RULES = st.none() | st.builds(
    ColumnRule,
    missing=st.lists(st.sampled_from(["a", "?", 1, -2, 1.5]), max_size=2).map(tuple),
    at_least=st.none() | st.integers(-3, 0).map(float),
    at_most=st.none() | st.integers(1, 3).map(float),
    case=st.sampled_from(["keep", "lower", "upper"]),
    spellings=st.dictionaries(st.sampled_from(["a", "b", "A"]), st.sampled_from(["b", "C", ""])),
)
COLUMNS = st.builds(
    lambda name, kind, nullable, values, rule: Column(
        name, kind, nullable, tuple(values) if kind == "category" else (), rule=rule
    ),
    st.sampled_from(["p", "q", "r", "s"]),
    st.sampled_from(["number", "category"]),
    st.booleans(),
    st.lists(
        st.sampled_from([word for word in WORDS if "\0" not in word])
        | st.text(st.characters(exclude_characters="\0"), max_size=2),  # no array can hold it
        unique=True,
        max_size=6,
    ),
    RULES,
)
SIGNATURES = st.builds(
    lambda columns, context: Signature(tuple(columns), tuple(context), "y", ("0", "1")),
    st.lists(COLUMNS, min_size=1, max_size=4, unique_by=lambda column: column.name),
    st.lists(st.sampled_from(["t", "u"]), unique=True),
)


def fitting(column):
    if column.type == "category":
        known = st.sampled_from([*column.values, "new"])
        return known | st.none() if column.nullable else known
    numbers = st.floats(-1e30, 1e30) | st.integers(-(10**30), 10**30)
    return numbers | st.none() if column.nullable else numbers


def rows_for(signature):
    """Mostly rows that fit, so that both ways of reading are met."""
    right = st.fixed_dictionaries({c.name: fitting(c) for c in signature.inputs})
    named = st.sampled_from([*(c.name for c in signature.inputs), *signature.context, "z"])
    changed = st.builds(lambda row, more: row | more, right, st.dictionaries(named, VALUES))
    return st.lists(right, min_size=1, max_size=5) | st.lists(changed, min_size=1, max_size=5)


def outcome(read):
    try:
        return read()
    except RejectedRows as rejected:
        return str(rejected)


def reference(signature, rows):
    batch = check(signature, rows)
    return encode(signature, batch.columns), batch.unseen


def fast(signature, rows):
    encoded = Reader(signature).read(rows)
    return encoded.matrix, encoded.unseen


ONE = Signature((Column("p", "category", False, ("", "a", "x" * 1001)),), (), "y", ("0", "1"))
NUMBER = Signature((Column("p", "number", True),), ("t",), "y", ("0", "1"))


@given(SIGNATURES.flatmap(lambda s: st.tuples(st.just(s), rows_for(s))))
@example((ONE, [{"p": ""}]))
@example((ONE, [{"p": "x" * 1001}]))
@example((NUMBER, [{"p": float("nan")}, {"p": None}]))
@example((NUMBER, [{"p": True}]))
@example((NUMBER, [{"p": 1, "t": float("inf")}]))
@example((NUMBER, [{"p": 16777217}, {"p": 10**30}]))
@settings(max_examples=500, deadline=None)
def test_rows_are_read_as_the_reference_reads_them(given_rows):
    signature, rows = given_rows
    expected = outcome(lambda: reference(signature, rows))
    found = outcome(lambda: fast(signature, rows))

    if isinstance(expected, str):
        assert found == expected
        return
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[0].dtype == np.float32
    assert found[0].flags.c_contiguous
    assert found[1] == expected[1]


@given(SIGNATURES.flatmap(lambda s: st.tuples(st.just(s), rows_for(s))))
@settings(max_examples=100, deadline=None)
def test_reading_changes_no_row(given_rows):
    signature, rows = given_rows
    before = [dict(row) for row in rows]

    outcome(lambda: fast(signature, rows))

    assert list(map(repr, rows)) == list(map(repr, before))


def test_a_plain_batch_never_needs_the_slow_way(monkeypatch):
    signature = Signature(
        (Column("p", "number"), Column("q", "category", True, ("a", "b"))), ("t",), "y", ("0", "1")
    )
    monkeypatch.setattr("evergreen.infer.reader.check", lambda *_: pytest.fail("the slow way"))

    encoded = Reader(signature).read(
        [{"p": 1, "q": "b", "t": "x"}, {"p": 2.5, "q": None}, {"p": 0, "q": " c"}]
    )

    assert encoded.matrix.tolist() == [[1.0, 1.0], [2.5, -1.0], [0.0, -1.0]]
    assert encoded.unseen == {"q": 1}
