"""What a team relies on when it states what a table must look like, and between versions."""

import numpy as np
import pandas as pd
import pytest
from evergreen.contracts.quality_report import QualityReport
from evergreen.contracts.table import ColumnExpectation, Expect, Time
from evergreen.errors import ExpectationBroken
from evergreen.ingest.report import Goal, enforce, report, summary

from tests.fakes.cleaned import cleaned

AT = "2024-03-01T00:00:00.000Z"


def table(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), "h"),
            "age": random.integers(16, 90, rows).astype(float),
            "belt": random.choice(["on", "off"], rows),
            "y": random.choice(["yes", "no"], rows),
        }
    )


def told(
    expect: Expect, frame: pd.DataFrame | None = None, previous: QualityReport | None = None
) -> QualityReport:
    given = cleaned(
        table() if frame is None else frame,
        target="y", time="when", at=Time("when"), expect=expect,
    )  # fmt: skip
    return report(given, "d2", AT, previous, Goal("binary", "yes"))


def only(found: QualityReport, name: str):
    (result,) = [each for each in found.expectations if each.expectation == name]
    return result


def column(**stated) -> Expect:
    return Expect(columns={"age": ColumnExpectation(**stated)})


def odd() -> pd.DataFrame:
    frame = table()
    frame.loc[[4, 8, 15, 16], "age"] = [-3, 400, -1, np.nan]
    return frame


@pytest.mark.parametrize(
    ("expect", "name", "sentence"),
    [
        (
            column(at_least=0),
            "at_least",
            "age is expected to be at least 0, but 2 of 600 rows are not: row 5 has -3, row 16 has "
            "-1.",
        ),
        (column(at_most=120), "at_most", "row 9 has 400."),
        (column(missing_at_most=0.001), "missing_at_most", "1 of 600 rows (0.2 %); 0.1 % at most"),
        (column(unique=True), "unique", "rows repeat an earlier value: row "),
        (
            Expect(columns={"belt": ColumnExpectation(allowed=("on",))}),
            "allowed",
            "is expected to be one of on, but",
        ),
        (Expect(rows_at_least=1000), "rows_at_least", "600 rows; at least 1,000 are expected"),
        (Expect(newest_within="10d"), "newest_within", "of 2024-01-25T23:00:00, 35.0 days before"),
        (
            Expect(columns={"gone": ColumnExpectation()}),
            "column",
            "'gone' is expected, but the sources do not have it",
        ),
    ],
)
def test_a_breach_stops_with_its_rows_and_numbers(expect, name, sentence):
    found = told(expect, odd())
    assert not only(found, name).passed
    assert sentence in only(found, name).sentence
    with pytest.raises(ExpectationBroken) as refused:
        enforce(found)
    assert sentence in refused.value.sentence
    assert "datasets/d2/report.html" in refused.value.sentence


@pytest.mark.parametrize(
    "expect",
    [
        column(at_least=16, at_most=90, missing_at_most=0.0),
        column(allowed=tuple(range(16, 90))),
        Expect(columns={"belt": ColumnExpectation(allowed=("on", "off"))}),
        Expect(columns={"when": ColumnExpectation(unique=True)}),
        Expect(rows_at_least=600, newest_within="40d"),
    ],
)
def test_what_is_as_expected_passes(expect):
    found = told(expect)
    assert all(each.passed for each in found.expectations)
    enforce(found)


def test_a_warning_is_told_and_stops_nothing():
    found = told(Expect(columns={"age": ColumnExpectation(at_most=120, on_breach="warn")}), odd())
    assert not only(found, "at_most").passed
    assert "1 expectation broken" in summary(found)
    enforce(found)


def test_the_number_of_rows_is_held_against_the_last_version():
    last = told(Expect(), table(1000))
    expect = Expect(rows_change_at_most=0.1)
    assert only(told(expect, table(950), last), "rows_change_at_most").passed
    result = only(told(expect, table(800), last), "rows_change_at_most")
    assert not result.passed
    assert "800 rows, -20.0 % against the 1,000 of the last version d2" in result.sentence
    assert not [e for e in told(expect).expectations if e.expectation == "rows_change_at_most"]


def test_a_changed_schema_is_told_as_the_file_says():
    last = told(Expect(), table().assign(old=1.0))
    now = table().assign(new=1.0, belt=np.arange(600.0))
    result = only(told(Expect(), now, last), "schema_change")
    assert (result.passed, result.severity) == (False, "warn")
    assert "gone: old; new: new; of another type: belt (number, was category)" in result.sentence
    assert (
        only(told(Expect(schema_change="stop"), table(), last), "schema_change").severity == "stop"
    )
    allowed = told(Expect(schema_change="allow"), now, last)
    assert not [e for e in allowed.expectations if e.expectation == "schema_change"]


def test_a_feature_that_may_know_the_outcome_stops_where_the_file_says_so():
    frame = table().assign(paid=lambda f: np.where(f["y"] == "yes", 7.0, 3.0))
    assert only(told(Expect(), frame), "leakage").severity == "warn"
    with pytest.raises(ExpectationBroken, match="paid: learned from, and may know the outcome"):
        enforce(told(Expect(leakage="stop"), frame))
    assert all(
        e.expectation != "leakage" for e in told(Expect(leakage="allow"), frame).expectations
    )


def test_a_shifted_column_is_told_and_one_that_only_varies_is_not():
    last = told(Expect(), table())
    older = table(seed=1)
    older["age"] = older["age"] + 30
    changes = {change.column: change for change in told(Expect(), older, last).changes}
    assert changes["age"].changed
    assert changes["age"].psi > 0.2
    assert "mean " in changes["age"].sentence
    assert not changes["belt"].changed
    assert "" in changes


def test_a_category_never_seen_before_and_lost_values_count_as_change():
    last = told(Expect(), table())
    frame = table(seed=1)
    frame.loc[:200, "belt"] = "loose"
    frame.loc[:200, "age"] = np.nan
    changes = {change.column: change for change in told(Expect(), frame, last).changes}
    assert changes["belt"].changed
    assert changes["age"].changed
    assert "201 missing, were 0" in changes["age"].sentence


def test_the_first_version_is_held_against_nothing():
    found = told(Expect())
    assert (found.previous, found.changes) == ("", ())


def test_the_summary_is_one_line():
    assert summary(told(Expect())) == (
        f"600 rows, 4 columns, 0 dropped; yes {100 * (table()['y'] == 'yes').mean():.1f} %"
    )


def test_the_summary_tells_of_all_classes_though_the_commonest_alone_are_counted():
    frame = cleaned(table().assign(y=[f"k{n % 40}" for n in range(600)]), target="y")
    found = report(frame, "d1", AT, None, Goal("multiclass"))
    assert len(found.classes) == 11
    assert summary(found).endswith("; y of 40 classes")
