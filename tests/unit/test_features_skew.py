"""What was served beside what the view's partitions say was known then."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from evergreen.captured import Period
from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.signature import Lookup
from evergreen.contracts.skew import FeatureSkew, SkewReport
from evergreen.contracts.table import Time
from evergreen.contracts.view_file import Online
from evergreen.errors import NotFound
from evergreen.features import check_skew
from evergreen.ports import iso
from msgspec.structs import replace

from tests.fakes.serving import MODEL, SIGNATURE, model_file
from tests.fakes.serving import World as Serving
from tests.unit.test_features_materialise import FILE
from tests.unit.test_features_materialise import World as Built

LOOKUP = Lookup("weather", ("place", "level"), {"speed": "wind", "belt": "sky"})
DEFAULT = Online()
DAY = 86_400
SECOND = 10**9
OPEN = Period("", "9999")


def at(seconds: float) -> str:
    return iso(datetime.fromtimestamp(seconds, tz=UTC))


class World:
    """A view that was built after three days, and a model that was served of it."""

    def __init__(self, created: bool = True, online: Online = DEFAULT) -> None:
        self.view = Built(replace(FILE, created_time=Time("known") if created else None))
        used = {"weather": {"on": {"place": "place", "level": "level"}}}
        features = {"age": "number", "role": "category"}
        self.serving = Serving(model_file(views=used, time={"column": "day"}, features=features))
        signature = msgspec.structs.replace(
            SIGNATURE,
            context=("place", "level"),
            lookups=(replace(LOOKUP, online=online),),
            time=Time("day", "date"),
        )
        self.serving.promote(self.serving.register(signature=signature).number)
        rows = [
            ("a", 1 * DAY, 1 * DAY, 1.0, "fog"),
            ("a", 2 * DAY, 2 * DAY, 2.0, "sun"),
            ("a", 2 * DAY, 4 * DAY, 2.5, "sun"),
            ("a", 5 * DAY, 5 * DAY, 5.0, "sun"),
        ]
        month = [(p, e * SECOND, k * SECOND, w, s) for p, e, k, w, s in rows]
        self.view.build("b1", {"1970-01": month}, at=at(3 * DAY))
        self._number = 0

    def served(self, seconds: float, place: str = "a", **values: Any) -> None:
        """Capture one row."""
        self._number += 1
        row = CapturedRow(
            f"r-{self._number}",
            {"place": place, "level": 2, "age": 1} | values,
            0.5,
            looked_up=tuple(name for name in values if name != "day"),
        )
        body = msgspec.json.encode(Capture(MODEL, 1, at(seconds), (row,)))
        self.view.store.write(f"captures/{MODEL}/dt=1970-01-01/{self._number}.json", body)

    def check(self) -> SkewReport:
        return check_skew(
            "weather",
            OPEN,
            store=self.view.store,
            artifacts=self.serving.artifacts,
            registry=self.serving.registry,
            views=self.view.views,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_what_was_served_as_it_was_known_then_is_no_skew(world: World) -> None:
    world.served(1.5 * DAY, speed=1.0, belt="fog")
    world.served(2.5 * DAY, speed=2.0, belt="sun")
    world.served(4.5 * DAY, speed=2.5, belt="sun")  # the same event, corrected later
    world.served(9 * DAY, speed=5)
    found = world.check()
    assert (found.rows, found.unknown, found.skewed) == (4, 0, False)
    assert found.features == (
        FeatureSkew("wind", 4, 0, 0, None),
        FeatureSkew("sky", 3, 0, 0, None),
    )


def test_an_older_row_before_the_build_is_late_and_after_it_skew(world: World) -> None:
    world.served(2.9 * DAY, speed=1.0)
    world.served(2.9 * DAY, speed=None)
    assert world.check().features == (FeatureSkew("wind", 2, 0, 2, None),)
    assert not world.check().skewed
    world.served(4.5 * DAY, speed=2.0)
    (wind,) = world.check().features
    assert (wind.unequal, wind.late, wind.largest) == (1, 2, 0.5)
    assert world.check().skewed


def test_a_value_that_no_row_ever_had_is_skew_and_a_category_has_no_difference(
    world: World,
) -> None:
    world.served(2.5 * DAY, speed=2.25, belt="hail")
    wind, sky = world.check().features
    assert (wind.unequal, wind.largest) == (1, 0.25)
    assert (sky.unequal, sky.largest) == (1, None)


def test_a_stale_row_that_was_answered_with_nothing_is_no_skew() -> None:
    world = World(online=Online(stale_after="2d", stale="null"))
    world.served(9 * DAY, speed=None, day="1970-01-08")
    world.served(9 * DAY, speed=5.0, day="1970-01-07")
    world.served(9 * DAY, speed=None)
    assert world.check().features == (FeatureSkew("wind", 3, 0, 0, None),)
    world.served(9 * DAY, speed=5.0, day="1970-01-08")
    assert world.check().skewed


def test_without_a_created_time_a_build_may_have_changed_what_was_served_before_it() -> None:
    world = World(created=False)
    world.served(2.5 * DAY, speed=2.25)
    (wind,) = world.check().features
    assert (wind.late, wind.unequal) == (1, 0)
    world.served(9 * DAY, speed=2.25)
    (wind,) = world.check().features
    assert (wind.late, wind.unequal) == (1, 1)


def test_an_entity_that_nobody_knew_then_is_counted_and_no_skew(world: World) -> None:
    world.served(0.5 * DAY, speed=None)
    world.served(2.5 * DAY, place="z", speed=None)
    found = world.check()
    assert (found.unknown, found.skewed) == (2, False)


def test_columns_that_the_caller_sent_are_not_compared(world: World) -> None:
    world._number = 7
    row = CapturedRow("r", {"place": "a", "level": 2, "speed": 9.0}, 0.5)
    body = msgspec.json.encode(Capture(MODEL, 1, at(DAY), (row,)))
    world.view.store.write(f"captures/{MODEL}/dt=1970-01-01/x.json", body)
    assert world.check().rows == 0


def test_a_view_without_a_build_says_so(world: World) -> None:
    world.view = Built()
    with pytest.raises(NotFound, match="never built"):
        world.check()
