"""Feature rows and their join, against the definition computed from the source rows alone."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile, parse
from evergreen.features import known
from evergreen.features.aggregate import feature_rows
from evergreen.point_in_time import as_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.view_reference import Row, features_at

HOUR = 3600 * 10**9
FOREVER = 2**62
NUMBERS = st.one_of(
    st.none(), st.sampled_from([-0.0, 0.1, 0.2, 0.3, 1e16, -1e16]), st.floats(-1e6, 1e6)
)
TEXTS = st.sampled_from(["", "gale", "calm sea", "Storm"])


def view(**changes: Any) -> ViewFile:
    """A view with every kind of feature, on two entity columns."""
    takes = ("count", "sum", "mean", "min", "max", "distinct")
    stated: dict[str, Any] = {
        "name": "weather",
        "entity": ["origin", "mast"],
        "event_time": {"column": "at"},
        "created_time": {"column": "published"},
        "columns": {"temp": "number", "note": "category"},
        "features": {
            **{take: {"of": "temp", "take": take, "over": "3h"} for take in takes},
            "of_a_day": {"of": "temp", "take": "mean", "over": "24h"},
            "notes": {"of": "note", "take": "distinct", "over": "6h"},
            "noted": {"of": "note", "take": "count", "over": "6h"},
            "temp": {"of": "temp"},
            "note": {"of": "note"},
            "before": {"of": "temp", "take": "lag"},
            "note_before": {"of": "note", "take": "lag", "back": 2},
            "wind": {"of": "note", "categories": {"storm|gale": "wind", "calm": "still"}},
            "share": {"ratio": ["sum", "of_a_day"]},
            "hour": {"part": "hour"},
        },
    }
    return parse(stated | changes)


def source_rows(latest: int = 30) -> st.SearchStrategy[Any]:
    """Source rows of a few entities, with equal times and late ones."""
    row = st.tuples(
        st.sampled_from(["EWR", "JFK"]),
        st.sampled_from(["1", "2"]),
        st.integers(0, 30),
        st.one_of(st.just(0), st.integers(0, latest)),
        NUMBERS,
        TEXTS,
    )
    return st.lists(row.map(as_row), max_size=25)


def as_row(given: tuple[Any, ...]) -> Row:
    origin, mast, event, delay, temp, note = given
    times = {TIME: event * HOUR, CREATED: (event + delay) * HOUR}
    return {"origin": origin, "mast": mast, **times, "temp": temp, "note": note}


def table(rows: list[Row]) -> pa.Table:
    """Rows as a build reads them."""
    kinds = {"temp": pa.float64(), TIME: pa.int64(), CREATED: pa.int64()}
    names = ("origin", "mast", TIME, CREATED, "temp", "note")
    return pa.table({n: pa.array([r[n] for r in rows], kinds.get(n, pa.string())) for n in names})


def assert_as_defined(view: ViewFile, rows: list[Row], built: pa.Table) -> None:
    """Each entity has at each time that matters what the definition says."""
    moments = sorted({r[name] for r in rows for name in (TIME, CREATED)})
    times = [moment + step for moment in moments for step in (-1, 0)]
    found = built.to_pylist()
    event, created = (built[name].to_numpy() for name in (TIME, CREATED))
    for entity in [{"origin": o, "mast": m} for o in ("EWR", "JFK") for m in ("1", "2")]:
        others = np.array([any(r[n] != v for n, v in entity.items()) for r in found], np.int64)
        asked = (np.zeros(len(times), np.int64), np.array(times, np.int64))
        for time, place in zip(times, as_of(*asked, others, event, created), strict=True):
            expected = features_at(view, rows, entity, time)
            assert (place < 0) == (expected is None), (entity, time)
            if expected is not None:
                assert_same(found[place], expected)


def assert_same(found: Row, expected: Row) -> None:
    for name, value in expected.items():
        if isinstance(value, float):
            assert found[name] is not None, name
            assert math.isclose(found[name], value, rel_tol=1e-12, abs_tol=1e-300), name
        else:
            assert found[name] == value, name


@settings(max_examples=60, deadline=None)
@given(source_rows())
def test_with_late_rows_every_time_sees_what_was_known_then(rows: list[Row]) -> None:
    assert_as_defined(view(), rows, feature_rows(view(), table(rows), -1, FOREVER))


@settings(max_examples=60, deadline=None)
@given(source_rows(0))
def test_without_late_rows_every_event_has_one_row(rows: list[Row]) -> None:
    built = feature_rows(view(), table(rows), -1, FOREVER)
    assert built.num_rows == len({(r["origin"], r["mast"], r[TIME]) for r in rows})
    assert_as_defined(view(), rows, built)


@settings(max_examples=60, deadline=None)
@given(source_rows(), st.sampled_from(["first", "last", "keep"]))
def test_rows_of_one_key_correct_each_other_as_the_file_says(rows: list[Row], keeps: str) -> None:
    keyed = view(clean={"key": ["origin", "mast", "at"], "repeated_keys": keeps})
    assert_as_defined(keyed, rows, feature_rows(keyed, table(rows), -1, FOREVER))


@settings(max_examples=60, deadline=None)
@given(source_rows(), st.randoms())
def test_the_order_in_which_rows_came_changes_nothing(rows: list[Row], random: Any) -> None:
    built = feature_rows(view(), table(rows), -1, FOREVER)
    random.shuffle(rows)
    assert feature_rows(view(), table(rows), -1, FOREVER).equals(built)


@settings(max_examples=60, deadline=None)
@given(source_rows())
def test_rows_looked_at_a_few_at_a_time_give_the_same(rows: list[Row]) -> None:
    built = feature_rows(view(), table(rows), -1, FOREVER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "PAIRS_AT_ONCE", 3)
        assert feature_rows(view(), table(rows), -1, FOREVER).equals(built)


@settings(max_examples=60, deadline=None)
@given(source_rows(), st.integers(0, 40))
def test_a_part_of_the_events_has_the_same_bits_from_the_rows_it_reaches(
    rows: list[Row], start: int
) -> None:
    plain = view(features={n: {"of": "temp", "take": n, "over": "3h"} for n in ("sum", "mean")})
    whole = feature_rows(plain, table(rows), start * HOUR, FOREVER)
    reached = [row for row in rows if row[TIME] > (start - 3) * HOUR]
    assert feature_rows(plain, table(reached), start * HOUR, FOREVER).equals(whole)


@settings(max_examples=60, deadline=None)
@given(source_rows())
def test_no_row_says_the_same_as_the_one_known_before_it(rows: list[Row]) -> None:
    built = feature_rows(view(), table(rows), -1, FOREVER).to_pylist()
    names = ("origin", "mast", TIME)
    for before, after in pairwise(built):
        if [before[n] for n in names] == [after[n] for n in names]:
            assert before[CREATED] < after[CREATED]
            assert [before[n] for n in view().features] != [after[n] for n in view().features]


def test_what_32_bits_do_not_hold_is_missing_as_serving_would_refuse_it() -> None:
    features = {
        "sum": {"of": "temp", "take": "sum", "over": "3h"},
        "mean": {"of": "temp", "take": "mean", "over": "3h"},
        "least": {"of": "temp", "take": "min", "over": "3h"},
        "share": {"ratio": ["mean", "least"]},
    }
    given = [("EWR", "1", hour, 0, temp, "") for hour, temp in enumerate((1e-30, 3e38, 3e38))]
    built = feature_rows(view(features=features), table([as_row(g) for g in given]), -1, FOREVER)
    assert built["sum"].to_pylist() == [1e-30, 3e38, None]
    assert built["mean"].to_pylist() == [1e-30, 1.5e38, 2e38]
    assert built["share"].to_pylist() == [1.0, None, None]
