"""Losses of real tables as functions of a configuration, cheap enough to search many times.

Of six families, 64 configurations each are cross-validated on five tables, and a Gaussian process
goes through their losses (a surrogate benchmark: Eggensperger et al. 2015). Measured once, and kept
family by family below ``build/bench-tuning/losses/``.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from evergreen.contracts.stages import Configuration
from evergreen.estimators.space import FAMILY, Choice, Family, Setting
from evergreen.tune.proposals.cube import configuration_at, options, point
from numpy.typing import NDArray
from scipy.stats import qmc
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.tuning.small_tables import TABLES, Table

_KEPT = Path(__file__).resolve().parents[2] / "build" / "bench-tuning" / "losses"
_MEASURED = 64
_FITS = 60


def _whole(name: str, low: float, high: float, *, log: bool = True) -> Setting:
    middle = (low * high) ** 0.5 if log else (low + high) / 2
    return Setting(name, low, high, round(middle), kind="integer", log=log)


def _real(name: str, low: float, high: float, *, log: bool = True) -> Setting:
    middle = (low * high) ** 0.5 if log else (low + high) / 2
    return Setting(name, low, high, middle, log=log)


_FOREST = (
    _whole("max_depth", 3, 14, log=False),
    _whole("min_samples_leaf", 1, 50),
    _real("max_features", 0.05, 1.0, log=False),
)

SPACE = {
    "linear": Family((_real("C", 1e-4, 1e2), _real("l1_ratio", 0.0, 1.0, log=False))),
    "boosting": Family(
        (
            _real("learning_rate", 0.01, 0.5),
            _whole("max_leaf_nodes", 3, 63),
            _whole("min_samples_leaf", 2, 100),
            _real("l2_regularization", 1e-3, 30),
            _real("max_features", 0.2, 1.0, log=False),
        )
    ),
    "extra": Family((*_FOREST, Choice("second", (False, True), default=False))),
    "forest": Family(_FOREST),
    "neighbours": Family(
        (
            _whole("n_neighbors", 1, 100),
            Choice("weights", ("uniform", "distance"), "uniform"),
            Choice("p", (1, 2), 2),
        )
    ),
    "network": Family(
        (
            _real("learning_rate_init", 1e-4, 3e-2),
            _real("alpha", 1e-6, 1.0),
            _whole("units", 8, 128),
        )
    ),
}


class Losses:
    """The loss of any configuration of :data:`SPACE` on one table.

    ``best`` is the least that 20,000 draws find, ``middle`` their median.
    """

    def __init__(self, name: str) -> None:
        kept = _measured(name)
        self._models = {family: _through(*kept[family], family) for family in SPACE}
        drawn = self._drawn(np.random.default_rng(0), 20_000)
        self.best, self.middle = float(drawn.min()), float(np.median(drawn))

    def __call__(self, configuration: Configuration) -> float:
        """The loss."""
        family = str(configuration[FAMILY])
        at = _coordinates(family, point(SPACE[family], configuration)[None])
        return float(np.exp(self._models[family].predict(at))[0])

    def _drawn(self, random: np.random.Generator, count: int) -> NDArray[np.float64]:
        each = count // len(SPACE)
        return np.concatenate(
            [
                np.exp(model.predict(_coordinates(name, _spread(name, random.random((each, 9))))))
                for name, model in self._models.items()
            ]
        )


def _measured(name: str) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    found = {}
    for family in SPACE:
        file = _KEPT / name / f"{family}.npz"
        if not file.exists():
            _measure(TABLES[name](), family, file)
        with np.load(file) as kept:
            found[family] = kept["points"], kept["losses"]
    return found


def _measure(table: Table, name: str, file: Path) -> None:
    family = SPACE[name]
    points = _spread(name, qmc.Sobol(len(family.settings), seed=1).random(_MEASURED))
    losses = [_validated(table, configuration_at(name, family, each)) for each in points]
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.with_suffix(".part.npz")
    np.savez(whole, points=points, losses=np.array(losses))
    whole.rename(file)


def _spread(name: str, units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points of a family from coordinates of 0 to 1, of which it takes the first."""
    counts = options(SPACE[name])
    columns = [units[:, j] if not n else units[:, j] * n // 1 for j, n in enumerate(counts)]
    return np.column_stack(columns)


def _coordinates(name: str, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Options side by side: 0 and 1 are as far apart as half of a number's range."""
    return points * [0.5 if n else 1.0 for n in options(SPACE[name])]


def _through(
    points: NDArray[np.float64], losses: NDArray[np.float64], name: str
) -> GaussianProcessRegressor:
    """Of the logarithm; what is seven times the median or worse is equally bad."""
    logs = np.minimum(np.log(losses), np.log(np.median(losses)) + 2)
    scales = Matern([0.5] * points.shape[1], (0.05, 20), nu=2.5)
    kernel = ConstantKernel(1) * scales + WhiteKernel(1e-3, (1e-6, 0.1))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return process.fit(_coordinates(name, points), logs)


def _validated(table: Table, configuration: Configuration) -> float:
    regression = table.regression
    folds = (KFold if regression else StratifiedKFold)(3, shuffle=True, random_state=0)
    scoring = "neg_root_mean_squared_error" if regression else "neg_log_loss"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = cross_val_score(
            _estimator(configuration, regression=regression),
            table.rows,
            table.target,
            cv=folds,
            scoring=scoring,
            error_score="raise",
        )
    return float(-scores.mean())


def _estimator(configuration: Configuration, *, regression: bool) -> Any:
    chosen: dict[str, Any] = {k: v for k, v in configuration.items() if k != FAMILY}
    match configuration[FAMILY]:
        case "linear":
            return make_pipeline(StandardScaler(), _linear(chosen, regression=regression))
        case "boosting":
            boosting = (
                HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
            )
            return boosting(max_iter=_FITS, random_state=0, **chosen)
        case "extra":
            second = chosen.pop("second")
            own = (
                {"bootstrap": second} if regression else {"criterion": ["gini", "entropy"][second]}
            )
            extra = ExtraTreesRegressor if regression else ExtraTreesClassifier
            return extra(n_estimators=50, random_state=0, **own, **chosen)
        case "forest":
            forest = RandomForestRegressor if regression else RandomForestClassifier
            return forest(n_estimators=50, random_state=0, **chosen)
        case "neighbours":
            near = KNeighborsRegressor if regression else KNeighborsClassifier
            return make_pipeline(StandardScaler(), near(**chosen))
        case _:
            units = (chosen.pop("units"),)
            network = MLPRegressor if regression else MLPClassifier
            made = network(hidden_layer_sizes=units, max_iter=_FITS, random_state=0, **chosen)
            return make_pipeline(StandardScaler(), made)


def _linear(chosen: dict[str, Any], *, regression: bool) -> Any:
    if regression:
        return ElasticNet(alpha=0.01 / chosen["C"], l1_ratio=chosen["l1_ratio"], max_iter=300)
    return LogisticRegression(solver="saga", max_iter=_FITS, **chosen)
