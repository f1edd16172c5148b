"""Predictions that received their outcome become training rows."""

from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from evergreen import captured
from evergreen.canonical import category_text
from evergreen.contracts.dataset import LabelledReport
from evergreen.contracts.model_file import ModelFile
from evergreen.digest import sha256
from evergreen.ingest.columns import CHARACTERS_AT_MOST, numbers
from evergreen.ports import ObjectStore

_TIME_CHARACTERS = {"year": 4, "date": 10, "timestamp": None}


class Labelled(Struct, frozen=True, eq=False):
    """Rows as a table of text like a source's; ``digest`` names their content."""

    table: pa.Table
    digest: str
    report: LabelledReport


def labelled(store: ObjectStore, model: ModelFile, until: str) -> Labelled:
    """Captured rows with an outcome, both no later than ``until``, oldest first."""
    period = captured.Period("", until)
    captures = captured.captures(store, model.name, period)
    feedback = captured.feedback(store, model.name, period)
    predictions = captured.predictions(captures.lines)
    outcomes = captured.outcomes(feedback.lines)
    judged = [predictions[i] for i in predictions.keys() & outcomes.keys()]
    known = [p for p in judged if not model.features.keys() & set(p.redacted)]
    known.sort(key=lambda prediction: (prediction.at, prediction.id))
    rows = [_row(model, prediction, outcomes[prediction.id]) for prediction in known]
    report = LabelledReport(
        until,
        len(predictions),
        len(outcomes),
        len(rows),
        captures.left_out + feedback.left_out,
        captures.broken + feedback.broken,
        len(judged) - len(known),
    )
    columns = {name: _column(model, name, [row[name] for row in rows]) for name in model.columns}
    identity = [(p.id, p.at, row) for p, row in zip(known, rows, strict=True)]
    digest = sha256(msgspec.json.encode(identity, order="deterministic"))
    return Labelled(pa.table(columns), digest, report)


def _row(model: ModelFile, prediction: captured.Prediction, outcome: str) -> dict[str, str]:
    values: dict[str, Any] = prediction.values
    row = {name: category_text(values.get(name)) for name in model.columns}
    row = {name: text[:CHARACTERS_AT_MOST] for name, text in row.items()}
    row[model.target.column] = outcome[:CHARACTERS_AT_MOST]
    if model.time and not row[model.time.column]:
        row[model.time.column] = prediction.at[: _TIME_CHARACTERS[model.time.unit]]
    return row


def _column(model: ModelFile, name: str, texts: list[str]) -> pa.Array:
    column = pa.array(texts, pa.string())
    if model.features.get(name) == "number":  # serving refuses text here; only a forged line has it
        _, wrong = numbers(pa.chunked_array([column]))
        column = pc.if_else(pa.array(wrong), "", column)
    return column
