"""What every keeper of feature views must do."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from evergreen.aws.views import DynamoViews
from evergreen.contracts.view_file import ViewFile, parse
from evergreen.contracts.views import View
from evergreen.errors import Conflict, NotFound
from evergreen.ports import Views
from msgspec.structs import replace

AT, LATER = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"


def file(name: str = "weather", over: str = "3h") -> ViewFile:
    """A view of one aggregate."""
    return parse(
        {
            "name": name,
            "entity": ["origin"],
            "event_time": {"column": "at"},
            "columns": {"temp": "number"},
            "features": {"warmth": {"of": "temp", "take": "mean", "over": over}},
        }
    )


def test_an_applied_view_is_read_back_as_it_was_stated(views: Views) -> None:
    applied = views.apply(file(), "ann", AT)
    assert applied == View(file(), 1, AT, "ann")
    assert views.view("weather") == applied


def test_the_same_view_file_again_changes_nothing(views: Views) -> None:
    first = views.apply(file(), "ann", AT)
    built = views.commit_build(first, "b1", AT)
    assert views.apply(file(), "bob", LATER) == built


def test_a_changed_view_file_is_the_next_revision_without_a_build(views: Views) -> None:
    views.commit_build(views.apply(file(), "ann", AT), "b1", AT)
    changed = views.apply(file(over="6h"), "bob", LATER)
    assert changed == View(file(over="6h"), 2, LATER, "bob", build="", builds=1)
    assert views.view("weather") == changed


def test_an_unknown_view_is_named_with_what_to_do(views: Views) -> None:
    with pytest.raises(NotFound, match="no feature view 'weather'; apply its view file first"):
        views.view("weather")


def test_all_views_are_listed_by_name_once(views: Views) -> None:
    assert views.names() == []
    for name in ("weather", "airports", "weather"):
        views.apply(file(name), "ann", AT)
    views.apply(file("weather", "6h"), "ann", LATER)
    assert views.names() == ["airports", "weather"]


def test_a_committed_build_is_the_views_newest(views: Views) -> None:
    first = views.commit_build(views.apply(file(), "ann", AT), "b1", AT)
    second = views.commit_build(first, "b2", LATER)
    assert (first.build, first.builds) == ("b1", 1)
    assert (second.build, second.builds, second.built_at) == ("b2", 2, LATER)
    assert views.view("weather") == second


def test_a_build_on_top_of_one_that_is_not_the_newest_any_more_conflicts(views: Views) -> None:
    seen = views.apply(file(), "ann", AT)
    views.commit_build(seen, "b1", AT)
    with pytest.raises(Conflict, match="'weather' was changed or built meanwhile"):
        views.commit_build(seen, "b2", AT)
    assert views.view("weather").build == "b1"


def test_a_build_of_a_file_that_changed_meanwhile_conflicts(views: Views) -> None:
    seen = views.apply(file(), "ann", AT)
    views.apply(file(over="6h"), "bob", LATER)
    with pytest.raises(Conflict, match="changed or built meanwhile"):
        views.commit_build(seen, "b1", AT)
    assert views.view("weather").build == ""


def test_the_same_build_committed_again_changes_nothing(views: Views) -> None:
    seen = views.apply(file(), "ann", AT)
    built = views.commit_build(seen, "b1", AT)
    assert views.commit_build(seen, "b1", LATER) == built
    assert views.commit_build(built, "b1", LATER) == built


def test_of_two_builds_at_once_one_is_committed(views: Views) -> None:
    seen = views.apply(file(), "ann", AT)

    def commit(build: str) -> View | Conflict:
        try:
            return views.commit_build(seen, build, AT)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(commit, "abcd"))
    won = [answer for answer in answers if isinstance(answer, View)]
    assert won == [views.view("weather")]
    assert won[0].builds == 1


class LostAnswers:
    """A client whose transactions are committed, and whose answers never come."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._client, name)
        return call

    def transact_write_items(self, **request: Any) -> None:
        self._client.transact_write_items(**request)
        raise ReadTimeoutError(endpoint_url="http://table")


def test_a_build_whose_answer_was_lost_can_be_committed_again(dynamodb: Any, table: str) -> None:
    seen = DynamoViews(dynamodb, table).apply(file(), "ann", AT)
    with pytest.raises(ReadTimeoutError):
        DynamoViews(LostAnswers(dynamodb), table).commit_build(seen, "b1", AT)
    committed = DynamoViews(dynamodb, table).commit_build(seen, "b1", LATER)
    assert committed == replace(seen, build="b1", builds=1, built_at=AT)
