"""From a configuration to an unfitted estimator."""

from typing import Any

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor

from evergreen.contracts.signature import Signature
from evergreen.contracts.stages import Configuration
from evergreen.errors import InvalidTable
from evergreen.estimators.factory import own_estimator
from evergreen.estimators.narrowing import FACTORY
from evergreen.estimators.neighbours import NeighboursClassifier, NeighboursRegressor
from evergreen.estimators.space import FAMILY

SEED = 0

_OURS = (FAMILY, "loss", "numbers", "categories", "penalty", "epochs", "units", "layers")
"""Settings that are no argument of the estimator, or not as they stand."""

_SEEDED: dict[str, Any] = {"random_state": SEED}
_WHOLE: dict[str, Any] = _SEEDED | {"early_stopping": False}
_LONG: dict[str, Any] = {"max_iter": 1000}
_CLASSIFIERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "logistic": (LogisticRegression, _LONG),
    "gradient boosting": (HistGradientBoostingClassifier, _WHOLE),
    "extra trees": (ExtraTreesClassifier, _SEEDED),
    "random forest": (RandomForestClassifier, _SEEDED),
    "nearest neighbours": (NeighboursClassifier, {}),
    "neural network": (MLPClassifier, _SEEDED),
}
_REGRESSORS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ridge": (Ridge, {}),
    "elastic net": (ElasticNet, {}),
    "poisson": (PoissonRegressor, _LONG),
    "linear quantile": (QuantileRegressor, {}),
    "gradient boosting": (HistGradientBoostingRegressor, _WHOLE),
    "extra trees": (ExtraTreesRegressor, _SEEDED),
    "random forest": (RandomForestRegressor, _SEEDED),
    "nearest neighbours": (NeighboursRegressor, {}),
    "neural network": (MLPRegressor, _SEEDED),
}
_LASSO = {"l1_ratio": 1, "solver": "saga", "max_iter": 100, "tol": 1e-3}


def estimator(signature: Signature, configuration: Configuration) -> Any:
    """What the configuration says, unfitted.

    Raises:
        InvalidTable: the family is unknown, or no family of the problem.
        InvalidModelFile: the search's own factory gives no estimator.
    """
    family = str(configuration[FAMILY])
    if family == FACTORY:
        own = {k: v for k, v in configuration.items() if k not in (FAMILY, FACTORY)}
        return own_estimator(str(configuration[FACTORY]), signature, own)
    made = (_CLASSIFIERS if signature.classes else _REGRESSORS).get(family)
    if made is None:
        raise InvalidTable(f"No family '{family}' answers a {signature.problem} problem.")
    kind, always = made
    settings: dict[str, Any] = {k: v for k, v in configuration.items() if k not in _OURS}
    return kind(**always | settings | _said_otherwise(family, configuration))


def _said_otherwise(family: str, stated: Configuration) -> dict[str, Any]:
    """What scikit-learn has other words for."""
    found: dict[str, Any] = {}
    if stated.get("class_weight") == "none":
        found["class_weight"] = None
    if stated.get("penalty") == "l1":
        found |= _LASSO
    if family == "neural network":
        layers = (int(stated.get("units") or 64),) * int(stated.get("layers") or 1)
        found["hidden_layer_sizes"] = layers
    if family == "gradient boosting" and "loss" in stated:
        # Of the logarithm, which is the target's affair.
        log = stated["loss"] == "squared_log_error"
        found["loss"] = "squared_error" if log else stated["loss"]
    return found
