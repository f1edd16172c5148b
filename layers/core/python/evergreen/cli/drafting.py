"""A first model file, drafted from a table: its types inferred, its traps named.

The table is read and reported on as ingest would; what the report finds goes into the file, where
a person reads it and then it holds.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml

from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.quality_report import ColumnReport, QualityReport
from evergreen.contracts.table import Table
from evergreen.errors import InvalidTable
from evergreen.ingest.assemble import assemble
from evergreen.ingest.cleaned import Cleaned
from evergreen.ingest.gather import gather
from evergreen.ingest.report import goal_of, report
from evergreen.ingest.sources import files
from evergreen.ports import ObjectStore

CLASSES_AT_MOST = 20
"""Distinct values of a target up to which they are classes."""

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
    document = _problem(name, target, positive, columns)
    document |= _time(columns, seen, target)
    features, exclude = _sorted_out(columns, seen, document)
    document["features"] = features
    model = _parsed(document, exclude)
    found = report(_cleaned(store, key, model.table, model), "draft", at, None, goal_of(model))
    for suspicion in found.suspicions:
        if features.pop(suspicion.column, None) or suspicion.column in exclude:
            exclude[suspicion.column] = f"may know the outcome: {suspicion.evidence}"
    if exclude:
        document["exclude"] = exclude
    document |= _clean(found, {*features, target})
    return _checked(document), found


def _cleaned(store: ObjectStore, key: str, table: Table, model: ModelFile | None) -> Cleaned:
    gathering = gather(store, files(store, [key], None), table, None)
    return assemble(gathering, table, model, None, b"")[0]


def _parsed(document: Document, exclude: dict[str, str]) -> ModelFile:
    if not document["features"]:
        raise InvalidTable("Nothing is left to learn from: " + _reasons(exclude))
    return parse(document)


def _checked(document: Document) -> Document:
    if not document["features"]:
        raise InvalidTable("Nothing is left to learn from: " + _reasons(document["exclude"]))
    parse(document)
    return document


def _reasons(exclude: dict[str, str]) -> str:
    return "; ".join(f"{column}: {reason}" for column, reason in exclude.items()) + "."


def _problem(name: str, target: str, positive: str, columns: Sequence[ColumnReport]) -> Document:
    column = next(column for column in columns if column.name == target)
    asked: Document = {"column": target}
    if column.distinct < 2:
        raise InvalidTable(f"The target '{target}' holds one value; there is nothing to predict.")
    if column.distinct == 2:
        problem = "binary"
        classes = [each for each in column.bins if each.label != "missing"]
        wanted = min(classes, key=lambda each: (each.label not in _AFFIRMED, each.rows)).label
        asked["positive"] = positive or wanted
    elif column.type == "number" and column.distinct > CLASSES_AT_MOST:
        problem = "regression"
    elif column.distinct <= CLASSES_AT_MOST:
        problem = "multiclass"
    else:
        raise InvalidTable(
            f"The target '{target}' holds {column.distinct:,} different texts; a model needs a "
            f"number, or at most {CLASSES_AT_MOST} classes."
        )
    return {"name": name, "problem": problem, "target": asked}


def _time(columns: Sequence[ColumnReport], seen: Cleaned, target: str) -> Document:
    """The time that is always there, the earliest if there are several."""
    times = [c for c in columns if c.type == "time" and not c.missing and c.name != target]
    if not times:
        return {}
    first = min(times, key=lambda column: (column.mean or 0.0, column.name))
    values = seen.rows.column(first.name).to_numpy()
    unit = "date" if not np.any(values % (86_400 * 10**9)) else "timestamp"
    return {"time": {"column": first.name, "unit": unit}}


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
    if column.distinct < 2:
        return "holds one value"
    if column.type == "time":
        return "a second time; what matters of it can be a feature of a view"
    if column.type == "number":
        return "numbers the rows" if _numbers_rows(column, there) else ""
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
    return there > CLASSES_AT_MOST and column.maximum - column.minimum < 1.5 * there


def _clean(found: QualityReport, used: set[str]) -> Document:
    """The rules that the findings advise, for the columns that are used."""
    columns: dict[str, Any] = {}
    whole: Document = {}
    for finding in found.findings:
        if finding.done or not finding.advice.startswith("clean: {"):
            continue
        rule = yaml.safe_load(finding.advice)["clean"]
        for column, stated in rule.pop("columns", {}).items():
            if column in used:
                columns[column] = columns.get(column, {}) | stated
        if finding.kind == "repeated times":
            continue  # dropping rows is a person's decision
        whole |= rule
    if columns:
        whole["columns"] = columns
    return {"clean": whole} if whole else {}
