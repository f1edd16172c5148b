"""Which equal rows are copies of each other, and which are alike by chance."""

import numpy as np
from evergreen.contracts.columns import categories
from evergreen.frame import Frame
from evergreen.hashes import bits, mix, of_rows
from evergreen.repeats import told_apart
from evergreen.tune.units import learned_apart


def hashed(rows: Frame):
    columns = (mix(bits(np.asarray(v, np.float64))) for v in rows.columns.values())
    return of_rows(rows.target, rows.time, columns)


def frame(columns, rows: int = 900) -> Frame:
    target = np.random.default_rng(1).integers(0, 2, rows).astype(np.int8)
    return Frame(columns, target, np.zeros(rows, np.int64))


def few(rows: int = 900) -> Frame:
    """Equal rows come of five values and three."""
    draw = np.random.default_rng(0)
    return frame({"a": draw.integers(0, 5, rows) * 1.0, "b": draw.integers(0, 3, rows) * 1.0})


def test_rows_that_are_equal_by_chance_are_each_their_own():
    equal = hashed(few())
    assert len(np.unique(equal)) == 30
    assert len(np.unique(told_apart(few(), equal))) == 900


def test_copies_of_rows_of_many_values_stay_together():
    numbers = np.repeat(np.random.default_rng(0).normal(size=(4, 450)), 2, axis=1)
    rows = frame(dict(zip("abcd", numbers, strict=True)))
    rows = Frame(rows.columns, np.repeat(rows.target[::2], 2), rows.time)
    equal = hashed(rows)
    assert told_apart(rows, equal) is equal


def test_the_numbers_do_not_depend_on_the_order_of_the_rows():
    order = np.random.default_rng(2).permutation(900)
    rows, other = few(), few().take(order)
    found, again = (np.sort(told_apart(each, hashed(each))) for each in (rows, other))
    assert np.array_equal(found, again)


def test_a_fold_may_leave_out_one_of_several_people_who_are_alike():
    draw = np.random.default_rng(0)
    texts = {name: categories(draw.choice(["x", "y", "z"], 300)) for name in ("sex", "class")}
    assert len(np.unique(learned_apart(frame(texts, 300), None))) == 300
