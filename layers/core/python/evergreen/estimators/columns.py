"""How a matrix of encoded columns becomes what an estimator learns from.

Category codes become one column per known value (of the 255 most frequent), all zero for another;
those of many values may stay codes (for trees; the more frequent a value, the smaller its code) or
become the mean of the target (Micci-Barreca 2001, cross-fitted). Numbers go into trees as they are:
a scaled number is rounded differently by the graph, and one that lies on a split then takes the
other branch (up to 0.18 probability apart, measured); gradient boosting has a branch for missing
ones, others are given the median and a column that says where it stands. A column without a single
known value in the rows is left out.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    OneHotEncoder,
    StandardScaler,
    TargetEncoder,
)

from evergreen.contracts.signature import UNSEEN, Signature
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidTable
from evergreen.estimators.facts import MANY_VALUES, ONE_HOT_AT_MOST
from evergreen.estimators.space import FAMILY
from evergreen.estimators.thresholds import floor32

Matrix = NDArray[np.float32]

CODED = "many values"
"""The part of the columns that :class:`~sklearn.preprocessing.TargetEncoder` may stand in."""

_SEED = 0
_FORESTS = ("extra trees", "random forest")
_AS_THEY_ARE = (*_FORESTS, "nearest neighbours")
"""Families that take numbers unscaled: neighbours scale them in 64 bits, in the graph as well."""

_ROWS_OF_QUANTILES = 50_000
_BEYOND = 3e38
"""No measurement is as large; it stands for a missing number."""


def columns(signature: Signature, matrix: Matrix, configuration: Configuration) -> Any:
    """An unfitted ColumnTransformer for the columns that are known in ``matrix``.

    Raises:
        InvalidTable: there are none.
    """
    known: NDArray[np.bool_] = np.any(~np.isnan(matrix), axis=0)
    numbers = [i for i, c in enumerate(signature.inputs) if c.type == "number" and known[i]]
    categories = [i for i, c in enumerate(signature.inputs) if c.type == "category" and c.values]
    if not numbers and not categories:
        raise InvalidTable("No feature has a known value in the rows to train on.")
    one_hot = configuration.get("categories", "one-hot") == "one-hot"
    sizes = {i: len(signature.inputs[i].values) for i in categories}
    many = [i for i in categories if not one_hot and sizes[i] > MANY_VALUES]
    few = [i for i in categories if i not in many]
    family = str(configuration[FAMILY])
    missing = [i for i in numbers if np.isnan(matrix[:, i]).any()]
    steps = [
        ("categories", _one_hot([sizes[i] for i in few]), few),
        (CODED, _coded(signature, configuration, [sizes[i] for i in many]), many),
        ("numbers", _numbers(family, str(configuration.get("numbers", "standard"))), numbers),
        ("ranks", _ranks(family), numbers if configuration.get("numbers") == "ranks" else []),
        ("missing", _missing(), [] if family == "gradient boosting" else missing),
    ]
    return ColumnTransformer([step for step in steps if step[2]])


def fit_columns(transformer: Any, matrix: Matrix, target: NDArray[Any]) -> Matrix:
    """Fit in place, round what 32 bits would, and give what the estimator is to learn from.

    A graph subtracts a mean of 32 bits. Where a column's mean is large beside its spread, that is
    another mean, so the rounded one is the mean from here on; likewise a category's encoding.
    """
    with warnings.catch_warnings():
        # Of a number with few values fewer bins are left, which is as it should be.
        warnings.simplefilter("ignore", UserWarning)
        first = transformer.fit_transform(matrix, target)
    for name, step, _ in transformer.transformers_:
        if name in ("numbers", "ranks", CODED):
            for part in getattr(step, "named_steps", {"only": step}).values():
                _round(part)
    result = transformer.transform(matrix)
    coded = transformer.output_indices_.get(CODED, slice(0, 0))
    # Cross-fitted, so that no row's encoding knows the row's own target.
    result[:, coded] = first[:, coded]
    rounded: Matrix = result.astype(np.float32, copy=False)
    return rounded


def _one_hot(sizes: list[int]) -> OneHotEncoder:
    codes = [np.arange(min(size, ONE_HOT_AT_MOST), dtype=np.float32) for size in sizes]
    return OneHotEncoder(
        categories=codes, handle_unknown="ignore", sparse_output=False, dtype=np.float32
    )


def _coded(signature: Signature, configuration: Configuration, sizes: list[int]) -> Any:
    unscaled = configuration[FAMILY] in ("gradient boosting", *_AS_THEY_ARE)
    if configuration.get("categories") != "target":
        return "passthrough" if unscaled else StandardScaler()
    codes = [np.array([UNSEEN, *range(size)], dtype=np.float32) for size in sizes]
    kind = "binary" if signature.classes else "continuous"
    folds = (StratifiedKFold if signature.classes else KFold)(5, shuffle=True, random_state=_SEED)
    encoder = TargetEncoder(categories=codes, target_type=kind, cv=folds)
    return encoder if unscaled else make_pipeline(encoder, StandardScaler())


def _numbers(family: str, how: str) -> Any:
    if family == "gradient boosting":
        return "passthrough"
    median = SimpleImputer(strategy="median")
    if family in _AS_THEY_ARE:
        return median
    return make_pipeline(median, _bins() if how == "bins" else StandardScaler())


def _ranks(family: str) -> Any:
    """Ranks of the numbers in fiftieths, which bend what is linear. Cut from the numbers as they
    are: one that is scaled first may lie on the other side of a cut in the graph."""
    steps = [SimpleImputer(strategy="median"), _bins(50, "ordinal")]
    return make_pipeline(*steps, *([] if family in _AS_THEY_ARE else [StandardScaler()]))


def _bins(count: int = 8, encode: str = "onehot-dense") -> KBinsDiscretizer:
    return KBinsDiscretizer(
        count,
        encode=encode,
        quantile_method="averaged_inverted_cdf",
        dtype=np.float32,
        subsample=_ROWS_OF_QUANTILES,
        random_state=_SEED,
    )


def _missing() -> Any:
    """1 where the number is missing, else 0, of steps that convert exactly."""
    there = SimpleImputer(strategy="constant", fill_value=np.finfo(np.float32).max)
    return make_pipeline(there, Binarizer(threshold=_BEYOND))


def _round(part: Any) -> None:
    if isinstance(part, StandardScaler):
        part.mean_ = part.mean_.astype(np.float32).astype(np.float64)
    elif isinstance(part, TargetEncoder):
        part.encodings_ = [e.astype(np.float32).astype(np.float64) for e in part.encodings_]
        part.target_mean_ = float(np.float32(part.target_mean_))
    elif isinstance(part, KBinsDiscretizer):
        # x >= edge says the same of a 32-bit x as x >= the next 32-bit number from there.
        for place, edges in enumerate(part.bin_edges_):
            part.bin_edges_[place] = -floor32(-edges)
