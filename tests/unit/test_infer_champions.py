"""Who serves: seen in time, without a failed request, whatever the registry does."""

import threading

import pytest
from evergreen.contracts.registry import Alias

from tests.fakes.memory import MemoryRegistry
from tests.fakes.serving import MODEL, ROW, World, model_file


class Registry(MemoryRegistry):
    """A registry that counts what it is asked, and fails or waits when told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.failing = False
        self.waiting: threading.Event | None = None
        self.reached = threading.Event()

    def model(self, name: str):
        self.asked.append(name)
        if self.waiting:
            self.reached.set()
            self.waiting.wait(10)
        if self.failing:
            raise ConnectionError("the table is throttled")
        return super().model(name)

    def alias(self, model: str, name: str) -> Alias | None:
        if self.failing:
            raise ConnectionError("the table is throttled")
        return super().alias(model, name)

    def version(self, model: str, number: int):
        self.asked.append(f"{model}/{number}")
        return super().version(model, number)


@pytest.fixture
def world():
    world = World(registry=Registry())
    world.serve()
    return world


def version(world):
    answer = world.predict(ROW)
    assert answer["statusCode"] == 200, answer["document"]
    return answer["document"]["version"]


def test_within_the_refresh_time_the_registry_is_asked_once(world):
    for _ in range(5):
        version(world)
        world.ticks.seconds += 1.9

    assert world.registry.asked.count(MODEL) == 1


def test_a_model_files_new_refresh_time_is_taken_over(world):
    version(world)
    world.registry.apply(model_file(serving={"refresh_seconds": 1}), "me", "2026")
    world.ticks.seconds = 10
    version(world)
    world.register()
    world.promote(2)

    world.ticks.seconds = 11

    assert version(world) == 2


def test_while_the_registry_fails_what_it_last_said_is_served_for_a_quarter_of_an_hour(world):
    assert version(world) == 1
    world.registry.failing = True

    for seconds in (10, 100, 890):
        world.ticks.seconds = seconds
        assert version(world) == 1
    world.ticks.seconds = 930
    answer = world.predict(ROW)

    assert answer["statusCode"] == 503
    assert "send the request again later" in answer["document"]["detail"]


def test_a_registry_that_fails_is_not_asked_for_every_request(world):
    version(world)
    world.registry.failing = True
    world.ticks.seconds = 10
    for _ in range(10):
        version(world)

    assert world.registry.asked.count(MODEL) == 2


def test_a_registry_that_answers_again_is_believed_again(world):
    version(world)
    world.registry.failing = True
    world.ticks.seconds = 10
    version(world)
    world.registry.failing = False
    world.register()
    world.promote(2)

    world.ticks.seconds = 20

    assert version(world) == 2


def test_while_one_request_asks_the_registry_others_are_answered_by_the_old_version(world):
    assert version(world) == 1
    world.register()
    world.promote(2)
    world.ticks.seconds = 10
    world.registry.waiting = threading.Event()
    found = []
    asking = threading.Thread(target=lambda: found.append(version(world)))
    asking.start()
    assert world.registry.reached.wait(10)

    meanwhile = version(world)
    world.registry.waiting.set()
    asking.join()

    assert (meanwhile, found) == (1, [2])
    assert version(world) == 2


def test_a_new_champion_that_does_not_open_leaves_the_old_one_serving(world):
    assert version(world) == 1
    broken = world.register()
    body = world.artifacts.objects.pop(broken.draft.graph.key)
    world.promote(2)
    world.ticks.seconds = 10
    assert version(world) == 1

    world.artifacts.objects[broken.draft.graph.key] = body
    world.ticks.seconds = 15

    assert version(world) == 2


def test_no_request_fails_while_versions_are_promoted_in_a_row(world):
    seen = {version(world)}
    for number in range(2, 8):
        world.register()
        world.promote(number)
        for _ in range(4):
            world.ticks.seconds += 3
            seen.add(version(world))

    assert seen == set(range(1, 8))


def test_an_unknown_model_is_looked_for_once_a_second(world):
    for _ in range(5):
        assert world.call("GET", "/models/nobody")["statusCode"] == 404
    assert world.registry.asked.count("nobody") == 1

    world.registry.apply(model_file(name="nobody"), "me", "2026")
    world.ticks.seconds = 1.0

    assert "no champion yet" in world.call("GET", "/models/nobody")["document"]["detail"]


def test_a_name_that_no_model_can_have_is_not_looked_for(world):
    for name in ("Crash", "a_b", "x" * 64, "%00", "né"):
        assert world.call("GET", f"/models/{name}")["statusCode"] == 404

    assert world.registry.asked == []


def test_many_unknown_names_leave_little_behind(world):
    for number in range(2500):
        world.call("GET", f"/models/m{number}")

    assert len(world.inference._champions._unknown) <= 1000


def test_any_registered_version_can_be_addressed_and_is_read_once(world):
    world.register()
    for _ in range(3):
        answer = world.call("GET", f"/v2/models/{MODEL}/versions/2/ready")
        assert answer["statusCode"] == 200

    assert world.registry.asked.count(f"{MODEL}/2") == 1


def test_an_unknown_version_is_not_found_and_looked_for_once_a_second(world):
    for _ in range(3):
        answer = world.call("GET", f"/v2/models/{MODEL}/versions/9")
        assert answer["statusCode"] == 404
        assert "no version 9" in answer["document"]["detail"]

    assert world.registry.asked.count(f"{MODEL}/9") == 1
