"""A dataset becomes a feature set."""

import io

import msgspec
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts import keys
from evergreen.contracts.dataset import TIME
from evergreen.contracts.feature_set import Manifest, SplitReport
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import FeaturesInput, FeaturesOutput
from evergreen.digest import content_id
from evergreen.errors import InvalidTable
from evergreen.features.describe import profile, signature
from evergreen.features.split import Rows, Splits, split
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Registry

_DASH = "\N{EN DASH}"

_RECIPE = 1
"""Part of every feature set's id: raise it when the same dataset is to be split otherwise."""


def features(given: FeaturesInput, *, store: ObjectStore, registry: Registry) -> FeaturesOutput:
    """Split the dataset, and write frames, signature, profile and manifest.

    Args:
        store: the features bucket.

    Raises:
        NotFound: the dataset or the model does not exist.
        InvalidTable: a split would be too small, or the dataset is of another model file.
    """
    model = registry.model(given.run.model).file
    table = _read(store, given.dataset, model)
    positive = (table[model.target.column] == category_text(model.target.positive)).to_numpy()
    splits = split(model, table, positive)
    learned = np.concatenate([splits.train, splits.validation])
    found = signature(model, table.loc[learned], table[model.target.column])
    frames = {name: _frame(model, table, positive, rows) for name, rows in splits.items()}
    both = frames["train"].then(frames["validation"])
    newest = _moment(model, both.time)
    documents = {
        "signature.json": found,
        "profile.json": profile(found, both.columns, int(both.target.sum()), newest),
        "manifest.json": _manifest(given, model, splits, frames),
    }
    for name, frame in frames.items():
        store.write(keys.feature_set(_id(given, model), f"{name}.npz"), frame.to_npz())
    for name, document in documents.items():
        body = msgspec.json.format(msgspec.json.encode(document), indent=2)
        store.write(keys.feature_set(_id(given, model), name), body, "application/json")
    return FeaturesOutput(_id(given, model), _summary(frames, model))


def _id(given: FeaturesInput, model: ModelFile) -> str:
    stated = (model.target, model.features, model.time, model.group, model.protected, model.split)
    return content_id(_RECIPE, given.dataset, stated)


def _read(store: ObjectStore, dataset: str, model: ModelFile) -> pd.DataFrame:
    body = store.read(keys.dataset(dataset, "data.parquet"))
    table = pq.read_table(io.BytesIO(body))
    lacking = [name for name in model.columns if name not in table.column_names]
    if lacking:
        raise InvalidTable(
            f"The dataset lacks {', '.join(lacking)}: the model file changed during the run; "
            "start the run again."
        )
    found: pd.DataFrame = table.select([*model.columns, TIME]).to_pandas()
    return found


def _frame(model: ModelFile, table: pd.DataFrame, positive: NDArray[np.bool_], rows: Rows) -> Frame:
    columns: dict[str, NDArray[np.generic]] = {}
    for name in (*model.features, *model.context):
        kind = np.float32 if model.features.get(name) == "number" else np.str_
        columns[name] = table[name].to_numpy()[rows].astype(kind)
    return Frame(columns, positive[rows].astype(np.int8), table[TIME].to_numpy(np.int64)[rows])


def _manifest(
    given: FeaturesInput, model: ModelFile, splits: Splits, frames: dict[str, Frame]
) -> Manifest:
    reports = tuple(
        SplitReport(
            name,
            len(frame),
            int(frame.target.sum()),
            _moment(model, frame.time[:1]),
            _moment(model, frame.time[-1:]),
        )
        for name, frame in frames.items()
    )
    rows = sum(report.rows for report in reports)
    return Manifest(_id(given, model), given.dataset, rows, splits.rule, reports)


def _moment(model: ModelFile, time: NDArray[np.int64]) -> str:
    """The newest of ``time`` as ISO 8601 in UTC with milliseconds."""
    if not model.time or not len(time):
        return ""
    return f"{time.max().astype('M8[ns]').astype('M8[ms]')}Z"


def _summary(frames: dict[str, Frame], model: ModelFile) -> str:
    """One line: ``train 8,268 (1997-1999) · validation 2,325 (1999) · test 2,325 (1999)``."""
    return " · ".join(
        f"{name} {len(frame):,}{_period(model, frame.time)}" for name, frame in frames.items()
    )


def _period(model: ModelFile, time: NDArray[np.int64]) -> str:
    if not model.time:
        return ""
    characters = 4 if model.time.unit == "year" else 10
    ends = dict.fromkeys(_moment(model, end)[:characters] for end in (time[:1], time[-1:]))
    return f" ({_DASH.join(ends)})"
