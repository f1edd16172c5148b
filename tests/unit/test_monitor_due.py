"""Which models a sweep looks at."""

from datetime import timedelta

import pytest
from evergreen.errors import NotFound
from evergreen.monitor.due import MODELS_AT_MOST

from tests.fakes.columnar import AT, MODEL, model_file, table
from tests.fakes.watched import NOW, SERVED, Watched, older

HOUR = timedelta(hours=1)


def models(world, now=NOW, **given):
    return [name for batch in world.batches(world.due(now, **given)) for name in batch.models]


@pytest.fixture
def world() -> Watched:
    return Watched()


def test_a_model_of_which_no_version_serves_is_not_due(world):
    world.registry.apply(model_file(name="new"), "somebody", AT)
    assert models(world) == [MODEL]


def test_a_model_is_due_until_it_was_looked_at_and_then_when_something_came(world):
    assert models(world) == [MODEL]
    world.sweep()
    assert models(world, NOW + HOUR) == []
    world.serve(table(20, seed=5), at="2026-01-10T00:30:00.000Z")
    assert models(world, NOW + 2 * HOUR) == [MODEL]


def test_outcomes_alone_are_something_new(world):
    world.serve(table(20, seed=5), at=SERVED, outcomes=0)
    world.sweep()
    assert models(world, NOW + HOUR) == []
    world.put("feedback", "2026-01-10T00:30:00.000Z", {"model": MODEL, "outcomes": []})
    assert models(world, NOW + 2 * HOUR) == [MODEL]


def test_a_changed_model_file_is_something_new(world):
    world.sweep()
    world.registry.apply(model_file(monitor={"psi_at_least": 9.0}), "somebody", AT)
    assert models(world, NOW + HOUR) == [MODEL]


def test_what_arrived_long_before_the_last_check_is_not_listed_again(world, monkeypatch):
    world.serve(table(20, seed=5), at="2026-01-02T12:00:00.000Z")
    world.sweep()
    listed = []
    keys = world.features.keys
    monkeypatch.setattr(
        world.features, "keys", lambda prefix: listed.append(prefix) or keys(prefix)
    )
    assert models(world, NOW + HOUR) == []
    assert listed
    monkeypatch.setattr(world.features, "read", lambda key: pytest.fail(f"read {key}"))
    assert models(world, NOW + 2 * HOUR) == []


def test_an_idle_model_is_looked_at_once_a_day_because_age_and_schedules_speak_alone(world):
    world.sweep()
    assert models(world, NOW + 23 * HOUR) == []
    assert models(world, NOW + 24 * HOUR) == [MODEL]


def test_the_model_file_says_how_often_at_most():
    world = Watched(monitor={"every": "6h", "rows_at_least": 100})
    world.sweep()
    world.serve(table(20, seed=5), at="2026-01-10T00:30:00.000Z")
    assert models(world, NOW + 5 * HOUR) == []
    assert models(world, NOW + 6 * HOUR) == [MODEL]


def test_a_repeated_event_is_the_same_sweep_and_belongs_to_the_execution_that_came_first(world):
    first = world.due(execution="first")
    again = world.due(execution="first")
    other = world.due(execution="second")
    assert first == again
    assert (other.sweep, other.batches) == (first.sweep, 0)
    assert other.summary == "execution first does this sweep"


def test_models_that_a_person_names_are_due_whatever_happened(world):
    world.sweep()
    (batch,) = world.batches(world.due(NOW + HOUR, (MODEL,)))
    assert (batch.models, batch.asked) == ((MODEL,), True)


def test_a_sweep_over_one_model_knows_of_all(world):
    world.add("another")
    world.sweep()
    world.sweep(NOW + HOUR, (MODEL,))
    assert {line.model for line in world.fleet().models} == {"another", MODEL}


def test_naming_a_model_that_is_not_there_says_so(world):
    with pytest.raises(NotFound, match="No version of x serves"):
        world.due(NOW, ("x",))


def test_batches_have_at_most_so_many_models_and_each_model_once(world):
    names = [f"m{i:03d}" for i in range(2 * MODELS_AT_MOST)]
    for name in names:
        world.add(name)
    batches = world.batches(world.due())
    assert [len(batch.models) for batch in batches] == [MODELS_AT_MOST, MODELS_AT_MOST, 1]
    assert sorted(name for batch in batches for name in batch.models) == [MODEL, *names]
    assert [batch.number for batch in batches] == [1, 2, 3]


def test_a_model_that_cannot_even_be_looked_at_is_left_to_its_check(world, monkeypatch):
    world.add("other")
    alias = world.registry.alias

    def broken(name, kind):
        if name == "other":
            raise RuntimeError("no answer")
        return alias(name, kind)

    monkeypatch.setattr(world.registry, "alias", broken)
    assert models(world) == [MODEL, "other"]


def test_a_decision_that_was_not_carried_out_is_due_again(world):
    world.serve(older(), at=SERVED)
    assert world.line().startswith("retrain: ")
    assert models(world, NOW + HOUR) == [MODEL]
