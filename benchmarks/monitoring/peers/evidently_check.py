"""Evidently's DataDriftPreset of two Parquet files: ``evidently_check.py FOLDER``, in its own
environment. Prints the columns that it calls drifted."""

import json
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import pandas as pd  # noqa: E402
from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402


def main(folder: Path) -> None:
    """Check the window against the reference."""
    before, now = (pd.read_parquet(folder / f"{name}.parquet") for name in ("reference", "window"))
    numbers = [name for name in before if name.startswith("n")]
    kinds = DataDefinition(
        numerical_columns=numbers,
        categorical_columns=[name for name in before if name not in numbers],
    )
    sides = (Dataset.from_pandas(side, data_definition=kinds) for side in (now, before))
    found = Report([DataDriftPreset()]).run(*sides).dict()["metrics"]
    drifted = [
        metric["config"]["column"]
        for metric in found
        if "column" in metric["config"] and _moved(metric)
    ]
    print(json.dumps(sorted(drifted)))  # noqa: T201


def _moved(metric: dict) -> bool:
    limit, value = metric["config"]["threshold"], float(metric["value"])
    return value < limit if "p_value" in metric["config"]["method"] else value >= limit


if __name__ == "__main__":
    main(Path(sys.argv[1]))
