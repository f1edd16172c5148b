"""The families of estimators and the range of each of their settings.

A family belongs here when a test shows that its graph answers like its pipeline. The ranges are
for tables of a hundred to a million rows. What a setting is called in scikit-learn it is called
here; ours are ``loss`` (``squared_log_error`` learns the logarithm), ``categories`` (how those of
many values become numbers), ``numbers`` (``ranks`` adds the rank of each number, ``bins`` takes
eighths of the rows instead) and ``penalty``.
"""

from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.model_file import QUANTILES, ModelFile
from evergreen.contracts.search import Choice as Value
from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration
from evergreen.estimators.facts import MANY_VALUES, ONE_HOT_AT_MOST, Facts, facts
from evergreen.estimators.narrowing import narrowed
from evergreen.estimators.space import Choice, Families, Family, Setting, Settings

_TREES = 100
_LEAVES_OF_A_FOREST = 100_000
"""Numbers that a forest's leaves hold together: about 8 MiB of graph."""

_CELLS_ONE_HOT = 50_000_000
_CELLS_SPARSE = 1_000_000
_ROWS_OF_QUANTILES = 3_000
_CELLS_OF_NEIGHBOURS = 150_000
"""Rows times columns that each row is compared with: 1.2 MB of graph, 0.1 ms a row."""

_ROWS_OF_NETWORKS = 200_000
_ROWS_OF_SLOW_BOOSTING = 5_000

_IMBALANCED = ("roc_auc", "average_precision", "macro_f1")
_whole = partial(Setting, kind="integer")


def families(signature: Signature, file: ModelFile, manifest: Manifest) -> Families:
    """What may answer the signature's problem by the file's metric, as its search narrows it.

    Raises:
        InvalidModelFile: nothing is left of what the search names, on this table.
    """
    return narrowed(offered(facts(signature, file, manifest)), file.search)


def offered(given: Facts) -> Families:
    """All families that a table of these figures may be given to, the cheap ones first."""
    found = dict(_linear(given)) | dict(_trees(given)) | dict(_smooth(given))
    ordered = sorted(found.items(), key=lambda item: item[1].cost)
    return {name: _settled(family) for name, family in ordered}


def _settled(family: Family) -> Family:
    """What is left no choice is fixed."""
    alone = {
        s.name: s.default for s in family.settings if isinstance(s, Choice) and len(s.options) == 1
    }
    settings = tuple(s for s in family.settings if s.name not in alone)
    return replace(family, settings=settings, fixed=family.fixed | alone)


def _linear(given: Facts) -> Iterator[tuple[str, Family]]:
    shared: Settings = (*_numbers(), *_categories(given, "one-hot", "target"))
    settings: Settings
    if given.classifies:
        penalty = _choice("penalty", "l2", "l1") if given.cells <= _CELLS_SPARSE else ()
        settings = (Setting("C", 1e-4, 1e3, 1.0), *penalty, *_weights(given), *shared)
        yield "logistic", Family(settings, cost=0.07)
    elif given.metric in QUANTILES:
        if given.rows <= _ROWS_OF_QUANTILES:
            settings = (Setting("alpha", 1e-6, 1e-1, 1e-3), *shared)
            yield "linear quantile", Family(settings, _quantile(given), cost=2.0)
    else:
        if given.metric != "poisson_deviance":
            yield from _least_squares(given, shared)
        if _counts(given):
            settings = (Setting("alpha", 1e-6, 10, 1e-3), *shared)
            yield "poisson", Family(settings, {"loss": "poisson"}, cost=0.05)


def _least_squares(given: Facts, shared: Settings) -> Iterator[tuple[str, Family]]:
    loss, fixed = _loss(_squares(given))
    ridge = (Setting("alpha", 1e-3, 1e5, 1.0), *loss, *shared)
    yield "ridge", Family(ridge, fixed, cost=0.04)
    ratio = Setting("l1_ratio", 0.05, 1.0, 0.5, log=False)
    net = (Setting("alpha", 1e-5, 1.0, 1e-3), ratio, *loss, *shared)
    yield "elastic net", Family(net, fixed, cost=0.05)


def _trees(given: Facts) -> Iterator[tuple[str, Family]]:
    loss, fixed = _loss(_of_boosting(given))
    coded = _categories(given, "ordinal", "one-hot", "target")
    # Of many rows a slow beginning costs more than it gains.
    rate, nodes = (0.1, 31) if given.rows > _ROWS_OF_SLOW_BOOSTING else (0.05, 15)
    boosting = (
        Setting("learning_rate", 0.01, 0.3, rate),
        _whole("max_leaf_nodes", 3, 127, nodes),
        _whole("min_samples_leaf", 2, 200, 10),
        Setting("l2_regularization", 1e-3, 100, 1.0),
        Setting("max_features", 0.2, 1.0, 0.5, log=False),
    )
    settings: Settings = (*boosting, *loss, *_weights(given), *coded)
    yield (
        "gradient boosting",
        Family(settings, fixed | _quantile(given), cost=1.5 * _trees_of_a_step(given)),
    )
    if given.metric in QUANTILES:
        return
    loss, fixed = _loss(_squares(given))
    leaves = _LEAVES_OF_A_FOREST // (_TREES * max(given.classes - 1, 1))
    fixed |= {"n_estimators": _TREES, "max_leaf_nodes": max(leaves, 30)}
    shared: Settings = (*_criterion(given), *loss, *_weights(given), *coded)
    yield "extra trees", Family((*_forest(1.0), *shared), fixed, cost=1.7)
    yield "random forest", Family((*_forest(0.5), *shared), fixed, cost=6.0)


def _forest(features: float) -> Settings:
    leaf = _whole("min_samples_leaf", 1, 50, 5)
    return (leaf, Setting("max_features", 0.05, 1.0, features, log=False))


def _smooth(given: Facts) -> Iterator[tuple[str, Family]]:
    """Neither linear nor trees: what makes an ensemble of unlike members."""
    if given.metric in QUANTILES or given.metric == "poisson_deviance":
        return
    loss, fixed = _loss(_squares(given))
    shared = (*loss, *_numbers(), *_categories(given, "one-hot", "target"))
    # Ranks stand beside the numbers.
    width = 2 * given.numbers + given.one_hot + given.classes
    if given.rows * width <= _CELLS_OF_NEIGHBOURS:
        neighbours: Settings = (
            _whole("n_neighbors", 3, 100, 12),
            Setting("shrinkage", 1e-4, 0.2, 0.01),
            *loss,
            *_choice("numbers", "ranks", "standard"),
            *_categories(given, "one-hot", "target"),
        )
        yield "nearest neighbours", Family(neighbours, fixed, cost=0.5)
    if given.rows <= _ROWS_OF_NETWORKS:
        network = (
            _whole("units", 16, 128, 64),
            _whole("layers", 1, 3, 2, log=False),
            Setting("alpha", 1e-6, 10, 1e-3),
            Setting("learning_rate_init", 3e-4, 2e-2, 2e-3),
        )
        yield "neural network", Family((*network, *shared), fixed, cost=2.0)


def _choice(name: str, *options: Value) -> tuple[Choice, ...]:
    """The choice among the options, of which the first is the default."""
    return (Choice(name, options, options[0]),)


def _numbers() -> tuple[Choice, ...]:
    return _choice("numbers", "standard", "ranks", "bins")


def _criterion(given: Facts) -> tuple[Choice, ...]:
    return _choice("criterion", "gini", "entropy") if given.classifies else ()


def _weights(given: Facts) -> tuple[Choice, ...]:
    """Balanced classes distort probabilities, so only where these are merely compared."""
    return _choice("class_weight", "none", "balanced") if given.metric in _IMBALANCED else ()


def _categories(given: Facts, *options: str) -> tuple[Choice, ...]:
    """Where a category has many values; those of few are one-hot everywhere. The first is the
    default: of more values than get a column each, what knows all of them."""
    if given.values <= MANY_VALUES:
        return ()
    # The converter knows target encoding of two classes or a number alone.
    left = [o for o in options if o != "target" or given.problem != "multiclass"]
    if given.rows * given.one_hot > _CELLS_ONE_HOT:
        left = [o for o in left if o != "one-hot"] or left
    if given.values > ONE_HOT_AT_MOST:
        left.sort(key=("target", "ordinal", "one-hot").index)
    return _choice("categories", *left) if left != ["one-hot"] else ()


def _counts(given: Facts) -> bool:
    return given.lowest is not None and given.lowest >= 0


def _squares(given: Facts) -> tuple[str, ...]:
    if given.classifies:
        return ()
    log = ("squared_log_error",) if given.skewed and given.metric != "poisson_deviance" else ()
    return ("squared_error", *log)


def _of_boosting(given: Facts) -> tuple[str, ...]:
    if given.metric in QUANTILES:
        return ("quantile",)
    if given.metric == "poisson_deviance":
        return ("poisson",)
    absolute = ("absolute_error",) if given.metric == "mae" else ()
    poisson = ("poisson",) if _counts(given) and given.metric != "mae" else ()
    return (*_squares(given), *absolute, *poisson) if _squares(given) else ()


def _loss(options: tuple[str, ...]) -> tuple[tuple[Choice, ...], Configuration]:
    """As a choice where there is one, else fixed; of classes there is nothing to choose."""
    if len(options) > 1:
        return _choice("loss", *options), {}
    return (), {"loss": options[0]} if options else {}


def _trees_of_a_step(given: Facts) -> int:
    """Of boosting: of more than two classes one for each."""
    return given.classes if given.classes > 2 else 1


def _quantile(given: Facts) -> Configuration:
    """What a model fitted for a quantile's metric answers."""
    if given.metric not in QUANTILES:
        return {}
    return {"loss": "quantile", "quantile": QUANTILES[given.metric]}
