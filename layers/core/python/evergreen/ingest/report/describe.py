"""A cleaned table's quality report, made of its rows alone."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from evergreen.contracts.dataset import TIME
from evergreen.contracts.quality_report import ColumnReport, Finding, QualityReport, Suspicion
from evergreen.contracts.table import Table
from evergreen.ingest.cleaned import Cleaned
from evergreen.ingest.report import columns, expectations, leakage
from evergreen.ingest.report.association import strongest
from evergreen.ingest.report.changes import changes
from evergreen.ingest.report.coverage import coverage
from evergreen.ingest.report.outcome import Goal, Outcome, outcome
from evergreen.ingest.report.values import Values, Whole, of_numbers, of_table

_ASSOCIATIONS = 20
_QUARANTINED_SHOWN = 10
_NEARLY_EMPTY = 0.95
_AT_ONCE = 2


def report(
    cleaned: Cleaned, dataset: str, at: str, previous: QualityReport | None, goal: Goal | None
) -> QualityReport:
    """The quality report of what cleaning left.

    Args:
        cleaned: the rows and the account of the others.
        dataset: the version's id.
        at: the moment of the ingest, ISO 8601 in UTC.
        previous: the report of the version before, if there was one.
        goal: what the model is to predict; None for a feature view.
    """
    table = cleaned.table
    times = _times(cleaned)
    values = [*_values(cleaned, times)]
    target = _target(table, values, goal)
    described = _columns(table, values, target)
    covered = coverage(times, _key(table, values), target) if times is not None else None
    suspected = _suspicions(cleaned, values, target) if target else ()
    found = expectations.Found(
        cleaned.rows.num_rows,
        described,
        _as_stated(cleaned, values),
        covered,
        suspected,
        previous,
        at,
    )
    return QualityReport(
        dataset=dataset,
        model=table.name if table.kind == "model" else f"view/{table.name}",
        created_at=at,
        sources=cleaned.sources,
        labelled=cleaned.labelled,
        rows_read=cleaned.rows_read,
        rows=cleaned.rows.num_rows,
        dropped=cleaned.dropped,
        quarantine=cleaned.quarantine[:_QUARANTINED_SHOWN],
        problem=goal.problem if goal else None,
        target_column=table.target,
        positive=goal.positive if goal else "",
        target=_mean(target),
        classes=_classes(target),
        columns=described,
        left_out=_left_out(table, cleaned),
        personal=cleaned.personal,
        findings=(*cleaned.findings, *_more_findings(cleaned, described)),
        expectations=expectations.results(table.expect, found),
        suspicions=suspected,
        associations=strongest([v for v in values if v.name != table.target], _ASSOCIATIONS),
        coverage=covered,
        previous=previous.dataset if previous else "",
        changes=changes(previous, cleaned.rows.num_rows, described, values) if previous else (),
    )


def _values(cleaned: Cleaned, times: Whole | None) -> Iterator[Values]:
    """The columns, the rows' own time as the moments that it stands for."""
    stated = cleaned.table.time.column if cleaned.table.time else ""
    for name, kind in cleaned.types.items():
        if name == stated and times is not None:
            yield of_numbers(name, times.astype(np.float64), "time")
        else:
            yield of_table(cleaned.rows, name, kind)


def _as_stated(cleaned: Cleaned, values: Sequence[Values]) -> list[Values]:
    """The columns that something is expected of, a time as its text."""
    kinds = cleaned.types
    return [
        each if each.type == kinds[each.name] else of_table(cleaned.rows, each.name, "category")
        for each in values
        if each.name in cleaned.table.expect.columns
    ]


def _target(table: Table, values: Sequence[Values], goal: Goal | None) -> Outcome | None:
    if not goal or not table.target:
        return None
    named = {each.name: each for each in values}
    return outcome(named[table.target], goal)


def _columns(
    table: Table, values: Sequence[Values], target: Outcome | None
) -> tuple[ColumnReport, ...]:
    def describe(each: Values) -> ColumnReport:
        against = None if each.name == table.target else target
        return columns.describe(each, table.uses.get(each.name, ""), against)

    with ThreadPoolExecutor(_AT_ONCE) as pool:  # numpy sorts outside the interpreter's lock
        return tuple(pool.map(describe, values))


def _times(cleaned: Cleaned) -> Whole | None:
    if not cleaned.table.time:
        return None
    times = cleaned.rows.column(TIME).drop_null().to_numpy()
    return times.astype(np.int64) if len(times) == cleaned.rows.num_rows else None


def _key(table: Table, values: Sequence[Values]) -> list[Values]:
    """The columns that name a series: of the key, else what the table says is one."""
    time = table.time.column if table.time else ""
    stated = set(table.clean.key) - {time}
    named = {c for c, use in table.uses.items() if {"series", "entity"} & set(use.split(", "))}
    return [each for each in values if each.name in (stated or named)]


def _suspicions(
    cleaned: Cleaned, values: Sequence[Values], target: Outcome
) -> tuple[Suspicion, ...]:
    table = cleaned.table
    own = {table.target, table.time.column if table.time else ""}
    others = [each for each in values if each.name not in own]
    strengths, looked_at = leakage.strengths(others, target)
    lacking = {each.name: of_table(cleaned.without_target, each.name, each.type) for each in others}
    times = _times(cleaned)
    used = frozenset(name for name, use in table.uses.items() if "feature" in use.split(", "))
    evidence = leakage.Evidence(
        others, lacking, target, strengths, looked_at, times,
        table.time.column if table.time else "", used,
    )  # fmt: skip
    return leakage.suspicions(evidence)


def _mean(target: Outcome | None) -> float | None:
    if target is None or target.single is None or not len(target.single):
        return None
    return float(np.nanmean(target.single))


def _classes(target: Outcome | None) -> dict[str, int]:
    if target is None or target.kind == "number":
        return {}
    counts = np.bincount(target.classes, minlength=len(target.labels)).tolist()
    return dict(zip(target.labels, counts, strict=True))


def _left_out(table: Table, cleaned: Cleaned) -> dict[str, str]:
    names = [*cleaned.types, *(n for n in table.exclude if n not in cleaned.types)]
    return {
        name: table.exclude.get(name, f"not named in the {table.kind} file")
        for name in names
        if name not in table.columns
    }


def _more_findings(cleaned: Cleaned, described: Sequence[ColumnReport]) -> Iterator[Finding]:
    """What only the finished columns show."""
    rows = cleaned.rows.num_rows
    said = {(finding.kind, finding.column) for finding in cleaned.findings}
    for column in described:
        if rows and column.missing >= _NEARLY_EMPTY * rows:
            kept = tuple(each.label for each in column.bins if each.label != "missing")[:3]
            finding = Finding("nearly empty", column.name, column.missing, kept)
        elif rows and column.distinct == 1:
            finding = Finding("constant", column.name, rows, (column.bins[0].label,))
        else:
            continue
        if (finding.kind, finding.column) not in said:
            yield finding
