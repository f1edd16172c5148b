"""What cleaning does to a table, and what it only tells."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from evergreen.contracts import keys
from evergreen.errors import InvalidTable
from evergreen.ingest.hashing import repeated
from evergreen.ingest.suspects import of_numbers, of_texts
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.columnar import World, csv, table

RANDOM = np.random.default_rng(0)


def ingested(frame: pd.DataFrame, **changes: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The dataset's table and its report."""
    world = World(**changes)
    output = world.ingest(csv(frame))
    report = json.loads(world.features.read(keys.dataset(output.dataset, "report.json")))
    return world.frame(output.dataset), report


def findings(report: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["kind"] == kind]


def test_stated_rules_are_applied_and_each_is_told_with_its_rows():
    frame = table().astype({"age": float})
    frame.loc[:4, "age"] = [-999, -999, 400, 17, np.nan]
    frame.loc[:2, "belt"] = ["BELTED", " Belted", "?"]
    rules = {
        "missing": ["?"],
        "columns": {"age": {"missing": [-999], "at_most": 120}, "belt": {"case": "lower"}},
    }
    found, report = ingested(frame, clean=rules)
    assert found["age"].isna().tolist()[:5] == [True, True, True, False, True]
    assert found["belt"].tolist()[:3] == ["belted", "belted", ""]
    told = {(f["kind"], f["column"]): f["rows"] for f in report["findings"] if f["done"]}
    assert told[("sentinel", "age")] == 2
    assert told[("range", "age")] == 1
    assert told[("spelling", "belt")] == 2
    assert told[("sentinel", "belt")] == 1
    assert told[("spaces", "belt")] == 1


def test_what_no_rule_states_is_told_with_the_rule_and_left_as_it_is():
    frame = table().astype({"age": float})
    frame.loc[:2, "age"] = -999
    frame.loc[:2, "belt"] = ["?", "Belted", "unknown"]
    found, report = ingested(frame)
    assert found["age"].tolist()[:3] == [-999] * 3
    assert found["belt"].tolist()[:3] == ["?", "Belted", "unknown"]
    advice = {(f["kind"], f["column"]): f["advice"] for f in report["findings"]}
    assert advice[("sentinel", "age")] == "clean: {columns: {age: {missing: [-999]}}}"
    assert advice[("sentinel", "belt")] == ('clean: {columns: {belt: {missing: ["?", "unknown"]}}}')
    assert advice[("case", "belt")] == "clean: {columns: {belt: {case: lower}}}"


@pytest.mark.parametrize("keep", ["first", "last"])
def test_of_rows_with_one_key_the_stated_one_stays(keep):
    frame = pd.concat([table(), table().iloc[:3].assign(age=[1, 2, 3])])
    found, report = ingested(frame, clean={"key": ["id"], "repeated_keys": keep})
    assert report["dropped"] == {"another row has the same key": 3}
    assert (sorted(found["age"])[:3] == [1, 2, 3]) == (keep == "last")
    assert findings(report, "repeated keys")[0]["rows"] == 3


def test_repeated_keys_stop_the_run_or_are_only_told():
    frame = pd.concat([table(), table().iloc[:3].assign(age=[1, 2, 3])])
    with pytest.raises(InvalidTable, match=r"3 rows repeat the key of another, such as id 0"):
        ingested(frame, clean={"key": ["id"], "repeated_keys": "stop"})
    found, report = ingested(frame, clean={"key": ["id"], "repeated_keys": "keep"})
    assert len(found) == 603
    assert findings(report, "repeated keys")[0]["advice"] == "clean: {repeated_keys: last}"


def test_rows_without_a_whole_key_never_repeat_one():
    frame = table().astype({"id": object})
    frame.loc[:9, "id"] = None
    found, _ = ingested(frame, clean={"key": ["id"]})
    assert len(found) == 600


def test_a_key_that_is_no_column_is_named():
    with pytest.raises(InvalidTable, match=r"clean\.key names 'nobody'"):
        ingested(table(), clean={"key": ["nobody"]})


def test_repeated_rows_stay_where_the_file_says_so():
    frame = pd.concat([table(), table().iloc[:7]])
    found, report = ingested(frame, clean={"repeated_rows": "keep"})
    assert (len(found), report["dropped"]) == (607, {})


def test_personal_columns_leave_nothing_behind():
    frame = table().astype({"age": object}).assign(name=[f"Person {i}" for i in range(600)])
    frame.loc[5, "age"] = "old"
    world = World(personal={"name": "drop", "car": "hash"})
    output = world.ingest(csv(frame))
    stored = b"".join(
        body for key, body in world.features.objects.items() if key.startswith("datasets/")
    )
    aside = pd.read_parquet(
        io.BytesIO(world.features.read(keys.dataset(output.dataset, "quarantine.parquet")))
    )
    assert b"Person 1" not in stored
    assert "Person" not in "".join(aside["raw"])
    assert "car" not in json.loads(aside["raw"][0])
    hashed = world.frame(output.dataset)["car"]
    assert hashed.str.fullmatch("hmac:[0-9a-f]{32}").all()
    assert hashed.nunique() == frame.drop(index=5)["car"].nunique()


@pytest.mark.parametrize(
    ("values", "suspect"),
    [
        ([*RANDOM.normal(15, 8, 500), *[-999] * 3], "-999 (3)"),
        ([*RANDOM.normal(15, 8, 500), -9999], "-9999 (1)"),
        ([*RANDOM.normal(15, 8, 500), *[9999] * 2], "9999 (2)"),
        ([*RANDOM.normal(15, 8, 500), *[-273.15] * 4], "-273.15 (4)"),
        ([*RANDOM.normal(285, 8, 500), *[0] * 4], "0 (4)"),
        ([*RANDOM.normal(15, 8, 500), *[32767] * 5], "32767 (5)"),
    ],
)
def test_a_number_that_stands_for_none_is_suspected(values, suspect):
    found = list(of_numbers("x", np.array(values, np.float64)))
    assert [finding.examples for finding in found] == [(suspect,)]


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.normal(0, 1, 500),
        RANDOM.exponential(1000, 500),
        RANDOM.lognormal(0, 2, 2000),
        RANDOM.integers(0, 2, 500),
        RANDOM.poisson(0.3, 500),
        np.where(RANDOM.random(500) < 0.6, 0, RANDOM.exponential(50, 500)),
        RANDOM.integers(-1000, 1000, 500),
        RANDOM.choice([1, 2, 999], 500),
        np.arange(9000, 10500),
        np.zeros(10),
        np.zeros(0),
    ],
)
def test_ordinary_numbers_raise_no_suspicion(values):
    assert not list(of_numbers("x", np.asarray(values, np.float64)))


def test_words_that_are_values_raise_no_suspicion():
    assert not list(of_texts("x", {"none": 30, "belted": 20, "+": 4, "-": 5}))
    assert not list(of_texts("x", {f"id-{i}": 1 for i in range(90)} | {"ID-1": 1}))


def test_numbers_with_a_decimal_comma_are_told():
    found = list(of_texts("x", {"1,5": 10, "1.200,25": 3}))
    assert [finding.kind for finding in found] == ["spelling"]


pairs = st.tuples(st.integers(0, 3), st.integers(0, 3))


@given(st.lists(pairs, max_size=30))
def test_repeated_digests_are_found_like_repeated_rows(rows):
    first, second = (np.array([row[i] for row in rows], np.uint64) for i in (0, 1))
    expected = [row in rows[:place] for place, row in enumerate(rows)]
    assert repeated((first, second)).tolist() == expected
