"""Features of a view in a model's feature set, as known at each row's time."""

from typing import Any

import msgspec
import numpy as np
import pytest
from evergreen.contracts import keys
from evergreen.contracts.columns import Categories, Values
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.feature_set import JoinReport, Manifest
from evergreen.contracts.model_file import ModelFile, ViewUse
from evergreen.contracts.signature import Lookup, Signature
from evergreen.contracts.view_file import Online, ViewFile, parse
from evergreen.errors import InvalidTable, NotFound
from evergreen.feature_set import read_rows
from evergreen.features.joined import Joined, joined
from evergreen.frame import Frame
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.columnar import World, csv, model_file, table
from tests.fakes.view_reference import features_at
from tests.fakes.views import ViewWorld

DAY = 86_400 * 10**9
Row = dict[str, Any]


def view(**changes: Any) -> ViewFile:
    """Two entity columns, a number and a category."""
    stated: dict[str, Any] = {
        "name": "weather",
        "entity": ["origin", "mast"],
        "event_time": {"column": "at"},
        "created_time": {"column": "published"},
        "columns": {"temp": "number", "note": "category"},
        "features": {
            "temp": {"of": "temp"},
            "mean": {"of": "temp", "take": "mean", "over": "60d"},
            "note": {"of": "note"},
        },
    }
    return parse(stated | changes)


def row(origin: str, mast: str, day: int, temp: float | None, late: int = 0) -> Row:
    note = "" if temp is None else f"n{day}"
    times = {TIME: day * DAY, CREATED: (day + late) * DAY}
    return {"origin": origin, "mast": mast, **times, "temp": temp, "note": note}


def world(*datasets: list[Row], **changes: Any) -> ViewWorld:
    """A built view."""
    made = ViewWorld(view(**changes))
    for number, rows in enumerate(datasets):
        made.dataset(f"d{number}", rows)
        made.build(f"d{number}")
    return made


def asked(origins: list[str], masts: Values, days: list[int]) -> Frame:
    """A model's rows."""
    columns: dict[str, Values] = {"from": np.array(origins, dtype=np.str_), "mast": masts}
    return Frame(columns, np.zeros(len(days), np.int8), np.array(days, np.int64) * DAY)


def model(**use: Any) -> ModelFile:
    """A model that joins the view; its own column for the origin has another name."""
    stated = ViewUse(**({"on": {"origin": "from", "mast": "mast"}} | use))
    return msgspec.structs.replace(model_file(), views={"weather": stated})


def join(made: ViewWorld, rows: Frame, **use: Any) -> Joined:
    return joined(model(**use), rows, store=made.features, views=made.views)


def values(found: Values) -> list[Any]:
    if isinstance(found, Categories):
        return [str(text) for text in found.text()]
    return [None if np.isnan(value) else float(value) for value in found]


ONE = np.array(["1", "1", "1", "1"])


def test_a_late_row_is_joined_only_from_when_it_was_known() -> None:
    made = world([row("JFK", "1", 10, 5.0), row("JFK", "1", 20, 7.0, late=30)])
    found = join(made, asked(["JFK"] * 4, ONE, [9, 25, 49, 50])).columns["weather.temp"]
    assert values(found) == [None, 5.0, 5.0, 7.0]


def test_a_lead_asks_for_what_was_known_so_long_before() -> None:
    made = world([row("JFK", "1", 10, 5.0), row("JFK", "1", 20, 7.0)])
    found = join(made, asked(["JFK"] * 4, ONE, [10, 12, 21, 22]), lead="2d")
    assert values(found.columns["weather.temp"]) == [None, 5.0, 5.0, 7.0]


def test_an_entity_that_the_view_does_not_know_has_missing_features_and_is_counted() -> None:
    made = world([row("JFK", "1", 10, 5.0)])
    found = join(made, asked(["JFK", "LGA", "", "JFK"], np.array(["1", "1", "1", "2"]), [20] * 4))
    assert values(found.columns["weather.temp"]) == [5.0, None, None, None]
    assert values(found.columns["weather.note"]) == ["n10", "", "", ""]
    assert found.joins[0].rows_without == 3


@pytest.mark.parametrize(
    ("stale", "found"),
    [("answer", [5.0, 5.0, 5.0]), ("null", [5.0, None, None]), ("refuse", [5.0, None, None])],
)
def test_a_row_that_would_be_stale_at_serving_is_stale_in_training(stale: str, found: Any) -> None:
    made = world([row("JFK", "1", 10, 5.0)], online={"stale_after": "30d", "stale": stale})
    answer = join(made, asked(["JFK"] * 3, ONE[:3], [39, 40, 400]))
    assert values(answer.columns["weather.temp"]) == found
    assert answer.joins[0].rows_without == found.count(None)


def test_an_entity_may_be_a_number_in_the_models_table() -> None:
    made = world([row("JFK", "1", 10, 5.0)])
    found = join(made, asked(["JFK", "JFK"], np.array([1.0, np.nan]), [20, 20]))
    assert values(found.columns["weather.temp"]) == [5.0, None]


def test_the_signature_learns_how_serving_finds_the_same_features() -> None:
    made = world([row("JFK", "1", 10, 5.0)], online={"missing": "refuse"})
    found = join(made, asked(["JFK"], ONE[:1], [20]), features=("note", "mean"))
    inputs = {"weather.note": "note", "weather.mean": "mean"}
    assert list(found.columns) == list(inputs)
    assert found.lookups == (Lookup("weather", ("from", "mast"), inputs, Online(missing="refuse")),)
    build = made.views.view("weather").build
    assert found.joins == (JoinReport("weather", build, ("note", "mean"), 0),)


def test_months_that_cannot_matter_are_not_read() -> None:
    rows = [row("JFK", "1", day, float(day)) for day in range(0, 400, 5)]
    made = world(rows, online={"stale_after": "20d"})
    for part in made.manifest.partitions:
        if part.month not in ("1970-06", "1970-07"):
            del made.features.objects[part.key]
    found = join(made, asked(["JFK", "LGA"], ONE[:2], [190, 190]))
    assert values(found.columns["weather.temp"]) == [190.0, None]


SOURCE = st.lists(
    st.builds(
        row,
        st.sampled_from(["EWR", "JFK"]),
        st.sampled_from(["1", "2"]),
        st.integers(0, 200),
        st.one_of(st.none(), st.floats(-50, 50)),
        st.sampled_from([0, 0, 3, 50]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(SOURCE, min_size=1, max_size=2),
    st.lists(
        st.tuples(
            st.sampled_from(["EWR", "JFK", "LGA"]), st.sampled_from("12"), st.integers(0, 260)
        ),
        min_size=1,
    ),
)
def test_build_and_join_give_what_the_definition_says(
    datasets: list[list[Row]], rows: list[tuple[str, str, int]]
) -> None:
    origins, masts, days = (list(column) for column in zip(*rows, strict=True))
    found = join(world(*datasets), asked(origins, np.array(masts), days)).columns
    for number, (origin, mast, day) in enumerate(rows):
        source = [each for rows_of_one in datasets for each in rows_of_one]
        entity = {"origin": origin, "mast": mast}
        expected = features_at(view(), source, entity, day * DAY) or {}
        for feature in view().features:
            value = values(found[f"weather.{feature}"])[number]
            missing = "" if feature == "note" else None
            assert value == pytest.approx(expected.get(feature, missing))


def test_a_feature_set_holds_the_views_features_and_says_which_build_they_are_of() -> None:
    cars = World(views={"cars": {"on": {"car": "car"}}})
    stated = {
        "name": "cars",
        "entity": ["car"],
        "event_time": {"column": "at"},
        "columns": {"weight": "number", "make": "category"},
        "features": {"weight": {"of": "weight"}, "make": {"of": "make"}},
    }
    made = ViewWorld(parse(stated), cars.views)
    made.features = cars.features
    bought = int(np.datetime64("1998-01-01", "ns").astype(np.int64))
    rows = [{"car": f"c{n}", TIME: bought, "weight": n, "make": f"m{n % 2}"} for n in range(200)]
    made.dataset("d1", rows)
    made.build("d1")
    dataset = cars.ingest(csv(table())).dataset
    first = cars.split(dataset)
    signature = cars.document(keys.feature_set(first, "signature.json"), Signature)
    inputs = [(column.name, column.type, column.origin) for column in signature.inputs]
    assert inputs[2:] == [("cars.weight", "number", "view"), ("cars.make", "category", "view")]
    assert [lookup.keys for lookup in signature.lookups] == [("car",)]
    for split in ("train", "test"):
        frame = read_rows(cars.features, first, split)
        known = frame.time >= bought
        weight = np.array([float(car[1:]) for car in texts(frame, "car")])
        assert np.isnan(frame.columns["cars.weight"][~known]).all()
        assert (frame.columns["cars.weight"][known] == weight[known]).all()
    joins = cars.document(keys.feature_set(first, "manifest.json"), Manifest).joins
    assert [join.build for join in joins] == [made.manifest.build]
    made.dataset("d2", [rows[0] | {TIME: bought + DAY}])
    made.build("d2")
    assert cars.split(dataset) != first


def texts(frame: Frame, name: str) -> list[str]:
    values = frame.columns[name]
    return [str(text) for text in (values.text() if isinstance(values, Categories) else values)]


def test_a_view_without_a_build_says_how_to_make_one() -> None:
    with pytest.raises(InvalidTable, match="'weather' has no build yet; build it first: evergreen"):
        join(world(), asked(["JFK"], ONE[:1], [20]))


def test_an_unknown_view_is_named() -> None:
    made = world([row("JFK", "1", 10, 5.0)])
    other = msgspec.structs.replace(model(), views={"wether": ViewUse()})
    with pytest.raises(NotFound, match="no feature view 'wether'"):
        joined(other, asked(["JFK"], ONE[:1], [20]), store=made.features, views=made.views)


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        ({"features": ("wind",)}, "has no feature 'wind'; its features are temp, mean, note"),
        ({"on": {"station": "from"}}, "on names 'station', but the entity of that view is origin"),
        ({"on": {"origin": "airport"}}, "about origin, and the model has no column 'airport'"),
    ],
)
def test_a_model_file_that_does_not_fit_the_view_is_told_what_to_mend(
    use: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidTable, match=sentence):
        join(world([row("JFK", "1", 10, 5.0)]), asked(["JFK"], ONE[:1], [20]), **use)
