"""What the space depends on: the problem, the metric, and a few figures of the table."""

from msgspec import Struct

from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import Metric, ModelFile, Problem
from evergreen.contracts.signature import Signature

MANY_VALUES = 10
"""A category with more known values than this can be given to a model otherwise than one-hot."""
ONE_HOT_AT_MOST = 255
"""Of a category's values, the most frequent, that get a column each."""

_SKEWED = 1.25


class Facts(Struct, frozen=True, kw_only=True):
    """Figures of train and validation together; ``lowest`` is the target's smallest number."""

    problem: Problem
    metric: Metric
    rows: int
    classes: int = 0
    numbers: int = 1
    one_hot: int = 0
    """Columns that one-hot encoding of the categories gives."""
    values: int = 0
    """Of the category that has the most."""
    lowest: float | None = None
    skewed: bool = False
    """Whether the target is positive and its mean well above its median."""

    @property
    def classifies(self) -> bool:
        """Whether the target is a class."""
        return self.problem in ("binary", "multiclass")

    @property
    def cells(self) -> int:
        """Rows times columns as a linear model is given them."""
        return self.rows * (self.numbers + self.one_hot)


def facts(signature: Signature, file: ModelFile, manifest: Manifest) -> Facts:
    """The figures of a feature set; the test split is not looked at."""
    known = [split for split in manifest.splits if split.name != "test"]
    lowest = [split.lowest for split in known if split.lowest is not None]
    values = [len(c.values) for c in signature.inputs if c.type == "category"]
    return Facts(
        problem=signature.problem,
        metric=file.metric,
        rows=sum(split.rows for split in known),
        classes=len(signature.classes),
        numbers=len(signature.inputs) - len(values),
        one_hot=sum(min(each, ONE_HOT_AT_MOST) for each in values),
        values=max(values, default=0),
        lowest=min(lowest, default=None),
        skewed=min(lowest, default=0.0) > 0 and (known[0].skew or 0.0) > _SKEWED,
    )


def widest(problem: Problem, metric: Metric) -> Facts:
    """Of a table that lets in whatever the problem and the metric allow."""
    values = MANY_VALUES + 1
    return Facts(problem=problem, metric=metric, rows=1, values=values, lowest=1.0, skewed=True)
