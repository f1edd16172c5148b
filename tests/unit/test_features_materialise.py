"""The newest row of each entity reaches the online store, however builds come and stop."""

import io

import msgspec
import pandas as pd
import pytest
from evergreen.contracts import keys
from evergreen.contracts.dataset import CREATED, TIME
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import MaterialiseInput, MaterialiseOutput, RunInput
from evergreen.contracts.view_file import ViewFile, parse
from evergreen.contracts.views import OnlineRow, Partition, ViewManifest, entity_key
from evergreen.digest import sha256
from evergreen.errors import Conflict
from evergreen.features import materialise
from msgspec.structs import replace

from tests.fakes.memory import FixedClock, MemoryOnlineStore, MemoryRegistry, MemoryStore
from tests.fakes.views import MemoryViews

AT = "2026-01-01T00:00:00.000Z"
RUN = RunInput(run_id="r1", model="view/weather", sources=("raw/w.csv",))
FILE = parse(
    {
        "name": "weather",
        "entity": ["place", "level"],
        "event_time": {"column": "at"},
        "columns": {"wind": "number", "sky": "category"},
        "features": {"wind": {"of": "wind"}, "sky": {"of": "sky"}},
    }
)
Feature = tuple[str, int, int, float, str]
"""Place, event, known, wind and sky."""


class World:
    """The surroundings of one view."""

    def __init__(self, file: ViewFile = FILE) -> None:
        self.store, self.online = MemoryStore(), MemoryOnlineStore()
        self.views, self.registry = MemoryViews(), MemoryRegistry()
        self.views.apply(file, "me", AT)
        self.registry.open_run(msgspec.convert(msgspec.to_builtins(RUN) | {"started_at": AT}, Run))

    def build(
        self, name: str, months: dict[str, list[Feature]], revision: int = 1, at: str = AT
    ) -> None:
        """Write a build as the contract lays it out, and commit it."""
        if revision > self.views.view("weather").revision:
            self.views.apply(replace(FILE, exclude={"x": "new"}), "me", AT)
        partitions = tuple(self._month(name, month, rows) for month, rows in months.items())
        manifest = ViewManifest(
            view="weather", build=name, revision=revision, datasets=("d",), rows=0,
            oldest="", newest="", rebuilt=tuple(months), partitions=partitions,
        )  # fmt: skip
        body = msgspec.json.encode(manifest)
        self.store.write(keys.view("weather", f"builds/{name}/manifest.json"), body)
        self.views.commit_build(self.views.view("weather"), name, at)

    def _month(self, build: str, month: str, rows: list[Feature]) -> Partition:
        table = pd.DataFrame(
            [{"place": p, "level": "2", TIME: e, CREATED: k, "wind": w, "sky": s}
             for p, e, k, w, s in rows]
        )  # fmt: skip
        body = io.BytesIO()
        table.to_parquet(body)
        key = keys.view("weather", f"builds/{build}/month={month}.parquet")
        self.store.write(key, body.getvalue())
        return Partition(month, key, sha256(body.getvalue()), len(rows))

    def run(self, build: str) -> MaterialiseOutput:
        return materialise(
            MaterialiseInput(RUN, build), store=self.store, views=self.views, online=self.online,
            registry=self.registry, clock=FixedClock(),
        )  # fmt: skip

    def events(self) -> dict[str, tuple[int, int]]:
        return {msgspec.json.decode(row.entity)[0]: (row.event, row.known)
                for row in self.online.rows.values()}  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


JANUARY: list[Feature] = [("a", 1, 1, 1.5, "fog"), ("a", 2, 9, 2.5, ""), ("b", 2, 2, 0.1, "sun")]
FEBRUARY: list[Feature] = [("a", 30, 31, float("nan"), "sun"), ("a", 30, 30, 7.0, "fog")]


def test_each_entitys_newest_row_of_all_months_is_written_and_what_is_no_value_is_null(
    world: World,
) -> None:
    world.build("b1", {"2026-01": JANUARY, "2026-02": FEBRUARY})
    done = world.run("b1")
    assert (done.written, done.newer) == (2, 0)
    assert done.summary == "2 entities written, 0 newer ones left"
    assert world.events() == {"a": (30, 31), "b": (2, 2)}
    values = {"wind": None, "sky": "sun"}
    a = OnlineRow("weather", entity_key(["a", "2"]), 30, 31, values, 1, 1)  # type: ignore[arg-type]
    assert world.online.rows["weather", a.entity] == a
    assert world.registry.run("r1").status == "built"


def test_the_same_build_again_offers_nothing(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY, "2026-02": FEBRUARY})
    world.run("b1")
    assert (world.run("b1").written, world.run("b1").newer) == (0, 0)


def test_an_old_month_built_later_leaves_what_is_newer(world: World) -> None:
    world.build("b1", {"2026-02": FEBRUARY})
    world.run("b1")
    world.build("b2", {"2026-01": JANUARY, "2026-02": FEBRUARY})
    done = world.run("b2")
    assert (done.written, done.newer) == (1, 1)
    assert world.events() == {"a": (30, 31), "b": (2, 2)}


def test_a_build_that_was_stopped_half_way_is_made_good_by_the_next(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY, "2026-02": FEBRUARY})
    write, left = world.online.write, [1]

    def once(rows: list[OnlineRow]) -> int:
        if not left:
            raise ConnectionError("killed")
        left.pop()
        return write(rows)

    world.online.write = once  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        world.run("b1")
    assert world.events() == {"a": (30, 31)}
    world.online.write = write  # type: ignore[method-assign]
    world.build(
        "b2", {"2026-01": JANUARY, "2026-02": FEBRUARY, "2026-03": [("c", 70, 70, 1.0, "")]}
    )
    assert world.run("b2").written == 2
    assert set(world.events()) == {"a", "b", "c"}


def test_a_row_that_came_late_changes_the_newest_row_of_the_same_event(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY})
    world.run("b1")
    world.build("b2", {"2026-01": [("a", 2, 9, 99.0, ""), JANUARY[2]]})
    assert world.run("b2").written == 2
    assert world.online.rows["weather", entity_key(["a", "2"])].values["wind"] == 99.0


def test_a_run_that_comes_after_a_newer_build_offers_that_one(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY})
    world.build("b2", {"2026-01": [("a", 2, 9, 99.0, "")]})
    world.run("b1")
    assert world.online.rows["weather", entity_key(["a", "2"])].values["wind"] == 99.0


def test_a_view_that_was_changed_meanwhile_is_not_served_from_the_old_build(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY})
    world.views.apply(replace(FILE, exclude={"x": "new"}), "me", AT)
    with pytest.raises(Conflict, match="build it again"):
        world.run("b1")
    assert world.online.rows == {}


def test_a_changed_view_file_replaces_rows_of_the_same_event(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY})
    world.run("b1")
    world.build("b2", {"2026-01": [("a", 2, 9, 99.0, "")]}, revision=2)
    assert world.run("b2").written == 1
    assert world.online.rows["weather", entity_key(["a", "2"])].values["wind"] == 99.0


def test_an_old_build_does_not_bring_an_erased_entity_back(world: World) -> None:
    world.build("b1", {"2026-01": JANUARY})
    world.run("b1")
    assert world.online.erase("weather", entity_key(["a", "2"]), AT)
    world.build("b2", {"2026-01": [*JANUARY, ("a", 3, 9, 1.0, "")]}, revision=2)
    world.run("b2")
    assert set(world.events()) == {"b"}
