"""What the three plain searches share: cross-validation, the budget, and the last fit."""

from typing import Any

import numpy as np
from cpu import Over, at_most, now
from pipelines import FAMILY, build
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import KFold, StratifiedKFold

_FEW_ROWS = 5_000
_SHARE_OF_A_TRIAL = 0.2


class Search:
    """Counts trials, keeps the best, and ends in time for the best to be fitted again.

    A trial that takes more than a fifth of the budget is given up, as a practitioner would.
    """

    def __init__(
        self, rows: Any, target: Any, task: dict[str, Any], seed: int, budget: float
    ) -> None:
        self.rows, self.target, self.task, self.seed = rows, target, task, seed
        self.budget, self.began = budget, now()
        self.best: tuple[float, dict[str, Any], float] | None = None
        self.trials = 0
        self.folds = 5 if len(rows) <= _FEW_ROWS else 3

    @property
    def left(self) -> float:
        """Seconds that trials may still take."""
        refit = self.best[2] / (self.folds - 1) if self.best else self.budget * 0.1
        return self.budget - (now() - self.began) - refit

    def loss(self, configuration: dict[str, Any]) -> float | None:
        """The configuration's mean loss over the folds; None where it took too long or failed."""
        began = now()
        self.trials += 1
        try:
            with at_most(min(self.left, self.budget * _SHARE_OF_A_TRIAL)):
                loss = self._validated(configuration)
        except (Over, ValueError):
            return None
        if self.best is None or loss < self.best[0]:
            self.best = (loss, configuration, now() - began)
        return loss

    def fitted(self) -> Any:
        """The best, fitted on all rows; where no trial ended in time, a linear model."""
        configuration = self.best[1] if self.best else {FAMILY: "linear", "C": 1.0}
        return build(configuration, self.task, self.seed).fit(self.rows, self.target)

    def _validated(self, configuration: dict[str, Any]) -> float:
        kind = KFold if self.task["problem"] == "regression" else StratifiedKFold
        parts = kind(self.folds, shuffle=True, random_state=self.seed)
        losses = []
        for train, test in parts.split(self.rows, self.target):
            model = build(configuration, self.task, self.seed)
            model.fit(self.rows.iloc[train], self.target.iloc[train])
            losses.append(self._measured(model, test))
        return float(np.mean(losses))

    def _measured(self, model: Any, test: Any) -> float:
        rows, target = self.rows.iloc[test], self.target.iloc[test]
        if self.task["problem"] == "regression":
            return root_mean_squared_error(target, model.predict(rows))
        return log_loss(target, model.predict_proba(rows), labels=range(self.task["classes"]))
