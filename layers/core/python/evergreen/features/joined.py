"""Where features of shared views join a model's rows."""

import numpy as np
from msgspec import Struct

from evergreen.canonical import category_text
from evergreen.contracts.columns import Categories, Values, categories
from evergreen.contracts.feature_set import JoinReport
from evergreen.contracts.model_file import ModelFile, ViewUse
from evergreen.contracts.signature import Lookup
from evergreen.contracts.view_file import ViewFile
from evergreen.errors import InvalidTable
from evergreen.features.events import nanoseconds
from evergreen.features.view_join import Asked, join_view
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Views
from evergreen.view_builds import read_manifest


class Joined(Struct, frozen=True, eq=False):
    """What views know of n rows.

    Attributes:
        columns: by ``view.feature``, in the model file's order; float64 for numbers, NaN where
            nothing is known, and text or Categories, "" where nothing is known. Shape (n,).
        lookups: how serving finds the same.
        joins: what was joined; the builds among it are part of what the feature set is made of.
    """

    columns: dict[str, Values]
    lookups: tuple[Lookup, ...] = ()
    joins: tuple[JoinReport, ...] = ()


def joined(model: ModelFile, rows: Frame, *, store: ObjectStore, views: Views) -> Joined:
    """The columns of ``model.views`` as known at each row's time.

    Args:
        rows: the dataset, numbers in 64 bits; entities are among its columns.
        store: the features bucket.

    Raises:
        NotFound: a view was never applied.
        InvalidTable: a view has no build, or not the entity or features that the model file says.
    """
    columns: dict[str, Values] = {}
    lookups, reports = [], []
    for name, use in model.views.items():
        view = views.view(name)
        built = read_manifest(store, view)
        if built is None:
            raise InvalidTable(
                f"The view '{name}' has no build yet; build it first: "
                f"evergreen views build {name} FILE."
            )
        chosen, held_in = _features(view.file, use), _keys(view.file, use, rows)
        asked = Asked(
            tuple(_text(rows.columns[column]) for column in held_in),
            rows.time,
            rows.time - nanoseconds(use.lead),
        )
        answer = join_view(store, view.file, built.partitions, chosen, asked)
        columns |= {f"{name}.{feature}": answer.columns[feature] for feature in chosen}
        inputs = {f"{name}.{feature}": feature for feature in chosen}
        lookups.append(Lookup(name, held_in, inputs, view.file.online))
        reports.append(JoinReport(name, view.build, chosen, answer.rows_without))
    return Joined(columns, tuple(lookups), tuple(reports))


def _features(view: ViewFile, use: ViewUse) -> tuple[str, ...]:
    unknown = [name for name in use.features if name not in view.features]
    if unknown:
        raise InvalidTable(
            f"The view '{view.name}' has no feature '{unknown[0]}'; its features are "
            f"{', '.join(view.features)}. Mend views.{view.name}.features in the model file."
        )
    return use.features or tuple(view.features)


def _keys(view: ViewFile, use: ViewUse, rows: Frame) -> tuple[str, ...]:
    """The model's columns that hold the view's entity, in the view's order."""
    if unknown := [name for name in use.on if name not in view.entity]:
        raise InvalidTable(
            f"views.{view.name}.on names '{unknown[0]}', but the entity of that view is "
            f"{', '.join(view.entity)}."
        )
    columns = tuple(use.on.get(name, name) for name in view.entity)
    for name, column in zip(view.entity, columns, strict=True):
        if column not in rows.columns:
            raise InvalidTable(
                f"The view '{view.name}' is about {name}, and the model has no column '{column}'; "
                f"say in views.{view.name}.on which column holds {name}."
            )
    return columns


def _text(values: Values) -> Categories:
    """An entity's column as text, as serving spells it."""
    if isinstance(values, Categories) or values.dtype.kind == "U":
        return categories(values)
    found, codes = np.unique(values, return_inverse=True)
    texts = np.array([category_text(value) for value in found.tolist()], dtype=np.str_)
    return categories(texts[codes])
