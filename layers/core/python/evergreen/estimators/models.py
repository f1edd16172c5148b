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
from evergreen.estimators.space import FAMILY

SEED = 0

_OURS = (FAMILY, FACTORY, "loss", "numbers", "categories", "penalty", "epochs", "units", "layers")
"""Settings that are no argument of the estimator."""

_ITERATIONS = 1000


def estimator(signature: Signature, configuration: Configuration) -> Any:
    """What the configuration says, unfitted.

    Raises:
        InvalidTable: the family is unknown, or no family of the problem.
    """
    settings: dict[str, Any] = {k: v for k, v in configuration.items() if k not in _OURS}
    if settings.get("class_weight") == "none":
        del settings["class_weight"]
    family = str(configuration[FAMILY])
    if family == FACTORY:
        return own_estimator(str(configuration[FACTORY]), signature, settings)
    made = (_classifier if signature.classes else _regressor)(family, settings, configuration)
    if made is None:
        raise InvalidTable(f"No family '{family}' answers a {signature.problem} problem.")
    return made


def _classifier(family: str, settings: dict[str, Any], stated: Configuration) -> Any:
    match family:
        case "logistic" if stated.get("penalty") == "l1":
            return LogisticRegression(**settings, l1_ratio=1, solver="saga", max_iter=100, tol=1e-3)
        case "logistic":
            return LogisticRegression(**settings, max_iter=_ITERATIONS)
        case "gradient boosting":
            return HistGradientBoostingClassifier(
                **settings, early_stopping=False, random_state=SEED
            )
        case "extra trees":
            return ExtraTreesClassifier(**settings, random_state=SEED)
        case "random forest":
            return RandomForestClassifier(**settings, random_state=SEED)
        case "neural network":
            return MLPClassifier(_layers(stated), **settings, random_state=SEED)
    return None


def _regressor(family: str, settings: dict[str, Any], stated: Configuration) -> Any:
    linear = {"ridge": Ridge, "elastic net": ElasticNet}
    forests = {"extra trees": ExtraTreesRegressor, "random forest": RandomForestRegressor}
    loss = str(stated.get("loss", "squared_error"))
    if family in linear:
        return linear[family](**settings)
    if family in forests:
        return forests[family](**settings, random_state=SEED)
    match family:
        case "poisson":
            return PoissonRegressor(**settings, max_iter=_ITERATIONS)
        case "linear quantile":
            return QuantileRegressor(**settings)
        case "gradient boosting":
            boosted = "squared_error" if loss == "squared_log_error" else loss
            return HistGradientBoostingRegressor(
                boosted, **settings, early_stopping=False, random_state=SEED
            )
        case "neural network":
            return MLPRegressor(hidden_layer_sizes=_layers(stated), **settings, random_state=SEED)
    return None


def _layers(stated: Configuration) -> tuple[int, ...]:
    return (int(stated.get("units") or 64),) * int(stated.get("layers") or 1)
