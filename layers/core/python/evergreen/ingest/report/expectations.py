"""The expectations that a table's file states, held against what was found."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from evergreen.canonical import category_text
from evergreen.contracts.quality_report import (
    ColumnReport,
    Coverage,
    ExpectationResult,
    QualityReport,
    Suspicion,
)
from evergreen.contracts.table import ColumnExpectation, Expect, Severity, seconds
from evergreen.distribution import readable
from evergreen.ingest.report.changes import schema_change
from evergreen.ingest.report.values import Mask, Values

_SHOWN = 3


class Found(Struct, frozen=True, eq=False):
    """What expectations are held against; ``at`` is the moment of the ingest."""

    rows: int
    columns: Sequence[ColumnReport]
    values: Sequence[Values]
    coverage: Coverage | None
    suspicions: Sequence[Suspicion]
    previous: QualityReport | None
    at: str


def results(expect: Expect, found: Found) -> tuple[ExpectationResult, ...]:
    """Every expectation that is stated, and the two that hold for all tables."""
    by_name = {values.name: values for values in found.values}
    told = [*_of_rows(expect, found), *_of_schema(expect, found), *_of_leakage(expect, found)]
    for name, asked in expect.columns.items():
        if name in by_name:
            told += _of_column(by_name[name], asked)
        else:
            sentence = f"The column '{name}' is expected, but the sources do not have it."
            told.append(ExpectationResult("column", name, False, asked.on_breach, sentence))
    return tuple(told)


def _of_rows(expect: Expect, found: Found) -> Iterator[ExpectationResult]:
    least, change, within = expect.rows_at_least, expect.rows_change_at_most, expect.newest_within
    if least is not None:
        sentence = f"There are {found.rows:,} rows; at least {least:,} are expected."
        yield _told("rows_at_least", found.rows >= least, expect.on_breach, sentence)
    if change is not None and found.previous and found.previous.rows:
        before = found.previous.rows
        moved = (found.rows - before) / before
        sentence = (
            f"There are {found.rows:,} rows, {_percent(moved, '+')} against the {before:,} of the "
            f"last version {found.previous.dataset}; a change of {_percent(change)} at most is "
            "expected."
        )
        yield _told("rows_change_at_most", abs(moved) <= change, expect.on_breach, sentence)
    if within is not None:
        yield _newest(within, found, expect.on_breach)


def _newest(within: str, found: Found, severity: Severity) -> ExpectationResult:
    if not found.coverage:
        sentence = f"The newest row is expected within {within}, but the rows have no time."
        return _told("newest_within", False, severity, sentence)
    newest = datetime.fromisoformat(found.coverage.newest).replace(tzinfo=UTC)
    age = (datetime.fromisoformat(found.at) - newest).total_seconds()
    sentence = (
        f"The newest row is of {found.coverage.newest}, {_age(age)} before {found.at[:16]}; within "
        f"{within} is expected."
    )
    return _told("newest_within", age <= seconds(within), severity, sentence)


def _of_schema(expect: Expect, found: Found) -> Iterator[ExpectationResult]:
    if expect.schema_change == "allow" or not found.previous:
        return
    change = schema_change(found.previous, found.columns).sentence
    last = f"the last version {found.previous.dataset}"
    sentence = (
        f"The sources' columns differ from those of {last}: {change}."
        if change
        else f"The sources' columns are those of {last}."
    )
    yield _told("schema_change", not change, expect.schema_change, sentence)


def _of_leakage(expect: Expect, found: Found) -> Iterator[ExpectationResult]:
    if expect.leakage == "allow":
        return
    used = [each for each in found.suspicions if each.used]
    names = list(dict.fromkeys(each.column for each in used))
    sentence = (
        f"{', '.join(names)}: learned from, and may know the outcome. {used[0].sentence}"
        if used
        else "No feature is suspected to know the outcome."
    )
    yield _told("leakage", not used, expect.leakage, sentence)


def _of_column(column: Values, asked: ColumnExpectation) -> Iterator[ExpectationResult]:
    checks = (
        ("at_least", asked.at_least is not None, _at_least),
        ("at_most", asked.at_most is not None, _at_most),
        ("allowed", bool(asked.allowed), _allowed),
        ("missing_at_most", asked.missing_at_most is not None, _missing),
        ("unique", asked.unique, _unique),
    )
    for name, stated, check in checks:
        if stated:
            passed, sentence = check(column, asked)
            yield ExpectationResult(name, column.name, passed, asked.on_breach, sentence)


def _at_least(column: Values, asked: ColumnExpectation) -> tuple[bool, str]:
    least = asked.at_least or 0.0
    return _limit(column, column.numbers < least, f"at least {readable(least)}")


def _at_most(column: Values, asked: ColumnExpectation) -> tuple[bool, str]:
    most = asked.at_most or 0.0
    return _limit(column, column.numbers > most, f"at most {readable(most)}")


def _limit(column: Values, wrong: Mask, words: str) -> tuple[bool, str]:
    if column.type != "number":
        return False, f"{column.name} is expected to be {words}, but it holds no numbers."
    return _rows(column, wrong, f"is expected to be {words}")


def _allowed(column: Values, asked: ColumnExpectation) -> tuple[bool, str]:
    texts = sorted({category_text(value) for value in asked.allowed})
    if column.type == "category":
        known = np.array([label in set(texts) for label in column.labels] + [True])
        wrong = ~known[column.codes]
    else:
        numbers = [float(v) for v in asked.allowed if isinstance(v, int | float)]
        wrong = ~np.isin(column.numbers, numbers) & ~column.missing
    shown = ", ".join(texts[:6]) + (", …" if len(texts) > 6 else "")
    return _rows(column, wrong, f"is expected to be one of {shown}")


def _missing(column: Values, asked: ColumnExpectation) -> tuple[bool, str]:
    rows, missing = len(column), int(column.missing.sum())
    share = missing / rows if rows else 0.0
    most = asked.missing_at_most or 0.0
    sentence = (
        f"{column.name} is missing in {missing:,} of {rows:,} rows ({_percent(share)}); "
        f"{_percent(most)} at most is expected."
    )
    return share <= most, sentence


def _unique(column: Values, _asked: ColumnExpectation) -> tuple[bool, str]:
    values = column.codes if column.type == "category" else column.numbers
    _, first, place = np.unique(values, return_index=True, return_inverse=True)
    again = (first[place] != np.arange(len(values))) & ~column.missing
    return _rows(column, again, "is expected to hold each value once", "repeat an earlier value")


def _rows(column: Values, wrong: Mask, expected: str, are: str = "are not") -> tuple[bool, str]:
    count = int(wrong.sum())
    if not count:
        return True, f"{column.name} {expected}, and is in all {len(column):,} rows."
    shown = [f"row {i + 1:,} has {_value(column, i)}" for i in np.flatnonzero(wrong)[:_SHOWN]]
    more = f" and {count - _SHOWN:,} more" if count > _SHOWN else ""
    sentence = (
        f"{column.name} {expected}, but {count:,} of {len(column):,} rows {are}: "
        f"{', '.join(shown)}{more}."
    )
    return False, sentence


def _value(column: Values, row: int) -> str:
    if column.type == "category":
        return f"'{column.labels[column.codes[row]]}'"
    return readable(float(column.numbers[row]))


def _told(name: str, passed: bool, severity: Severity, sentence: str) -> ExpectationResult:
    return ExpectationResult(name, "", passed, severity, sentence)


def _percent(share: float, sign: str = "") -> str:
    return f"{100 * share:{sign}.1f} %"


def _age(age: float) -> str:
    days = age / 86_400
    return f"{days:,.1f} days" if abs(days) >= 2 else f"{age / 3600:,.1f} hours"
