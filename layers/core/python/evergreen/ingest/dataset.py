"""Files and labelled predictions become one table, cleaned by counted rules."""

import difflib
import io

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME, QualityReport, SourceReport
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import IngestInput, IngestOutput
from evergreen.digest import content_id
from evergreen.errors import InvalidTable
from evergreen.ingest.columns import UNREADABLE, require_columns, require_times, typed
from evergreen.ingest.labelled import Labelled, labelled
from evergreen.ingest.quality import describe, summary
from evergreen.ingest.quality_page import quality_page
from evergreen.ingest.sources import Source, read
from evergreen.ports import ObjectStore, Registry

_RECIPE = 1
"""Part of every dataset's id: raise it when the same input is to become another dataset."""


def ingest(given: IngestInput, *, features: ObjectStore, registry: Registry) -> IngestOutput:
    """Turn the run's sources, and labelled predictions if it asks for them, into a dataset version.

    Writes ``data.parquet``, ``report.json`` and ``report.html`` below ``datasets/<id>/``. The id is
    made of the input's content, so that the same input writes the same bytes to the same keys.

    Raises:
        NotFound: a source or the model does not exist.
        InvalidTable: the sources cannot become a dataset for this model; the sentence says why.
    """
    run = given.run
    model = registry.model(run.model).file
    if not run.sources and not run.labelled_until:
        raise InvalidTable("The run names no source; give at least one key below raw/.")
    sources = read(features, run.sources)
    rows = labelled(features, model, run.labelled_until) if run.labelled_until else None
    dataset = _dataset_id(model, sources, rows)
    frame, dropped = _clean(model, sources, rows)
    _require_two_classes(model, frame)
    report = _report(dataset, model, sources, rows, frame, dropped)
    _write(features, report, frame)
    return IngestOutput(dataset, len(frame), summary(report))


def _dataset_id(model: ModelFile, sources: list[Source], rows: Labelled | None) -> str:
    stated = (model.name, model.target, model.features, model.time, model.group)
    added = (rows.digest, rows.report) if rows else None
    content = [(source.key, source.sha256) for source in sources]
    return content_id(_RECIPE, stated, model.protected, model.exclude, content, added)


def _clean(
    model: ModelFile, sources: list[Source], rows: Labelled | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The rows to keep, in their order, and how many were dropped by reason."""
    frames = []
    for source in sources:
        require_columns(source.key, source.table, model)
        frames.append(typed(source.key, source.table, model))
        require_times(source.key, source.table, model, frames[-1][TIME].to_numpy())
    repeated = _repeated(sources)
    if rows:
        frames.append(typed("captures", rows.table, model))
        repeated = np.concatenate([repeated, np.zeros(rows.table.num_rows, np.bool_)])
    frame = pd.concat(frames, ignore_index=True)
    target = frame[model.target.column]
    labels = set(target[: sum(source.table.num_rows for source in sources)]) - {""}
    reasons = {
        "the whole row repeats an earlier one": repeated,
        f"the target '{model.target.column}' is missing": (target == "").to_numpy(),
        "the outcome is none of the target's labels": _foreign(target, labels),
        "the time is missing or cannot be read": (frame[TIME] == UNREADABLE).to_numpy(),
    }
    keep = np.ones(len(frame), np.bool_)
    dropped = {}
    for reason, affected in reasons.items():
        dropped[reason] = int((keep & affected).sum())
        keep &= ~affected
    return frame[keep].reset_index(drop=True), {r: n for r, n in dropped.items() if n}


def _repeated(sources: list[Source]) -> NDArray[np.bool_]:
    if not sources:
        return np.zeros(0, np.bool_)
    raw = pd.concat([source.table.to_pandas() for source in sources], ignore_index=True)
    repeated: NDArray[np.bool_] = raw.duplicated().to_numpy(np.bool_)
    return repeated


def _foreign(target: pd.Series, labels: set[str]) -> NDArray[np.bool_]:
    """Rows whose outcome was fed back but is no label that the sources know."""
    if not labels:
        return np.zeros(len(target), np.bool_)
    foreign: NDArray[np.bool_] = (~target.isin(labels | {""})).to_numpy(np.bool_)
    return foreign


def _require_two_classes(model: ModelFile, frame: pd.DataFrame) -> None:
    column, positive = model.target.column, category_text(model.target.positive)
    labels = sorted(set(frame[column]))
    shown = ", ".join(f"'{label}'" for label in labels[:5]) + (", ..." if len(labels) > 5 else "")
    if not labels:
        raise InvalidTable(
            f"No row is left after cleaning; check the target '{column}' and the time column."
        )
    if positive not in labels:
        close = difflib.get_close_matches(positive, labels, n=1)
        hint = f"did you mean '{close[0]}'" if close else f"it holds {shown}"
        raise InvalidTable(f"The target '{column}' never holds the positive '{positive}'; {hint}.")
    if len(labels) == 1:
        raise InvalidTable(
            f"The target '{column}' holds only '{positive}'; a model needs rows of both classes."
        )
    if len(labels) > 2:
        raise InvalidTable(
            f"The target '{column}' holds {len(labels):,} labels ({shown}), but a binary model has "
            "two; map them to two before upload."
        )


def _report(
    dataset: str,
    model: ModelFile,
    sources: list[Source],
    rows: Labelled | None,
    frame: pd.DataFrame,
    dropped: dict[str, int],
) -> QualityReport:
    read_sources = tuple(
        SourceReport(source.key, source.bytes, source.sha256, source.table.num_rows)
        for source in sources
    )
    names = dict.fromkeys(n for source in sources for n in source.table.column_names)
    left_out = {
        name: model.exclude.get(name, "not named in the model file")
        for name in names
        if name not in model.columns
    }
    labelled_report = rows.report if rows else None
    return describe(dataset, model, frame, read_sources, labelled_report, dropped, left_out)


def _write(features: ObjectStore, report: QualityReport, frame: pd.DataFrame) -> None:
    columns = {
        name: pa.array(
            values.to_numpy(), None if pd.api.types.is_numeric_dtype(values) else pa.string()
        )
        for name, values in frame.items()
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd")
    body = msgspec.json.format(msgspec.json.encode(report), indent=2)
    dataset = report.dataset
    features.write(keys.dataset(dataset, "data.parquet"), buffer.getvalue())
    features.write(keys.dataset(dataset, "report.json"), body, "application/json")
    features.write(keys.dataset(dataset, "report.html"), quality_page(report), "text/html")
