"""How far back a check looks."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from evergreen.contracts.policies import Monitor
from evergreen.monitor import reach as module
from evergreen.monitor.reach import reach
from evergreen.ports import iso

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILE = SimpleNamespace(monitor=Monitor(window="28d", rows_at_least=1000))


class Window:
    """What was served a number of times a day, with outcomes that take some days."""

    def __init__(self, since: str, a_day: float, delay: float | None) -> None:
        days = (NOW - datetime.fromisoformat(since)) / timedelta(days=1)
        self.since = since
        self.rows = int(days * a_day)
        known = 0.0 if delay is None else max(days - delay, 0.0)
        self.judged = range(int(known * a_day))

    def __len__(self) -> int:
        return self.rows

    @property
    def days(self) -> float:
        return (NOW - datetime.fromisoformat(self.since)) / timedelta(days=1)


@pytest.fixture
def looked(monkeypatch):
    """How many days drift and performance are looked for in."""

    def look(a_day: float, delay: float | None, serves: float = 2000) -> tuple[float, float]:
        monkeypatch.setattr(
            module, "read_served", lambda _f, _b, _m, since, _until: Window(since, a_day, delay)
        )
        moved = iso(NOW - timedelta(days=serves))
        found = reach(None, None, FILE, moved, NOW)
        return found.served.days, found.judged.days

    return look


def test_a_window_that_tells_enough_is_all_that_is_looked_at(looked) -> None:
    assert looked(a_day=100, delay=1) == (28, 28)


def test_a_model_of_few_requests_is_judged_by_a_longer_window(looked) -> None:
    assert looked(a_day=12, delay=1) == (112, 56)


def test_performance_is_measured_on_no_more_than_it_takes_so_that_a_loss_is_seen_soon(looked):
    assert looked(a_day=24, delay=1) == (56, 28)


def test_outcomes_that_take_longer_than_the_window_are_measured_all_the_same(looked) -> None:
    assert looked(a_day=100, delay=40) == (28, 56)


def test_nothing_is_looked_for_before_the_champion_took_over(looked) -> None:
    assert looked(a_day=1, delay=1, serves=50) == (50, 50)


def test_where_nobody_reports_outcomes_the_past_is_not_searched_for_them(looked) -> None:
    assert looked(a_day=100, delay=None) == (28, 28)
