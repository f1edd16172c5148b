"""Evidently's values on :mod:`benchmarks.monitoring.referee_data`, in Evidently's environment:
``PYTHONPATH=. build/peers/evidently/bin/python benchmarks/monitoring/peers/evidently_values.py``.

By column: ``psi``, ``js`` (Jensen-Shannon distance, natural logarithm), ``ks`` or ``chi2``
(p-value), and the shares that the first two compare, in Evidently's own bins.
"""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

warnings.filterwarnings("ignore")

import pandas as pd  # noqa: E402
from evidently import Report  # noqa: E402
from evidently.legacy.calculations.stattests.utils import get_binned_data  # noqa: E402
from evidently.legacy.core import ColumnType  # noqa: E402
from evidently.metrics import ValueDrift  # noqa: E402

from benchmarks.monitoring import referee_data  # noqa: E402

FILE = Path("tests/unit/referees/evidently.json")


def main() -> None:
    """Write the file."""
    before, now = (pd.DataFrame(side) for side in referee_data.drift())
    columns = {name: _column(before, now, name) for name in before}
    document = {"evidently": version("evidently"), "columns": columns}
    FILE.write_text(json.dumps(document, indent=1) + "\n")


def _column(before: pd.DataFrame, now: pd.DataFrame, name: str) -> dict[str, object]:
    text = not pd.api.types.is_numeric_dtype(before[name])
    methods = {"psi": "psi", "js": "jensenshannon"} | (
        {"chi2": "chisquare"} if text else {"ks": "ks"}
    )
    found: dict[str, object] = {
        key: _value(before, now, name, method) for key, method in methods.items()
    }
    kind = ColumnType.Categorical if text else ColumnType.Numerical
    for key, filled in (("psi", True), ("js", False)):
        shares = get_binned_data(before[name], now[name], kind, 30, filled)
        found[f"{key}_before"], found[f"{key}_now"] = (side.tolist() for side in shares)
    return found


def _value(before: pd.DataFrame, now: pd.DataFrame, name: str, method: str) -> float:
    report = Report([ValueDrift(column=name, method=method)])
    return float(report.run(now, before).dict()["metrics"][0]["value"])


if __name__ == "__main__":
    main()
