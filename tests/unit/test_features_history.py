"""What a forecast's table had goes on as the past of the rows that are asked next."""

import msgspec
from evergreen.contracts import keys
from evergreen.contracts.stages import FeaturesInput, FeaturesOutput, RunInput
from evergreen.contracts.views import OnlineRow
from evergreen.features import keep_history
from evergreen.series import steps_of

from tests.fakes.memory import MemoryOnlineStore, MemoryRegistry, MemoryStore
from tests.fakes.serving import AT, MODEL, model_file

HOUR = 3600 * 10**9
FORECAST = {
    "problem": "forecast",
    "target": {"column": "trips"},
    "features": {},
    "protected": [],
    "time": {"column": "at"},
    "forecast": {"step": "1h", "horizon": 1, "lags": [1, 2], "series": ["station"]},
}


def world(**changes: object) -> tuple[MemoryStore, MemoryOnlineStore, MemoryRegistry]:
    """A model, and the history that its feature set has."""
    store, registry = MemoryStore(), MemoryRegistry()
    registry.apply(model_file(**changes), "me", AT)
    said = {"values": [1.0, None, 3.0], "step": 3600.0}
    rows = [
        OnlineRow(f"past/{MODEL}", f'["{station}"]', 9 * HOUR, 9 * HOUR, said) for station in "ab"
    ]
    store.write(keys.feature_set("fs", "history.json"), msgspec.json.encode(rows))
    return store, MemoryOnlineStore(), registry


def kept(store: MemoryStore, online: MemoryOnlineStore, registry: MemoryRegistry) -> None:
    given = FeaturesInput(RunInput(run_id="r", model=MODEL, sources=()), "ds")
    made = FeaturesOutput("fs", "split")
    assert keep_history(given, made, store=store, online=online, registry=registry) == made


def test_every_series_of_the_table_is_there_for_the_rows_that_are_asked_next() -> None:
    store, online, registry = world(**FORECAST)
    kept(store, online, registry)
    kept(store, online, registry)  # the stage, tried again
    assert set(online.rows) == {(f"past/{MODEL}", '["a"]'), (f"past/{MODEL}", '["b"]')}
    for row in online.rows.values():
        times, values = steps_of(row)
        assert times.tolist() == [7 * HOUR, 8 * HOUR, 9 * HOUR]
        assert values[[0, 2]].tolist() == [1.0, 3.0]


def test_a_model_that_is_no_forecast_leaves_nothing() -> None:
    store, online, registry = world()
    kept(store, online, registry)
    assert online.rows == {}
