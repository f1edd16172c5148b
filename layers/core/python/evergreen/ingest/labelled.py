"""Predictions that received their outcome become training rows."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from evergreen import captured
from evergreen.canonical import category_text
from evergreen.contracts.dataset import LabelledReport
from evergreen.contracts.table import Table
from evergreen.digest import sha256
from evergreen.ingest.clean import CHARACTERS_AT_MOST
from evergreen.ingest.values import numbers
from evergreen.ports import ObjectStore

_TIME_CHARACTERS = {"year": 4, "date": 10, "timestamp": None, "epoch": None}


class Labelled(Struct, frozen=True, eq=False):
    """Rows as a table of text like a source's; ``digest`` names their content."""

    table: pa.Table
    digest: str
    report: LabelledReport


def labelled(store: ObjectStore, table: Table, until: str) -> Labelled:
    """A model's captured rows with an outcome, both no later than ``until``, oldest first."""
    period = captured.Period("", until)
    captures = captured.captures(store, table.name, period)
    feedback = captured.feedback(store, table.name, period)
    predictions = captured.predictions(captures.lines)
    outcomes = captured.outcomes(feedback.lines)
    judged = [predictions[i] for i in predictions.keys() & outcomes.keys()]
    learned = {name for name, use in table.uses.items() if "feature" in use}
    known = [p for p in judged if not learned & set(p.redacted)]
    known.sort(key=lambda prediction: (prediction.at, prediction.id))
    rows = [_row(table, prediction, outcomes[prediction.id]) for prediction in known]
    report = LabelledReport(
        until,
        len(predictions),
        len(outcomes),
        len(rows),
        captures.left_out + feedback.left_out,
        captures.broken + feedback.broken,
        len(judged) - len(known),
    )
    columns = {name: _column(table, name, [row[name] for row in rows]) for name in table.columns}
    identity = [(p.id, p.at, row) for p, row in zip(known, rows, strict=True)]
    digest = sha256(msgspec.json.encode(identity, order="deterministic"))
    return Labelled(pa.table(columns), digest, report)


def _row(table: Table, prediction: captured.Prediction, outcome: str) -> dict[str, str]:
    values: dict[str, Any] = prediction.values
    row = {name: category_text(values.get(name)) for name in table.columns}
    row = {name: text[:CHARACTERS_AT_MOST] for name, text in row.items()}
    row[table.target] = outcome[:CHARACTERS_AT_MOST]
    if table.time and not row[table.time.column]:
        row[table.time.column] = prediction.at[: _TIME_CHARACTERS[table.time.unit]]
    return row


def _column(table: Table, name: str, texts: list[str]) -> pa.Array:
    column = pa.array(texts, pa.string())
    if table.columns[name] == "number":  # serving refuses text here; only a forged line has it
        wrong = np.zeros(len(texts), np.bool_)
        wrong[numbers(column, frozenset()).wrong] = True
        column = pc.if_else(pa.array(wrong), "", column)
    return column
