"""NannyML's values on :mod:`benchmarks.monitoring.referee_data`, in NannyML's environment:
``PYTHONPATH=. build/peers/nannyml/bin/python benchmarks/monitoring/peers/nannyml_values.py``.

All analysis rows are one chunk. ``drift`` holds each column's ``jensen_shannon`` and
``kolmogorov_smirnov`` or ``chi2`` (its statistic); the others hold by metric what was
``estimated`` without outcomes, and what was ``realized``.
"""

import json
import logging
import os
import warnings
from importlib.metadata import version
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml  # noqa: E402
import pandas as pd  # noqa: E402

from benchmarks.monitoring import referee_data  # noqa: E402

FILE = Path("tests/unit/referees/nannyml.json")
_METRICS = ["roc_auc", "f1", "accuracy"]


def main() -> None:
    """Write the file."""
    found = {
        "nannyml": version("nannyml"),
        "drift": _drift(),
        "binary": _classes(*referee_data.binary(), problem="classification_binary", scores="score"),
        "multiclass": _classes(
            *referee_data.multiclass(),
            problem="classification_multiclass",
            scores={label: label for label in referee_data.CLASSES},
        ),
        "regression": _numbers(),
    }
    FILE.write_text(json.dumps(found, indent=1) + "\n")


def _drift() -> dict[str, dict[str, float]]:
    before, now = (pd.DataFrame(side) for side in referee_data.drift())
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(before),
        continuous_methods=["jensen_shannon", "kolmogorov_smirnov"],
        categorical_methods=["jensen_shannon", "chi2"],
        chunk_number=1,
    )
    table = calculator.fit(before).calculate(now).filter(period="analysis").to_df()
    return {
        name: {
            method: float(table[(name, method, "value")].iloc[0])
            for method in ("jensen_shannon", "kolmogorov_smirnov", "chi2")
            if (name, method, "value") in table
        }
        for name in before
    }


def _classes(before: dict, now: dict, *, problem: str, scores: object) -> dict:
    named = {"y_pred_proba": scores, "y_pred": "predicted", "y_true": "truth"}
    estimator = nannyml.CBPE(problem_type=problem, metrics=_METRICS, chunk_number=1, **named)
    return _told(estimator, pd.DataFrame(before), pd.DataFrame(now), _METRICS)


def _numbers() -> dict:
    before, now = (pd.DataFrame(side) for side in referee_data.regression())
    estimator = nannyml.DLE(
        feature_column_names=["x", "z"],
        y_pred="predicted",
        y_true="truth",
        metrics=["mae", "rmse"],
        chunk_number=1,
    )
    return _told(estimator, before, now, ["mae", "rmse"])


def _told(estimator, before: pd.DataFrame, now: pd.DataFrame, metrics: list[str]) -> dict:
    table = estimator.fit(before).estimate(now).to_df()
    last = table.iloc[-1]
    return {
        metric: {"estimated": float(last[(metric, "value")]), "realized": _realized(last, metric)}
        for metric in metrics
    }


def _realized(last: pd.Series, metric: str) -> float | None:
    return float(last[(metric, "realized")]) if (metric, "realized") in last else None


if __name__ == "__main__":
    main()
