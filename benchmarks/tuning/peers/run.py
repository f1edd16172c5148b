"""One cell: ``python run.py FOLDER TOOL SEED BUDGET FILE`` fits a tool on a division within so many
seconds of processor time, and writes what the rows that it never saw cost it."""

import importlib
import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import cpu

wall = time.monotonic
cpu.take_over()
warnings.filterwarnings("ignore")

# Only now, since whatever reads a clock has to find the processor's.
import pandas as pd  # noqa: E402
import plain  # noqa: E402
from automatic import Predictor, flaml_fitted, flaml_trials  # noqa: E402
from searching import Search  # noqa: E402
from sklearn.metrics import log_loss, root_mean_squared_error  # noqa: E402

SEARCHES = {
    "optuna": plain.optuna_search,
    "hyperopt": plain.hyperopt_search,
    "random": plain.random_search,
}
PACKAGES = {
    "optuna": ("optuna", "optuna"),
    "hyperopt": ("hyperopt", "hyperopt"),
    "random": ("scikit-learn", "sklearn"),
    "flaml": ("flaml", "flaml.automl"),
    "autogluon": ("autogluon.tabular", "autogluon.tabular"),
}
FURTHER = {"flaml": ("lightgbm", "xgboost"), "autogluon": ("lightgbm", "xgboost", "catboost")}


def main(place: Path, tool: str, seed: int, budget: float, file: Path) -> None:
    """Run the cell."""
    for name in (PACKAGES[tool][1], *FURTHER.get(tool, ())):
        importlib.import_module(name)
    task = json.loads((place / "task.json").read_text())
    train, test = (pd.read_parquet(place / f"{part}.parquet") for part in ("train", "test"))
    rows, target = train.drop(columns="target"), train["target"]
    began, begun = cpu.now(), wall()
    fitted, (trials, what) = _fitted(tool, rows, target, task, seed, budget)
    spent, waited = cpu.now() - began, wall() - begun
    loss = _loss(fitted, test.drop(columns="target"), test["target"], task)
    told = {"loss": loss, "cpu": spent, "wall": waited, "trials": trials, "what": what}
    cell = {"table": task["name"], "tool": tool, "seed": seed, "budget": budget, **told}
    cell["key"] = f"{tool} {version(PACKAGES[tool][0])}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(cell))


def _fitted(tool, rows, target, task, seed, budget):  # noqa: ANN001, ANN202
    if tool == "flaml":
        fitted = flaml_fitted(rows, target, task, seed, budget)
        return fitted, flaml_trials(fitted)
    if tool == "autogluon":
        fitted = Predictor(rows, target, task, budget)
        return fitted, fitted.trials()
    search = Search(rows, target, task, seed, budget)
    SEARCHES[tool](search)
    fitted = search.fitted()
    return fitted, (search.trials, json.dumps(search.best[1] if search.best else None))


def _loss(fitted, rows, target, task) -> float:  # noqa: ANN001
    if task["problem"] == "regression":
        return float(root_mean_squared_error(target, fitted.predict(rows)))
    return float(log_loss(target, fitted.predict_proba(rows), labels=range(task["classes"])))


if __name__ == "__main__":
    folder, name, number, seconds, out = sys.argv[1:]
    main(Path(folder), name, int(number), float(seconds), Path(out))
