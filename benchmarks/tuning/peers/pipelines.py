"""The space that Optuna, hyperopt and random search choose from: six families of scikit-learn, each
with the preparation that a practitioner gives it."""

from dataclasses import dataclass
from typing import Any

from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

FAMILY = "family"


@dataclass(frozen=True)
class Setting:
    """A number from ``low`` to ``high``, on a logarithmic scale unless ``log`` is False."""

    name: str
    low: float
    high: float
    whole: bool = False
    log: bool = True


_FOREST = (
    Setting("n_estimators", 50, 300, whole=True),
    Setting("max_features", 0.1, 1.0, log=False),
    Setting("min_samples_leaf", 1, 50, whole=True),
)
SPACE: dict[str, tuple[Setting, ...]] = {
    "linear": (Setting("C", 1e-4, 1e3),),
    "boosting": (
        Setting("learning_rate", 0.01, 0.5),
        Setting("max_iter", 30, 500, whole=True),
        Setting("max_leaf_nodes", 4, 128, whole=True),
        Setting("min_samples_leaf", 2, 200, whole=True),
        Setting("l2_regularization", 1e-6, 10),
    ),
    "forest": _FOREST,
    "extra trees": _FOREST,
    "neighbours": (Setting("n_neighbors", 1, 100, whole=True),),
    "network": (
        Setting("hidden", 16, 256, whole=True),
        Setting("alpha", 1e-6, 1e-1),
        Setting("learning_rate_init", 1e-4, 1e-2),
    ),
}


def build(configuration: dict[str, Any], task: dict[str, Any], seed: int) -> Any:
    """The configuration as an unfitted pipeline for the task's data frame."""
    settings = dict(configuration)
    family = settings.pop(FAMILY)
    make = _regressor if task["problem"] == "regression" else _classifier
    pipeline = Pipeline(
        [("columns", _columns(family, task)), ("model", make(family, settings, seed))]
    )
    if task["problem"] == "regression":
        return TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    return pipeline


def _columns(family: str, task: dict[str, Any]) -> ColumnTransformer:
    """Codes for trees, one column per value for the others; boosting knows gaps and categories."""
    if family in ("boosting", "forest", "extra trees"):
        texts: Any = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        numbers: Any = SimpleImputer(strategy="median")
        if family == "boosting":
            texts.set_params(unknown_value=float("nan"))
            numbers = "passthrough"
    else:
        texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype="float32")
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    steps = [("texts", texts, task["categories"]), ("numbers", numbers, task["numbers"])]
    made = ColumnTransformer([step for step in steps if step[2]], verbose_feature_names_out=False)
    return made.set_output(transform="pandas")


def _classifier(family: str, settings: dict[str, Any], seed: int) -> Any:
    if family == "linear":
        return LogisticRegression(**settings, max_iter=500)
    if family == "neighbours":
        return KNeighborsClassifier(**settings, weights="distance")
    if family == "network":
        hidden = (settings.pop("hidden"),)
        return MLPClassifier(hidden, **settings, early_stopping=True, random_state=seed)
    kinds = {
        "boosting": HistGradientBoostingClassifier,
        "forest": RandomForestClassifier,
        "extra trees": ExtraTreesClassifier,
    }
    return kinds[family](**_native(family, settings), random_state=seed)


def _regressor(family: str, settings: dict[str, Any], seed: int) -> Any:
    if family == "linear":
        return Ridge(alpha=1 / settings["C"])
    if family == "neighbours":
        return KNeighborsRegressor(**settings, weights="distance")
    if family == "network":
        hidden = (settings.pop("hidden"),)
        return MLPRegressor(hidden, **settings, early_stopping=True, random_state=seed)
    kinds = {
        "boosting": HistGradientBoostingRegressor,
        "forest": RandomForestRegressor,
        "extra trees": ExtraTreesRegressor,
    }
    return kinds[family](**_native(family, settings), random_state=seed)


def _native(family: str, settings: dict[str, Any]) -> dict[str, Any]:
    if family != "boosting":
        return settings
    return settings | {"early_stopping": False}
