"""Builds of a view: increments, repetition, and two at once."""

from typing import Any

import pyarrow as pa
import pytest
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.view_file import ViewFile, parse
from evergreen.erasure import Entity, tombstones
from evergreen.errors import Conflict, InvalidTable, NotFound
from evergreen.features import view_build
from evergreen.features.aggregate import feature_rows
from evergreen.privacy import KEY
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.memory import MemoryStore
from tests.fakes.views import AT, BetweenReadAndCommit, ViewWorld

DAY = 86_400 * 10**9
Rows = list[dict[str, Any]]


def view(**changes: Any) -> ViewFile:
    """Windows of half a month and a month, and lags."""
    stated: dict[str, Any] = {
        "name": "weather",
        "entity": ["origin"],
        "event_time": {"column": "at"},
        "created_time": {"column": "published"},
        "columns": {"temp": "number"},
        "features": {
            "half": {"of": "temp", "take": "sum", "over": "15d"},
            "month": {"of": "temp", "take": "mean", "over": "30d"},
            "before": {"of": "temp", "take": "lag", "back": 2},
        },
    }
    return parse(stated | changes)


def row(origin: str, day: int, temp: float, late: int = 0) -> dict[str, Any]:
    return {"origin": origin, TIME: day * DAY, CREATED: (day + late) * DAY, "temp": temp}


def daily(first: int, last: int, origin: str = "JFK") -> Rows:
    """A row a day, day 0 being 1970-01-01."""
    return [row(origin, day, day * 0.1) for day in range(first, last)]


def table(rows: Rows) -> pa.Table:
    kinds = {"origin": pa.string(), TIME: pa.int64(), CREATED: pa.int64(), "temp": pa.float64()}
    return pa.table({n: pa.array([r[n] for r in rows], kind) for n, kind in kinds.items()})


SOURCE = st.lists(
    st.builds(
        row,
        st.sampled_from(["EWR", "JFK", "LGA"]),
        st.integers(0, 160),
        st.floats(-50, 50),
        st.sampled_from([0, 0, 1, 40, 200]),
    ),
    min_size=1,
    max_size=12,
)


def partitions(world: ViewWorld) -> list[tuple[str, str, str]]:
    return [(part.month, part.key, part.sha256) for part in world.manifest.partitions]


@settings(max_examples=15, deadline=None)
@given(st.lists(SOURCE, min_size=2, max_size=4), st.randoms(), st.booleans())
def test_increments_in_any_order_make_the_build_that_all_rows_make(
    datasets: list[Rows], random: Any, apart: bool
) -> None:
    worlds = [ViewWorld(view()), ViewWorld(view())]
    numbers = list(range(len(datasets)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view_build, "BYTES_AT_ONCE", 0 if apart else 2**20)
        for world in worlds:
            for number in numbers:
                world.dataset(f"d{number}", datasets[number])
                world.build(f"d{number}")
            random.shuffle(numbers)
    everything = table([row for rows in datasets for row in rows])
    whole = feature_rows(view(), everything, 0, 10_000 * DAY)
    order = [("origin", "ascending"), (TIME, "ascending"), (CREATED, "ascending")]
    assert worlds[0].rows().sort_by(order).equals(whole.sort_by(order))
    assert worlds[0].manifest.build == worlds[1].manifest.build
    assert partitions(worlds[0]) == partitions(worlds[1])


def test_a_later_month_leaves_the_months_before_it_where_they_are() -> None:
    world = ViewWorld(view())
    world.dataset("d1", daily(0, 120))
    first = world.build("d1")
    before = {part.month: part for part in world.manifest.partitions}
    world.dataset("d2", daily(120, 150))
    second = world.build("d2")
    assert first.build != second.build
    after = world.manifest
    assert after.rebuilt == ("1970-05",)
    assert after.partitions[:4] == tuple(before.values())[:4]
    assert second.summary == "150 feature rows, 1970-01 to 1970-05, 1 of 5 months computed"


def test_a_late_row_changes_the_months_its_windows_and_lags_reach_and_no_other() -> None:
    world = ViewWorld(view())
    world.dataset("d1", daily(0, 300))
    world.build("d1")
    world.dataset("d2", [row("JFK", 100, 1000.0, late=50), row("EWR", 100, 1.0)])
    world.build("d2")
    assert world.manifest.rebuilt == ("1970-04", "1970-05")


def test_a_lag_reaches_over_months_without_an_event() -> None:
    world = ViewWorld(view(features={"before": {"of": "temp", "take": "lag", "back": 2}}))
    world.dataset("d1", [row("JFK", 0, 1.0), row("JFK", 200, 2.0), row("JFK", 290, 3.0)])
    world.build("d1")
    assert world.rows()["before"].to_pylist() == [None, None, 1.0]
    world.dataset("d2", [row("JFK", 100, 4.0)])
    world.build("d2")
    assert world.rows()["before"].to_pylist() == [None, None, 1.0, 4.0]
    assert world.manifest.rebuilt == ("1970-04", "1970-07", "1970-10")


def test_a_dataset_built_again_changes_nothing() -> None:
    world = ViewWorld(view())
    world.dataset("d1", daily(0, 40))
    made = world.build("d1")
    objects = dict(world.features.objects)
    again = world.build("d1")
    assert again.build == made.build
    assert again.summary == "40 feature rows, which had it already"
    assert world.features.objects == objects
    assert world.views.view("weather").builds == 1


def test_of_two_builds_at_once_the_second_reads_again_and_has_both_datasets() -> None:
    views = BetweenReadAndCommit(lambda: ViewWorld.build(world, "d2") and None)
    world = ViewWorld(view(), views)
    world.dataset("d1", daily(0, 60))
    world.dataset("d2", daily(60, 100))
    world.build("d1")
    assert world.manifest.datasets == ("d1", "d2")
    assert views.view("weather").builds == 2
    alone = ViewWorld(view())
    for name in ("d2", "d1"):
        alone.dataset(name, daily(0, 60) if name == "d1" else daily(60, 100))
        alone.build(name)
    assert alone.manifest.build == world.manifest.build


class Dying(MemoryStore):
    """A bucket whose function is killed at its n-th write."""

    left = 10**9

    def write(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        if not self.left:
            raise SystemExit
        self.left -= 1
        super().write(key, body, content_type)


@pytest.mark.parametrize("writes", range(7))
def test_a_build_that_was_killed_is_the_same_when_it_is_started_again(writes: int) -> None:
    world, other = ViewWorld(view()), ViewWorld(view())
    world.features = Dying()
    for each in (world, other):
        each.dataset("d1", daily(0, 90))
        each.dataset("d2", daily(40, 100, "EWR"))
    world.features.left = writes
    with pytest.raises(SystemExit):
        world.build("d1")
    assert world.views.view("weather").build == ""
    world.features.left = 10**9
    for name in ("d2", "d1"):  # another dataset's build is not disturbed by what was left behind.
        world.build(name)
    for name in ("d1", "d2"):
        other.build(name)
    assert partitions(world) == partitions(other)


def test_a_view_file_that_changes_during_a_build_ends_it_with_what_to_do() -> None:
    views = BetweenReadAndCommit(lambda: views.apply(changed, "bob", AT) and None)
    changed = view(features={"temp": {"of": "temp"}})
    world = ViewWorld(view(), views)
    world.dataset("d1", daily(0, 10))
    with pytest.raises(Conflict, match="'weather' was changed during the build; start it again"):
        world.build("d1")
    assert views.view("weather").build == ""


def test_a_changed_view_file_starts_without_the_datasets_of_the_old_one() -> None:
    world = ViewWorld(view())
    world.dataset("d1", daily(0, 10))
    world.dataset("d2", daily(10, 20))
    world.build("d1")
    world.file = view(features={"temp": {"of": "temp"}})
    world.views.apply(world.file, "bob", AT)
    world.build("d2")
    assert world.manifest.datasets == ("d2",)
    world.build("d1")
    assert world.rows()["temp"].to_pylist() == pytest.approx([day * 0.1 for day in range(20)])


def test_without_a_created_time_a_row_is_known_at_its_event() -> None:
    world = ViewWorld(view(created_time=None))
    world.dataset("d1", daily(0, 5))
    world.build("d1")
    assert world.rows()[CREATED].to_pylist() == world.rows()[TIME].to_pylist()


def test_a_row_created_before_its_event_is_known_from_its_event_on() -> None:
    world = ViewWorld(view())
    world.dataset("d1", [row("JFK", 10, 1.0, late=-5)])
    world.build("d1")
    assert world.rows()[CREATED].to_pylist() == [10 * DAY]


def test_rows_without_an_entity_are_left_out_and_counted() -> None:
    world = ViewWorld(view())
    world.dataset("d1", [*daily(0, 3), row("", 1, 5.0), row("", 2, 5.0)])
    assert world.build("d1").summary == (
        "3 feature rows, 1970-01 to 1970-01, 1 of 1 months computed; "
        "2 rows without an entity left out"
    )


def test_an_entity_that_was_erased_comes_back_only_with_what_became_known_since() -> None:
    world = ViewWorld(view())
    world.features.write(KEY, b"k" * 32)
    world.dataset("d1", [*daily(0, 50), *daily(0, 50, "EWR")])
    world.build("d1")
    jfk = Entity({"origin": "JFK"}, b"k" * 32)
    tombstones.mark(world.features, world.file, jfk, "1970-02-10T00:00:00.000Z")
    world.dataset("d2", [*daily(35, 45), *daily(50, 52, "EWR")])
    world.build("d2")
    rows = world.rows().to_pylist()
    since = [row[TIME] // DAY for row in rows if row["origin"] == "JFK" and row[TIME] >= 31 * DAY]
    assert since == list(range(40, 50))
    assert sum(row["origin"] == "EWR" for row in rows) == 52


def test_a_dataset_in_which_no_row_has_an_entity_is_refused() -> None:
    world = ViewWorld(view())
    world.dataset("d1", [row("", 1, 5.0)])
    with pytest.raises(InvalidTable, match="No row of the dataset has a value in origin"):
        world.build("d1")


def test_a_dataset_of_another_view_file_is_refused_with_its_column() -> None:
    world = ViewWorld(view())
    world.dataset("d1", daily(0, 3))
    world.file = view(columns={"temp": "number", "wind": "number"})
    world.views.apply(world.file, "bob", AT)
    with pytest.raises(InvalidTable, match="lacks wind, which the view 'weather' takes"):
        world.build("d1")


def test_a_build_of_a_view_that_nobody_applied_says_so() -> None:
    world = ViewWorld(view())
    world.file = view(name="wether")
    with pytest.raises(NotFound, match="no feature view 'wether'"):
        world.build("d1")
