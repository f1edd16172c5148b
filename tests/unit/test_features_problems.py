"""A feature set of each problem: what its frames hold, and what is said of them."""

import msgspec
import numpy as np
import pytest
from evergreen.contracts.columns import Categories
from evergreen.contracts.feature_set import Manifest
from evergreen.contracts.profile import CategoryProfile, NumberProfile, Profile
from evergreen.contracts.signature import Signature
from evergreen.contracts.table import ColumnRule
from evergreen.contracts.views import OnlineRow
from evergreen.errors import InvalidTable, NotFound
from evergreen.feature_set import read_rows
from evergreen.past import past, reach
from evergreen.series import steps_of

from tests.fakes.flow import HOUR, PROBLEMS, TIME, World, table


def parts(world):
    name = world.split()
    frames = {s: read_rows(world.features, name, s) for s in ("train", "validation", "test")}
    return name, frames, world.document(name, "signature.json", Signature)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_plain_and_encoded_text_give_the_same_feature_set_byte_for_byte(problem):
    made = []
    for encoded in (True, False):
        world = World(problem)
        world.put(table(), encoded=encoded)
        world.split()
        made.append({k: v for k, v in world.features.objects.items() if k.startswith("feature")})
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("problem", "kind", "classes"),
    [
        ("binary", np.int8, ("no", "yes")),
        ("multiclass", np.int16, ("low", "middle", "top")),
        ("regression", np.float64, ()),
        ("forecast", np.float64, ()),
    ],
)
def test_the_target_the_signature_and_the_manifest_fit_the_problem(problem, kind, classes):
    world = World(problem)
    name, frames, signature = parts(world)
    assert (signature.problem, signature.classes) == (problem, classes)
    manifest = world.document(name, "manifest.json", Manifest)
    for split, frame in zip(manifest.splits, frames.values(), strict=True):
        assert frame.target.dtype == kind
        counted = {c: int((frame.target == i).sum()) for i, c in enumerate(classes)}
        assert split.classes == counted
        assert split.mean == (None if classes else pytest.approx(frame.target.mean()))
    profile = world.document(name, "profile.json", Profile)
    assert isinstance(profile.target, CategoryProfile if classes else NumberProfile)
    assert profile.rows == manifest.splits[0].rows + manifest.splits[1].rows


def test_numbers_that_are_null_are_missing_and_so_is_text_that_is_null():
    rows = table()
    rows["mode"] = np.where(rows["mode"] == "", None, rows["mode"])
    world, as_text = World("regression", rows), World("regression")
    assert world.split() == as_text.split()
    _, frames, signature = parts(world)
    assert np.isnan(frames["train"].columns["speed"]).any()
    assert [c.nullable for c in signature.inputs] == [True, False, True]
    assert signature.inputs[2].values == ("auto", "hand")
    assert world.features.objects.keys() == as_text.features.objects.keys()
    for key, body in world.features.objects.items():
        assert key.endswith("data.parquet") or body == as_text.features.objects[key]


def test_a_column_of_another_type_than_the_model_states_is_refused():
    world = World("regression")
    world.put(table() | {"speed": table()["mode"]})
    with pytest.raises(InvalidTable, match="'speed' is not the number that the model file states"):
        world.split()


def test_columns_of_the_calendar_and_of_the_past_follow_the_tables_own_and_say_so():
    _, frames, signature = parts(World("forecast"))
    names = ["speed", "angle", "mode", "when.hour", "power.lag_3", "power.lag_24"]
    origins = ["request"] * 3 + ["calendar", "past", "past"]
    assert [c.name for c in signature.inputs] == names
    assert [c.origin for c in signature.inputs] == origins
    assert list(frames["train"].columns) == [*names, "turbine"]
    hour = frames["test"].time // HOUR % 24
    np.testing.assert_array_equal(frames["test"].columns["when.hour"], hour)


def test_the_past_of_a_row_is_its_own_series_value_so_many_steps_before():
    _, frames, _ = parts(World("forecast"))
    every = frames["train"].then(frames["validation"]).then(frames["test"])
    turbine = every.columns["turbine"].text()
    known = dict(zip(zip(turbine, every.time, strict=True), every.target, strict=True))
    for lag in (3, 24):
        column = every.columns[f"power.lag_{lag}"]
        for row in range(0, len(every), 7):
            before = known.get((turbine[row], every.time[row] - lag * HOUR))
            assert np.isnan(column[row]) if before is None else column[row] == np.float32(before)


def test_nothing_later_than_the_horizon_is_looked_at():
    rows = table()
    changed = {**rows, "power": rows["power"].copy()}
    late = rows[TIME] > np.sort(rows[TIME])[-40]
    changed["power"][late] += 1e6
    first, second = World("forecast", rows), World("forecast", changed)
    before = read_rows(first.features, first.split(), "test")
    after = read_rows(second.features, second.split(), "test")
    start = np.min(rows[TIME][late])
    early = before.time < start + 3 * HOUR
    assert early.any()
    for name in ("power.lag_3", "power.lag_24"):
        # Rows of one time stand in the order of their content, which has changed.
        one, other = (np.sort(f.columns[name][early]) for f in (before, after))
        np.testing.assert_array_equal(one, other)


def test_rolling_origins_lie_between_two_times_of_the_validation_split():
    world = World("forecast")
    name, frames, _ = parts(world)
    origins = world.document(name, "manifest.json", Manifest).origins
    both = frames["train"].then(frames["validation"])
    assert len(origins) == 3
    assert origins[0] == len(frames["train"])
    for origin in origins:
        assert both.time[origin - 1] < both.time[origin]
    world = World("regression")
    assert world.document(world.split(), "manifest.json", Manifest).origins == ()


def test_a_forecasts_splits_never_cut_a_time_that_series_share():
    _, frames, _ = parts(World("forecast", split={"validation": 0.201, "test": 0.199}))
    times = [set(frame.time.tolist()) for frame in frames.values()]
    assert len(set.union(*times)) == sum(map(len, times))


def test_a_gap_is_missing_in_the_past_of_later_rows_and_counted_in_the_rule():
    rows = table()
    gone = (rows[TIME] - rows[TIME].min()) // HOUR == 100
    world = World("forecast", {name: values[~gone] for name, values in rows.items()})
    name, frames, _ = parts(world)
    train = frames["train"]
    after = (train.time - rows[TIME].min()) // HOUR == 103
    assert np.isnan(train.columns["power.lag_3"][after]).all()
    assert "The table lacks 2 steps" in world.document(name, "manifest.json", Manifest).rule


def test_two_rows_of_one_time_and_series_are_refused_with_what_to_do():
    with pytest.raises(
        InvalidTable, match=r"name the columns that tell series.*clean.key: \[when\]"
    ):
        World("forecast", forecast={"step": "1h", "horizon": 3}).split()


def test_rows_that_do_not_keep_to_the_step_are_refused():
    stated = {"step": "2h", "horizon": 3, "series": ["turbine"]}
    with pytest.raises(InvalidTable, match="at no whole number of steps of 2h after"):
        World("forecast", forecast=stated).split()


def test_a_few_rows_off_the_grid_are_kept_and_looked_up_by_nobody():
    rows = table()
    rows[TIME][40:44] += HOUR // 2
    _, frames, _ = parts(World("forecast", rows))
    assert sum(map(len, frames.values())) == 600


def test_the_history_is_what_the_next_rows_of_each_series_will_look_back_at():
    world = World(
        "forecast", forecast={"step": "1h", "horizon": 3, "means": [5], "series": ["turbine"]}
    )
    name, frames, signature = parts(world)
    stored = world.document(name, "history.json", list[OnlineRow])
    assert [row.entity for row in stored] == ['["T1"]', '["T2"]']
    assert {row.view for row in stored} == {"past/wind"}
    forecast = signature.forecast
    assert {len(row.values["values"]) for row in stored} == {reach(forecast) + 3}
    every = frames["train"].then(frames["validation"]).then(frames["test"])
    for row in stored:
        mine = every.columns["turbine"].text() == row.entity[2:-2]
        assert row.event == every.time[mine].max()
        kept = np.array(row.values["values"])
        times = row.event - np.arange(len(kept))[::-1] * HOUR
        np.testing.assert_array_equal(steps_of(row)[0], times)
        following = row.event + np.arange(1, 4) * HOUR
        order = np.argsort(every.time[mine])
        whole = past(forecast, every.time[mine][order], every.target[mine][order], following)
        for short, long in zip(past(forecast, times, kept, following), whole, strict=True):
            np.testing.assert_allclose(short, long)


def test_only_a_forecast_leaves_a_history():
    world = World("regression")
    name = world.split()
    with pytest.raises(NotFound):
        world.document(name, "history.json", list[OnlineRow])


def test_a_columns_rule_travels_with_the_signature_for_requests_to_be_cleaned_alike():
    clean = {"missing": ["?"], "columns": {"speed": {"missing": [-999], "at_most": 40}}}
    _, _, signature = parts(World("forecast", clean=clean))
    speed, angle, _, hour, *_ = signature.inputs
    assert speed.rule == ColumnRule(missing=(-999, "?"), at_most=40)
    assert angle.rule == ColumnRule(missing=("?",))
    assert hour.rule is None


def test_another_problem_calendar_or_forecast_is_another_feature_set():
    names = {World("regression").split(), World("forecast").split()}
    names.add(World("regression", calendar=["hour"]).split())
    names.add(
        World("forecast", forecast={"step": "1h", "horizon": 4, "series": ["turbine"]}).split()
    )
    assert len(names) == 4


def test_frames_hold_text_as_codes_of_the_values_that_are_there():
    _, frames, _ = parts(World("regression"))
    mode = frames["test"].columns["mode"]
    assert isinstance(mode, Categories)
    assert mode.values == ("", "auto", "hand")
    assert mode.codes.dtype == np.uint8


def test_a_number_typed_series_is_named_by_its_canonical_text():
    rows = table()
    rows["turbine"] = np.where(rows["turbine"] == "T1", 1.0, 2.0)
    world = World(
        "forecast",
        rows,
        features={"speed": "number", "angle": "number", "mode": "category", "turbine": "number"},
    )
    stored = world.document(world.split(), "history.json", list[OnlineRow])
    assert [row.entity for row in stored] == ['["1"]', '["2"]']


def test_the_history_of_a_series_with_a_gap_holds_null_there():
    rows = table()
    gone = (rows[TIME] == np.sort(rows[TIME])[-5]) & (rows["turbine"] == "T1")
    world = World("forecast", {name: values[~gone] for name, values in rows.items()})
    body = world.features.read(f"feature-sets/{world.split()}/history.json")
    first, second = (row["values"]["values"] for row in msgspec.json.decode(body))
    assert (first[-3], first.count(None)) == (None, 1)
    assert None not in second
