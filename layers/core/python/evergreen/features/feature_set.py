"""A dataset becomes a feature set."""

from typing import Any

import msgspec
import numpy as np

from evergreen.calendar_parts import calendar_part
from evergreen.contracts import keys
from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import Forecast, ModelFile
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import FeaturesInput, FeaturesOutput
from evergreen.digest import content_id
from evergreen.features.dataset import context, read
from evergreen.features.describe import Input, column
from evergreen.features.joined import Joined, joined
from evergreen.features.past import gaps, history, past_columns, stated
from evergreen.features.renewal import renewed
from evergreen.features.reports import split_report, summary
from evergreen.features.split import Splits, split
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Registry, Views
from evergreen.profiles import profile

_RECIPE = 3
"""Part of every feature set's id: raise it when the same dataset is to be split, or described,
otherwise."""


class _Made(msgspec.Struct, frozen=True, eq=False):
    """All rows with all their columns, and what is known of them."""

    rows: Frame
    inputs: tuple[Input, ...]
    classes: tuple[str, ...]
    forecast: Forecast | None
    views: Joined


def features(
    given: FeaturesInput, *, store: ObjectStore, registry: Registry, views: Views
) -> FeaturesOutput:
    """Split the dataset, and write frames, signature, profile, manifest and, for a forecast, the
    newest history of its series.

    Args:
        store: the features bucket.

    Raises:
        NotFound: the dataset, the model or one of its views does not exist.
        InvalidTable: a split would be too small, the target cannot be learned, a forecast's rows
            do not keep to its step, or the dataset is of another model file.
    """
    model = registry.model(given.run.model).file
    rows, classes = read(store, given.dataset, model)
    model = renewed(model, given.run, rows, registry)
    splits = split(model, rows, classes)
    made = _made(model, rows, classes, joined(model, rows, store=store, views=views))
    name = _id(given, model, made.views)
    frames = {each: _frame(made, model, chosen) for each, chosen in splits.items()}
    for each, frame in frames.items():
        store.write(keys.feature_set(name, f"{each}.npz"), frame.to_npz())
    documents = _documents(model, made, frames)
    documents["manifest.json"] = _manifest(name, given.dataset, model, made, splits, frames)
    for each, document in documents.items():
        body = msgspec.json.format(msgspec.json.encode(document), indent=2)
        store.write(keys.feature_set(name, each), body, "application/json")
    return FeaturesOutput(name, summary(frames, model))


def complete(
    dataset: str, model: ModelFile, *, store: ObjectStore, views: Views
) -> tuple[Frame, tuple[str, ...]]:
    """All rows of a dataset, with what views, the calendar and the past knew at each row's time;
    and the labels that the target's codes stand for. Raises as :func:`features` does."""
    rows, classes = read(store, dataset, model)
    made = _made(model, rows, classes, joined(model, rows, store=store, views=views))
    return made.rows, classes


def _made(model: ModelFile, rows: Frame, classes: tuple[str, ...], views: Joined) -> _Made:
    """The rows with the columns of views, of the calendar and of the past."""
    forecast = stated(model, rows)
    time = model.time.column if model.time else ""
    calendar = {f"{time}.{part}": calendar_part(rows.time, part) for part in model.calendar}
    past = past_columns(forecast, model.target.column, rows) if forecast else {}
    inputs = (
        *(Input(name, "request") for name in model.features),
        *(Input(name, "view") for name in views.columns),
        *(Input(name, "calendar") for name in calendar),
        *(Input(name, "past") for name in past),
    )
    columns: dict[str, Values] = {**rows.columns, **views.columns, **calendar, **past}
    return _Made(Frame(columns, rows.target, rows.time), inputs, classes, forecast, views)


def _id(given: FeaturesInput, model: ModelFile, views: Joined) -> str:
    segments = (model.protected, model.monitor.segments)
    rest = (model.time, model.group, segments, model.split, model.clean)
    learned = (model.problem, model.features, model.calendar, model.forecast)
    made_of: Any = (_RECIPE, given.dataset, model.target, *learned, *rest, model.views, views.joins)
    return content_id(*made_of)


def _frame(made: _Made, model: ModelFile, rows: Any) -> Frame:
    """The rows of a split, numbers in 32 bits: inputs in their order, then the context."""
    names = dict.fromkeys([*(given.name for given in made.inputs), *context(model)])
    columns: dict[str, Values] = {}
    for name in names:
        values = made.rows.columns[name]
        if is_text(values):
            columns[name] = (values if isinstance(values, Categories) else categories(values))[rows]
        else:
            columns[name] = values[rows].astype(np.float32)  # type: ignore[union-attr]
    return Frame(columns, made.rows.target[rows], made.rows.time[rows])


def _documents(model: ModelFile, made: _Made, frames: dict[str, Frame]) -> dict[str, Any]:
    """Signature and profile know train and validation rows alone; the history is all rows'."""
    learned = frames["train"].then(frames["validation"])
    inputs = tuple(column(model, given, learned.columns[given.name]) for given in made.inputs)
    signature = Signature(
        inputs=inputs,
        context=model.context,
        target=model.target.column,
        classes=made.classes,
        problem=model.problem,
        time=model.time,
        calendar=model.calendar,
        lookups=made.views.lookups,
        forecast=made.forecast,
    )
    documents: dict[str, Any] = {
        "signature.json": signature,
        "profile.json": profile(model, inputs, made.classes, learned),
    }
    if made.forecast:
        documents["history.json"] = history(made.forecast, model.name, made.rows)
    return documents


def _manifest(
    name: str, dataset: str, model: ModelFile, made: _Made, splits: Splits, frames: dict[str, Frame]
) -> Manifest:
    rule = splits.rule
    reports = [split_report(each, frame, model, made.classes) for each, frame in frames.items()]
    missing = gaps(made.forecast, made.rows) if made.forecast else 0
    if missing:
        rule += f" The table lacks {missing:,} steps; what would look back at them is missing."
    return Manifest(
        feature_set=name,
        dataset=dataset,
        rows=len(made.rows),
        rule=rule,
        splits=tuple(reports),
        origins=splits.origins,
        joins=made.views.joins,
    )
