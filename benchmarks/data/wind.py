"""The table of four wind turbines, 420,480 rows, and the model files that it is measured with."""

from pathlib import Path
from typing import Any

from evergreen.cli.folder import FolderStore
from evergreen.contracts.model_checks import parse
from evergreen.contracts.stages import RunInput
from evergreen.ports import Registry

from examples.catalogue import Example
from tests.fakes.memory import MemoryRegistry

KEY = "raw/scada.csv"
RUN = RunInput(run_id="run", model="wind", sources=(KEY,))

LAGS = (144, 288, 1008)
MEANS = (144, 1008)
"""Steps of ten minutes: a day, two days and a week."""

MODEL: dict[str, Any] = {
    "name": "wind",
    "problem": "forecast",
    "target": {"column": "P_avg"},
    "time": {"column": "Date_time"},
    "features": dict.fromkeys(["Ws_avg", "Wa_avg", "Va_avg", "Ot_avg"], "number"),
    "forecast": {
        "step": "10min",
        "horizon": 144,
        "lags": list(LAGS),
        "means": list(MEANS),
        "series": ["Wind_turbine_name"],
    },
    "clean": {
        "key": ["Wind_turbine_name", "Date_time"],
        "columns": {"Ot_avg": {"at_least": -50}, "Ws_avg": {"at_least": 0, "at_most": 60}},
    },
}


def table(folder: Path) -> Path:
    """Write the table below ``folder``, where the features bucket has it.

    Raises:
        WrongTable: it was not fetched.
    """
    file = folder / KEY
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        Example("wind-turbine").write(file.parent)
    return file


def bucket(folder: Path) -> FolderStore:
    """The folder as the features bucket."""
    return FolderStore(folder)


def registry() -> Registry:
    """A registry that knows the model."""
    found = MemoryRegistry()
    found.apply(parse(MODEL), "benchmark", "2026-01-01T00:00:00.000Z")
    return found
