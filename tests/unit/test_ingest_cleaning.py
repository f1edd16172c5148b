"""What cleaning does to a table, and what it only tells."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from evergreen.contracts import keys
from evergreen.errors import InvalidTable
from evergreen.ingest import hashing
from evergreen.ingest.columns import Column
from evergreen.ingest.hashing import repeated
from evergreen.ingest.suspect_numbers import of_numbers
from evergreen.ingest.suspects import of_texts
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


def passengers() -> pd.DataFrame:
    """As many as were on the Titanic, of whom only a class, a sex, an age and a fate are known."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"age": random.integers(20, 40, 600).astype(float)})
    frame.loc[::5, "age"] = np.nan
    frame["car"], frame["sex"] = random.choice(["1st", "3rd"], (2, 600))
    return frame.assign(dead=random.choice(["yes", "no"], 600))


def of_passengers(frame: pd.DataFrame, **changes: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    given = {"age": "number", "car": "category"}
    return ingested(frame, features=given, group=None, time=None, **changes)


def test_rows_that_are_equal_by_chance_are_all_kept_and_told():
    found, report = of_passengers(passengers())
    assert len(found) == 600
    told = findings(report, "repeated rows")[0]
    assert told["rows"] == passengers().duplicated().sum() > 300
    assert "equal rows by chance" in told["done"]


def test_rows_that_are_equal_by_chance_are_dropped_where_the_file_says_so():
    found, _ = of_passengers(passengers(), clean={"repeated_rows": "drop"})
    assert len(found) == len(passengers().drop_duplicates())


def test_a_row_of_many_values_that_comes_twice_is_a_copy():
    frame = pd.concat([table(), table().iloc[:7]])
    found, report = ingested(frame)
    assert (len(found), sum(report["dropped"].values())) == (600, 7)
    assert findings(report, "repeated rows")[0]["done"] == "only the first of them was kept"


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
        ([*RANDOM.gamma(9, 1, 500).round(2), *[-1] * 5], "-1 (5)"),
        ([*RANDOM.normal(120, 30, 500).clip(45, 200), *[0] * 5], "0 (5)"),
        (RANDOM.choice([0, 1, 2, 9], 500), None),
        (RANDOM.choice([1, 2, 999], 500), None),
    ],
)
def test_a_number_that_stands_for_none_is_suspected(values, suspect):
    found = list(of_numbers("x", np.array(values, np.float64)))
    last = f"{max(values)} ({list(values).count(max(values))})"
    assert [finding.examples for finding in found] == [(suspect or last,)]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (RANDOM.choice([1, 2, 3, 9, 99], 500, p=[0.4, 0.3, 0.2, 0.05, 0.05]), [9, 99]),
        ([*RANDOM.integers(16, 95, 500), 777, 777, 888, 888, 999], [777, 888, 999]),
        ([*RANDOM.integers(0, 21, 500), *[98] * 3, *[99] * 9], [98, 99]),
    ],
)
def test_codes_that_stand_apart_are_suspected_together(values, codes):
    advice = [finding.advice for finding in of_numbers("x", np.array(values, np.float64))]
    assert advice == [f"clean: {{columns: {{x: {{missing: [{code}]}}}}}}" for code in codes]


@pytest.mark.parametrize(
    ("values", "told", "low", "high"),
    [
        ([*RANDOM.exponential(5, 5000), 9831.0], "at_most", 100, 5000),
        ([*np.where(RANDOM.random(9000) < 0.9, 0, RANDOM.exponential(5, 9000)), 9e4], "at_most",
         100, 5e4),
        ([*RANDOM.normal(20, 8, 500), 1000.0, 2000.0], "at_most", 60, 900),
        ([*RANDOM.normal(20, 8, 500), -5e5], "at_least", -2e5, -50),
    ],
)  # fmt: skip
def test_a_value_far_beyond_all_others_is_suspected_with_a_bound(values, told, low, high):
    (found,) = of_numbers("x", np.array(values))
    rule = yaml.safe_load(found.advice)["clean"]["columns"]["x"]
    assert (found.kind, list(rule)) == ("range", [told])
    assert low < rule[told] < high


@pytest.mark.parametrize("seed", range(5))
def test_heavy_tails_are_silent_about_themselves(seed):
    random = np.random.default_rng(seed)
    tails = [random.pareto(0.5, 2000), random.standard_cauchy(2000), random.lognormal(0, 3, 2000)]
    assert not [finding for values in tails for finding in of_numbers("x", values)]


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
        RANDOM.choice([1, 2, 4, 8], 500),
        [*RANDOM.poisson(0.5, 500), 9],
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


@pytest.mark.parametrize(
    ("texts", "advice"),
    [
        (["1,5", "1.200,25", "12"], "with a decimal point"),
        (["0,844", "-0,050", "?"], "with a decimal point"),
        (["1,500", "12,000.5", "999"], "without commas between"),
        (["$1,500", "$12"], "without their unit"),
        (["12.5%", "3 %"], "without their unit"),
    ],
)
def test_numbers_that_only_people_read_are_told(texts, advice):
    found = [f for f in of_texts("x", dict.fromkeys(texts, 10)) if f.kind == "spelling"]
    assert [advice in finding.advice for finding in found] == [True]


def test_text_with_commas_and_plain_numbers_are_no_such_numbers():
    for texts in (["a,b", "c"], ["1.5", "2"], ["10.0.0.1", "10.0.0.2"], ["1,2,3", "4,5,6"]):
        assert not list(of_texts("x", dict.fromkeys(texts, 10)))


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), max_size=30), st.integers(0, 5))
def test_repeated_rows_are_found_like_repeated_tuples(rows, later):
    expected = [row in rows[:place] for place, row in enumerate(rows)]
    columns = []
    for values in zip(*rows, strict=True):
        column = Column("category" if columns else "number", frozenset())
        column.add(pa.array([*map(str, values), *["9"] * later]))
        columns.append(column.gathered())
    assert repeated(columns, len(rows)).tolist() == expected


def test_zero_and_none_and_each_word_are_different_numbers():
    column = Column("number", frozenset())
    column.add(pa.array(["0", "", "?", "err", "-0.0", "NA", "?"]))
    assert repeated([column.gathered()], 7).tolist() == [False] * 4 + [True] * 3


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_digests_of_two_lanes_are_alike_only_together(rows):
    first, second = (np.array([row[i] for row in rows], np.uint64) for i in (0, 1))
    expected = [row in rows[:place] for place, row in enumerate(rows)]
    assert hashing.again(first, second).tolist() == expected
