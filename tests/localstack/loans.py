"""A small credit table that moves: after 2020 incomes rise and debt, not income, decides."""

import csv
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import yaml

MODEL_FILE: dict[str, Any] = {
    "name": "loans",
    "problem": "binary",
    "target": {"column": "defaulted", "positive": "yes"},
    "time": {"column": "year", "unit": "year"},
    "features": {"income": "number", "debt": "number", "region": "category"},
    "protected": ["sex"],
    "decision": {"adverse": "positive", "reasons": {"income": "The income is low."}},
    "exclude": {"collected": "known only after the default"},
    "search": {"trials": 4, "parallel": 2, "seed": 3},
    "gates": {"metric_at_least": 0.6, "fairness_gap": 0.5},
    "serving": {"refresh_seconds": 1},
    "deploy": {"steps": [{"share": 0.5, "minutes": 0.1}]},
    "monitor": {"psi_at_least": 0.2, "rows_at_least": 300},
    "retrain": {
        "on": ["performance", "drift", "growth"],
        "outcomes_at_least": 1500,
        "cool_down_minutes": 600,
        "confirmations": 1,
    },
}


def new_name(word: str) -> str:
    """A model's name that no other test took, on whatever cloud."""
    return f"{word}-{uuid4().hex[:6]}"


def rows(years: range, *, count: int, seed: int) -> list[dict[str, Any]]:
    """``count`` loans over ``years``, with the outcome and the column that leaks it."""
    random = np.random.default_rng(seed)
    made = []
    for year in random.choice(list(years), count):
        later = year > 2020
        income = float(random.normal(30 if later else 20, 5))
        debt = float(random.normal(10, 4))
        burden = (debt - 10) / 2 if later else (20 - income) / 2.5
        defaulted = bool(random.random() < 1 / (1 + np.exp(-burden)))
        made.append(
            {
                "year": int(year),
                "income": round(income, 3),
                "debt": round(debt, 3),
                "region": str(random.choice(["north", "south", "west"])),
                "sex": str(random.choice(["f", "m"])),
                "collected": int(defaulted),
                "defaulted": "yes" if defaulted else "no",
            }
        )
    return made


def as_csv(table: list[dict[str, Any]]) -> bytes:
    """The table as a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue().encode()


def request(row: dict[str, Any]) -> dict[str, Any]:
    """What an application sends: no outcome, nothing that leaks it."""
    return {column: row[column] for column in ("income", "debt", "region", "sex", "year")}


def write_model_file(folder: Path, **changes: Any) -> Path:
    """The model file, with top-level keys changed; None leaves a key out."""
    document = {k: v for k, v in (MODEL_FILE | changes).items() if v is not None}
    path = folder / f"{document.get('name', 'model')}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path
