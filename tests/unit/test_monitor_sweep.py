"""One batch of a sweep, and the workers that models end."""

from datetime import timedelta

import msgspec
import pytest
from evergreen.contracts.sweep import Progress
from evergreen.monitor import sweep as module
from evergreen.monitor.sweep import ENDED_THE_WORKER

from tests.fakes.columnar import MODEL, table
from tests.fakes.watched import NOW, SERVED, Watched

NAMES = ("a", MODEL, "z")


class Killed(BaseException):
    """What ends a worker: nothing in it can catch it."""


@pytest.fixture
def world() -> Watched:
    world = Watched()
    for name in ("a", "z"):
        world.add(name)
    world.serve(table(200, seed=5), at=SERVED)
    return world


def findings(world, planned):
    key = f"sweeps/{planned.sweep}/findings/0001.json"
    return msgspec.json.decode(world.artifacts.read(key), type=Progress).findings


def statuses(world, planned):
    return {finding.model: finding.status for finding in findings(world, planned)}


@pytest.fixture
def ends_on(monkeypatch):
    """Lets the check of a model end the worker, as lack of memory does."""

    def end(*models):
        check = module.check

        def deadly(model, *args, **kwargs):
            if model in models:
                raise Killed
            return check(model, *args, **kwargs)

        monkeypatch.setattr(module, "check", deadly)

    return end


def run(world, batch):
    """The batch by as many workers as it takes."""
    for workers in range(1, 10):
        try:
            return world.check(batch), workers
        except Killed:
            continue
    pytest.fail("No worker came to the end of the batch.")


def test_a_model_that_ends_its_worker_is_reported_alone_and_the_others_are_checked(world, ends_on):
    ends_on(MODEL)
    planned = world.due()
    (batch,) = world.batches(planned)
    output, workers = run(world, batch)
    assert statuses(world, planned) == {"a": "checked", MODEL: "failed", "z": "checked"}
    assert findings(world, planned)[1].error == ENDED_THE_WORKER
    assert (output.checked, output.failed, output.left, workers) == (2, 1, 0, 2)


def test_several_such_models_take_as_many_workers_more(world, ends_on):
    ends_on("a", "z")
    planned = world.due()
    (batch,) = world.batches(planned)
    output, workers = run(world, batch)
    assert (output.checked, output.failed, workers) == (1, 2, 3)


def test_a_worker_that_dies_after_the_check_loses_nothing(world, monkeypatch):
    check, dying = module.check, iter([True])

    def last_breath(model, *args, **kwargs):
        found = check(model, *args, **kwargs)
        if next(dying, False):
            raise Killed
        return found

    monkeypatch.setattr(module, "check", last_breath)
    planned = world.due()
    (batch,) = world.batches(planned)
    output, workers = run(world, batch)
    assert (output.checked, output.failed, workers) == (3, 0, 2)


def test_a_model_whose_check_fails_says_why_and_stops_no_other(world):
    version = world.registry.version("a", 1)
    broken = msgspec.structs.replace(version.draft.profile, key="models/broken.json")
    world.artifacts.write("models/broken.json", b"{}")
    draft = msgspec.structs.replace(version.draft, profile=broken)
    world.registry._versions["a"][0] = msgspec.structs.replace(version, draft=draft)
    planned = world.due()
    (batch,) = world.batches(planned)
    world.check(batch)
    assert statuses(world, planned) == {"a": "failed", MODEL: "checked", "z": "checked"}
    assert findings(world, planned)[0].error == (
        "'models/broken.json' is not what was registered; restore the object's earlier version."
    )


def test_an_unexpected_error_is_told_without_what_callers_sent(world, monkeypatch):
    def odd(*_args, **_kwargs):
        raise ValueError("ann@example.org")

    monkeypatch.setattr(module, "check", odd)
    planned = world.due()
    (batch,) = world.batches(planned)
    world.check(batch)
    assert findings(world, planned)[0].error == "ValueError; the monitor's log says more."


def test_a_worker_whose_time_is_up_leaves_the_rest_to_the_next_and_does_one_at_least(world):
    planned = world.due()
    (batch,) = world.batches(planned)
    left = [world.check(batch, time_left=lambda: False).left for _ in NAMES]
    assert left == [2, 1, 0]
    assert set(statuses(world, planned).values()) == {"checked"}


def test_a_repeated_batch_checks_nothing_again(world, monkeypatch):
    planned = world.due()
    (batch,) = world.batches(planned)
    first = world.check(batch)
    monkeypatch.setattr(module, "check", lambda *a, **k: pytest.fail("checked again"))
    assert world.check(batch) == first


def test_a_model_that_keeps_failing_is_tried_less_and_less_often(world, ends_on):
    ends_on(MODEL)
    now, tried = NOW, []
    while now < NOW + timedelta(hours=12):
        planned = world.due(now)
        for batch in world.batches(planned):
            if MODEL in batch.models:
                tried.append((now - NOW) // timedelta(minutes=15))
            run(world, batch)
        now += timedelta(minutes=15)
    assert tried == [0, 1, 3, 7, 15, 31]


def test_a_model_that_can_be_checked_again_is_well_at_once(world, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(module, "check", lambda *a, **k: 1 / 0)
        world.sweep()
    assert {line.health for line in world.fleet().models} == {"failing"}
    world.sweep(NOW + timedelta(minutes=15))
    by_name = {line.model: line for line in world.fleet().models}
    assert by_name[MODEL].health != "failing"
    assert not by_name[MODEL].error
