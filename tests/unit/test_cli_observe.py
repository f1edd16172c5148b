"""Actual values reach the series that a model forecasts."""

from pathlib import Path

import msgspec
import pytest
from evergreen.contracts.model_file import Forecast
from evergreen.contracts.signature import Column
from evergreen.contracts.table import Time
from evergreen.series import steps_of

from tests.fakes.cloud import MemoryCloud, sentence, served, terminal
from tests.fakes.serving import MODEL, SIGNATURE, World

FORECAST = Forecast(step="1h", horizon=1, lags=(1, 24), series=("station",))
INPUTS = tuple(Column(f"trips.lag_{lag}", "number", True, origin="past") for lag in (1, 24))


@pytest.fixture
def cloud() -> MemoryCloud:
    """A cloud that serves a forecast."""
    world = World()
    signature = msgspec.structs.replace(
        SIGNATURE, target="trips", context=("at", "station"), time=Time("at"), forecast=FORECAST,
        inputs=INPUTS, problem="forecast", classes=(),
    )  # fmt: skip
    world.promote(world.register(signature=signature).number)
    return MemoryCloud(world)


def observed(cloud: MemoryCloud, folder: Path, text: str) -> object:
    path = folder / "new.csv"
    path.write_text("at,station,trips\n" + text)
    return terminal(cloud)("observe", MODEL, path)


def test_values_are_added_to_their_series_and_corrected(cloud: MemoryCloud, tmp_path: Path) -> None:
    first = observed(cloud, tmp_path, "2025-12-31T22:00:00Z,a,5\n2025-12-31T22:00:00Z,b,7\n")
    assert "2 values of 2 series" in first.stdout  # type: ignore[attr-defined]
    observed(cloud, tmp_path, "2025-12-31T23:00:00Z,a,6\n2025-12-31T22:00:00Z,a,4\n")
    row = cloud.online.rows[f"past/{MODEL}", '["a"]']
    assert steps_of(row)[1].tolist() == [4.0, 6.0]


def test_a_row_whose_value_is_missing_is_left_out_as_in_training(
    cloud: MemoryCloud, tmp_path: Path
) -> None:
    text = "2025-12-31T22:00:00Z,a,NA\n2025-12-31T21:00:00Z,a,5\n2025-12-31T20:00:00Z,a,\n"
    said = observed(cloud, tmp_path, text)
    assert "1 values of 1 series" in said.stdout  # type: ignore[attr-defined]
    assert "2 rows without a 'trips' left out." in said.stderr  # type: ignore[attr-defined]
    assert steps_of(cloud.online.rows[f"past/{MODEL}", '["a"]'])[1].tolist() == [5.0]


def test_a_table_without_the_target_is_no_observation(cloud: MemoryCloud, tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    path.write_text('[{"at": "2025-12-31", "station": "a"}]')
    assert "Row 1 has no 'trips', which holds" in sentence(terminal(cloud)("observe", MODEL, path))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2027-01-01,a,5", "Row 1 is of the future"),
        ("soon,a,5", "Row 1 has no time in 'at'"),
        ("2025-12-31,,5", "Row 1 has no 'station'"),
        ("2025-12-31,a,many", "Row 1 has no number in 'trips': 'many'."),
    ],
)
def test_a_row_that_is_no_observation_is_named(
    cloud: MemoryCloud, tmp_path: Path, line: str, said: str
) -> None:
    assert said in sentence(observed(cloud, tmp_path, line))  # type: ignore[arg-type]
    assert cloud.online.rows == {}


def test_a_model_that_forecasts_nothing_has_no_series(tmp_path: Path) -> None:
    assert "is no forecast" in sentence(observed(served(), tmp_path, "2025-12-31,a,5"))  # type: ignore[arg-type]
