"""Who is told of checks that keep failing, and how often."""

from contextlib import contextmanager, nullcontext
from datetime import timedelta

import pytest
from evergreen.monitor import sweep as module

from tests.fakes.columnar import MODEL
from tests.fakes.watched import NOW, Watched, moved

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> Watched:
    return moved()


@contextmanager
def failing(monkeypatch):
    """Checks fail meanwhile."""
    with monkeypatch.context() as broken:
        broken.setattr(module, "check", lambda *a, **k: 1 / 0)
        yield


def test_checks_that_keep_failing_are_told_once_until_one_succeeds(world, monkeypatch):
    with failing(monkeypatch):
        for hours in range(12):
            world.sweep(NOW + hours * HOUR)
    ((subject, message),) = world.alerts.sent
    assert subject == "Evergreen: checks of crash fail"
    assert message.startswith("The last 2 checks of crash failed: ZeroDivisionError")


def test_checks_that_fail_twice_and_then_do_not_again_and_again_are_told_once_a_day(
    world, monkeypatch
):
    for hour in range(48):
        with failing(monkeypatch) if hour % 3 else nullcontext():
            world.sweep(NOW + hour * HOUR, (MODEL,))
    failures = [subject for subject, _ in world.alerts.sent if subject.endswith("fail")]
    assert len(failures) == 2


def test_what_fails_the_checks_of_many_models_is_one_message(world, monkeypatch):
    for number in range(6):
        world.add(f"m{number}")
    with failing(monkeypatch):
        for hour in range(6):
            world.sweep(NOW + hour * HOUR)
    ((subject, message),) = world.alerts.sent
    assert subject == "Evergreen: checks of 7 models fail"
    assert message.startswith("Checks of 7 models fail: crash, m0, m1 and 4 more.")
    assert "- 7 models: ZeroDivisionError" in message
    assert "https://console/reports/fleet.html" in message
