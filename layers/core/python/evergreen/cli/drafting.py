"""A first model file, drafted from a table: its types inferred, its traps named.

The table is read and reported on as ingest would; what the report finds goes into the file, where
a person reads it and then it holds.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow.compute as pc
import yaml

from evergreen.canonical import category_text
from evergreen.cli.draft_time import row_time
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.quality_report import ColumnReport, Finding, QualityReport
from evergreen.contracts.table import Clean, Table
from evergreen.errors import InvalidTable
from evergreen.features.target import CLASSES_AT_MOST
from evergreen.ingest.assemble import assemble
from evergreen.ingest.cleaned import Cleaned
from evergreen.ingest.gather import gather
from evergreen.ingest.report import goal_of, report
from evergreen.ingest.sources import files
from evergreen.ports import ObjectStore

NUMBERS_AT_MOST = 20
"""Distinct numbers of a target up to which they are classes."""

_NEARLY_EMPTY = 0.95
_NAMES = 0.5
"""Distinct values of a category, as a share of its rows, from which they name the rows."""
_LONGEST = 128
_AFFIRMED = frozenset({"yes", "Yes", "YES", "y", "Y", "true", "1"})
"""Words for the class that is asked for, where a target has one of them."""

Document = dict[str, Any]


def draft(
    store: ObjectStore, key: str, name: str, target: str, positive: str, at: str
) -> tuple[Document, QualityReport]:
    """A model file, decoded, for the table at ``key``, and the report that it was drawn from.

    Args:
        positive: the target's value to predict; "" takes the one that says yes, else the rarer.
        at: the moment, ISO 8601 in UTC.

    Raises:
        InvalidTable: the table cannot be read, lacks the target, or leaves nothing to learn from.
    """
    seen = _cleaned(store, key, Table(kind="model", name=name, columns={}, uses={}), None)
    if target not in seen.types:
        raise InvalidTable(
            f"The table has no column '{target}'; it has {', '.join(list(seen.types)[:12])}."
        )
    columns = report(seen, "draft", at, None, None).columns
    document = _problem(name, target, positive, seen)
    time = row_time(seen, target)
    if time:
        stated = {"column": time.column, "unit": time.unit, "format": time.format}
        document["time"] = {key: value for key, value in stated.items() if value}
    features, exclude = _sorted_out(columns, seen, document)
    document["features"] = features
    words = _rules(f for f in seen.findings if f.kind == "missing word")
    clean = _of(words, {*features, target}) | {"quarantine_at_most": 1}
    model = _parsed(document | {"clean": clean}, exclude)
    cleaned = _cleaned(store, key, model.table, model)
    found = report(cleaned, "draft", at, None, goal_of(model))
    for suspicion in found.suspicions:
        if features.pop(suspicion.column, None) or suspicion.column in exclude:
            exclude[suspicion.column] = f"may know the outcome: {suspicion.evidence}"
    if exclude:
        document["exclude"] = exclude
    clean = _of(_both(words, _rules(f for f in found.findings if not f.done)), {*features, target})
    clean |= _quarantine(cleaned, clean, {*features, target, time.column if time else ""})
    return _checked(document | ({"clean": clean} if clean else {})), found


def _cleaned(store: ObjectStore, key: str, table: Table, model: ModelFile | None) -> Cleaned:
    gathering = gather(store, files(store, [key], None), table, None)
    return assemble(gathering, table, model, None, b"")[0]


def _parsed(document: Document, exclude: dict[str, str]) -> ModelFile:
    if not document["features"]:
        raise InvalidTable(_nothing_left(exclude))
    return parse(document)


def _checked(document: Document) -> Document:
    if not document["features"]:
        raise InvalidTable(_nothing_left(document.get("exclude", {})))
    parse(document)
    return document


def _nothing_left(exclude: dict[str, str]) -> str:
    reasons = "; ".join(f"{column}: {reason}" for column, reason in exclude.items())
    return f"Nothing is left to learn from: {reasons or 'the table has no other column'}."


def _problem(name: str, target: str, positive: str, seen: Cleaned) -> Document:
    counts = _counted(seen, target)
    asked: Document = {"column": target}
    if len(counts) < 2:
        raise InvalidTable(f"The target '{target}' holds one value; there is nothing to predict.")
    if seen.types[target] == "time":
        raise InvalidTable(
            f"The target '{target}' holds times; a model needs a number, such as the hours until "
            "then, or classes."
        )
    if len(counts) == 2:
        problem = "binary"
        wanted = min(counts, key=lambda label: (label not in _AFFIRMED, counts[label], label))
        asked["positive"] = positive or wanted
    elif seen.types[target] == "number" and len(counts) > NUMBERS_AT_MOST:
        problem = "regression"
    elif len(counts) <= CLASSES_AT_MOST:
        problem = "multiclass"
    else:
        raise InvalidTable(
            f"The target '{target}' holds {len(counts):,} different texts; a model needs a "
            f"number, or at most {CLASSES_AT_MOST} classes."
        )
    return {"name": name, "problem": problem, "target": asked}


def _counted(seen: Cleaned, name: str) -> dict[str, int]:
    """Rows by value, in the text that a class has."""
    found = pc.value_counts(seen.rows.column(name).combine_chunks()).to_pylist()
    counts = {category_text(each["values"]): each["counts"] for each in found}
    return {label: count for label, count in sorted(counts.items()) if label}


def _sorted_out(
    columns: Sequence[ColumnReport], seen: Cleaned, document: Document
) -> tuple[dict[str, str], dict[str, str]]:
    """Columns to learn from with their types, and the others with the reason."""
    features: dict[str, str] = {}
    exclude: dict[str, str] = {}
    rows = seen.rows.num_rows
    taken = {document["target"]["column"], document.get("time", {}).get("column")}
    for column in columns:
        if column.name in taken:
            continue
        reason = _unusable(column, seen, rows)
        if reason:
            exclude[column.name] = reason
        else:
            features[column.name] = column.type
    return features, exclude


def _unusable(column: ColumnReport, seen: Cleaned, rows: int) -> str:
    """Why nothing can be learned from a column; empty where something can."""
    there = rows - column.missing
    if column.missing >= _NEARLY_EMPTY * rows:
        return f"missing in {column.missing / rows:.0%} of the rows".replace("%", " %")
    if not column.name:
        return "has no name"
    if column.distinct < 2:
        return "holds one value"
    if column.type == "time":
        return "a second time; what matters of it can be a feature of a view"
    if column.type == "number":
        return "numbers the rows" if _numbers_rows(column, there) else ""
    return _no_category(column, seen, there)


def _no_category(column: ColumnReport, seen: Cleaned, there: int) -> str:
    spelled = (f for f in seen.findings if f.kind == "spelling" and f.column == column.name)
    if written := next(spelled, None):
        return f"{written.advice}: it holds {written.examples[0].rpartition(' ')[0]}"
    if column.distinct > max(20, _NAMES * there):
        return "names its rows: nearly each has a value of its own"
    return "holds prose" if _longest(seen, column.name) > _LONGEST else ""


def _longest(seen: Cleaned, name: str) -> int:
    chunks = seen.rows.column(name).unify_dictionaries().chunks
    texts = chunks[0].dictionary.to_pylist() if chunks else []
    return max((len(text or "") for text in texts), default=0)


def _numbers_rows(column: ColumnReport, there: int) -> bool:
    """Whether a column counts: each number once, and hardly any left out."""
    if column.distinct < there or column.minimum is None or column.maximum is None:
        return False
    if not all(level.is_integer() for level in (column.minimum, *(column.quartiles or ()))):
        return False
    return there > NUMBERS_AT_MOST and column.maximum - column.minimum < 1.5 * there


def _rules(findings: Iterable[Finding]) -> Document:
    """The cleaning that findings advise; to drop rows is a person's decision."""
    found: Document = {}
    for finding in findings:
        if finding.advice.startswith("clean: {") and finding.kind != "repeated times":
            found = _both(found, yaml.safe_load(finding.advice)["clean"])
    return found


def _both(first: Document, second: Document) -> Document:
    """Two cleanings as one."""
    columns: dict[str, Any] = dict(first.get("columns", {}))
    for name, rule in second.get("columns", {}).items():
        known = columns.get(name, {})
        missing = list(dict.fromkeys([*known.get("missing", ()), *rule.get("missing", ())]))
        columns[name] = known | rule | ({"missing": missing} if missing else {})
    return first | second | ({"columns": columns} if columns else {})


def _of(clean: Document, used: set[str]) -> Document:
    """A cleaning of the columns that are used."""
    columns = {name: rule for name, rule in clean.get("columns", {}).items() if name in used}
    whole = {key: value for key, value in clean.items() if key != "columns"}
    return whole | ({"columns": columns} if columns else {})


def _quarantine(cleaned: Cleaned, clean: Document, used: set[str]) -> Document:
    """A higher share of rows to set aside, where the usual one would stop the first run."""
    rules = clean.get("columns", {})
    left = [
        each
        for each in cleaned.quarantine
        if each.column in used | {""}
        and each.text.strip() not in rules.get(each.column, {}).get("missing", ())
    ]
    share = len(left) / max(1, cleaned.rows_read)
    usual = Clean().quarantine_at_most
    return {"quarantine_at_most": math.ceil(share * 20 + 1) / 20} if share > usual else {}
