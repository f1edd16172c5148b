"""A few requests as an application would send them: rows of the table, without their outcome."""

from pathlib import Path
from typing import Any

import pandas as pd
from evergreen.cli.client import Client
from evergreen.cli.tables import fit
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.table import seconds

ROWS = 3


def predictions(client: Client, model: ModelFile, file: Path) -> list[dict[str, Any]]:
    """Ask about some rows of ``file``; gives each request with what was answered."""
    rows = _next(model, file) if model.forecast else _newest(model, file)
    signature = client.describe(model.name)["signature"]
    fitted, _ = fit(rows, signature)
    answer = client.predict(model.name, fitted)
    return [
        {"row": row, "answer": {k: v for k, v in found.items() if k != "id"}}
        for row, found in zip(fitted, answer["predictions"], strict=True)
    ]


def _read(file: Path) -> pd.DataFrame:
    return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)


def _newest(model: ModelFile, file: Path) -> list[dict[str, Any]]:
    """The last rows that have their features, as the file orders them."""
    table = _read(file)[list(model.columns)].dropna(subset=list(model.features))
    asked = table.drop(columns=model.target.column).tail(ROWS)
    rows: list[dict[str, Any]] = asked.astype(object).where(asked.notna(), None).to_dict("records")
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _next(model: ModelFile, file: Path) -> list[dict[str, Any]]:
    """The steps that follow the table's newest time, which only the forecast knows of."""
    assert model.forecast is not None  # noqa: S101 - for the type checker
    assert model.time is not None  # noqa: S101 - the same
    name = model.time.column
    newest = pd.to_datetime(_read(file)[name]).max()
    step = pd.Timedelta(seconds=seconds(model.forecast.step))
    return [{name: str(newest + step * ahead)} for ahead in range(1, ROWS + 1)]
