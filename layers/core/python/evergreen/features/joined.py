"""Where features of shared views join a model's rows."""

from msgspec import Struct

from evergreen.contracts.columns import Values
from evergreen.contracts.feature_set import JoinReport
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.signature import Lookup
from evergreen.frame import Frame
from evergreen.ports import ObjectStore, Registry


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


def joined(_model: ModelFile, _rows: Frame, *, store: ObjectStore, registry: Registry) -> Joined:  # noqa: ARG001
    """The columns of ``model.views`` as known at each row's time.

    Args:
        rows: the dataset, numbers in 64 bits; entities are among its columns.
        store: the features bucket.
    """
    return Joined({})
