"""FLAML and AutoGluon as their documentation says to use them, on one thread."""

import tempfile
from typing import Any

TARGET = "target"


def flaml_fitted(rows: Any, target: Any, task: dict[str, Any], seed: int, budget: float) -> Any:
    """FLAML's AutoML with all the learners that it chooses itself."""
    from flaml import AutoML

    automl = AutoML()
    automl.fit(
        rows.astype(dict.fromkeys(task["categories"], "category")),
        target,
        task="regression" if task["problem"] == "regression" else "classification",
        metric="rmse" if task["problem"] == "regression" else "log_loss",
        time_budget=budget,
        n_jobs=1,
        seed=seed,
        verbose=0,
    )
    return automl


def flaml_trials(fitted: Any) -> tuple[int, str]:
    """How many configurations it tried, and what won."""
    return sum(fitted._iter_per_learner.values()), str(fitted.best_estimator)


class Predictor:
    """AutoGluon's medium quality without the families that need torch."""

    def __init__(self, rows: Any, target: Any, task: dict[str, Any], budget: float) -> None:
        from autogluon.tabular import TabularPredictor

        regression = task["problem"] == "regression"
        self.regression = regression
        self.predictor = TabularPredictor(
            label=TARGET,
            problem_type=task["problem"],
            eval_metric="root_mean_squared_error" if regression else "log_loss",
            path=tempfile.mkdtemp(),
            verbosity=0,
        ).fit(
            rows.assign(target=target),
            time_limit=budget,
            presets="medium_quality",
            num_cpus=1,
            num_gpus=0,
        )

    def predict(self, rows: Any) -> Any:
        """The number of each row."""
        return self.predictor.predict(rows).to_numpy()

    def predict_proba(self, rows: Any) -> Any:
        """The probability of each class, in the order of their numbers."""
        return self.predictor.predict_proba(rows, as_multiclass=True).to_numpy()

    def trials(self) -> tuple[int, str]:
        """How many models it fitted, and which answers."""
        return len(self.predictor.model_names()), str(self.predictor.model_best)
