"""NannyML's univariate drift of two Parquet files, with its default methods and ten chunks of the
reference: ``nannyml_check.py FOLDER``, in its own environment. Prints the columns that alert."""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml  # noqa: E402
import pandas as pd  # noqa: E402


def main(folder: Path) -> None:
    """Check the window against the reference."""
    before, now = (pd.read_parquet(folder / f"{name}.parquet") for name in ("reference", "window"))
    calculator = nannyml.UnivariateDriftCalculator(column_names=list(before), chunk_number=10)
    table = calculator.fit(before).calculate(now).filter(period="analysis").to_df()
    alerts = [name for name in before if _share(table, name) >= _MOST]
    print(json.dumps(sorted(alerts)))  # noqa: T201


_MOST = 0.5
"""Of the chunks that must alert: one of ten does by chance."""


def _share(table: pd.DataFrame, column: str) -> float:
    named = [each for each in table.columns if each[0] == column and each[2] == "alert"]
    return max(float(table[each].mean()) for each in named)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
