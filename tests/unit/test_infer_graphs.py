"""Graphs in memory and on disk: bounded, verified, opened once, failing alone."""

import os
import threading
import time

import pytest
from evergreen.digest import sha256
from evergreen.errors import ArtifactChanged, NotFound
from evergreen.infer.files import Files
from evergreen.infer.graphs import Graphs, GraphUnreadable, opening, room, taken
from evergreen.infer.once import Once

from tests.fakes.memory import MemoryStore
from tests.fakes.serving import ROW, Ticks, World, graph, model_file


class CountingStore(MemoryStore):
    """A bucket that remembers what was read from it, and takes its time."""

    def __init__(self, objects: dict[str, bytes], seconds: float = 0.0) -> None:
        super().__init__()
        self.objects = objects
        self.reads: list[str] = []
        self._seconds = seconds

    def read(self, key: str) -> bytes:
        self.reads.append(key)
        time.sleep(self._seconds)
        return super().read(key)


@pytest.fixture
def world():
    return World()


def graphs(world, tmp_path, *, versions=100, seconds=0.0, ticks=None, disk=10**9):
    store = CountingStore(world.artifacts.objects, seconds)
    some = world.registry.versions("crash")
    # Half a version more, because one that is being opened takes more than an open one.
    bytes_at_most = int((versions + 0.5) * max(taken(version) for version in some))
    return Graphs(store, Files(tmp_path, disk), bytes_at_most, ticks or Ticks()), store


def test_a_version_is_fetched_and_opened_once(world, tmp_path):
    version = world.register()
    held, store = graphs(world, tmp_path)

    assert held.served(version) is held.served(version)
    assert sorted(store.reads) == sorted([version.draft.graph.key, version.draft.signature.key])


def test_memory_holds_no_more_than_its_bound_and_lets_go_of_what_was_used_longest_ago(
    world, tmp_path
):
    one, two, three = (world.register() for _ in range(3))
    held, _ = graphs(world, tmp_path, versions=2)
    first = held.served(one)
    second = held.served(two)

    held.served(one)
    held.served(three)

    assert held.held["versions"] == 2
    assert held.held["bytes"] == taken(one) + taken(three)
    assert held.served(one) is first
    assert held.served(two) is not second


def test_others_make_room_for_what_opening_a_version_takes(world, tmp_path):
    one, two = world.register(), world.register()
    held = Graphs(world.artifacts, Files(tmp_path, 10**9), taken(one) + opening(two) - 1, Ticks())

    for version in (one, two):
        held.served(version)

    assert held.held == {"versions": 1, "bytes": taken(two)}


def test_a_version_larger_than_the_bound_is_answered_all_the_same(world, tmp_path):
    one, two = world.register(), world.register()
    held = Graphs(world.artifacts, Files(tmp_path, 10**9), 1, Ticks())

    for version in (one, two, one):
        assert held.served(version).version == version
    assert held.held == {"versions": 1, "bytes": taken(one)}


def test_what_left_memory_comes_back_from_the_disk(world, tmp_path):
    one, two = world.register(), world.register()
    held, store = graphs(world, tmp_path, versions=1)
    for version in (one, two):
        held.served(version)
    read = len(store.reads)

    assert held.served(one).version == one
    assert len(store.reads) == read


def test_a_file_that_was_changed_or_cut_short_is_fetched_again(world, tmp_path):
    version = world.register()
    file = tmp_path / version.draft.graph.sha256
    for body in (graph(7), graph(1)[:100], b""):
        file.write_bytes(body)
        held, store = graphs(world, tmp_path)
        held.served(version)
        assert version.draft.graph.key in store.reads
        assert sha256(file.read_bytes()) == version.draft.graph.sha256


def test_many_threads_that_arrive_together_open_a_version_once(world, tmp_path):
    version = world.register()
    held, store = graphs(world, tmp_path, seconds=0.05)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(held.served(version))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 16
    assert len({id(served) for served in found}) == 1
    assert store.reads.count(version.draft.graph.key) == 1


def test_threads_that_wait_for_a_version_that_fails_are_all_told(world, tmp_path):
    version = world.register()
    del world.artifacts.objects[version.draft.graph.key]
    held, _ = graphs(world, tmp_path, seconds=0.05)
    told = []

    def ask() -> None:
        with pytest.raises(ArtifactChanged) as raised:
            held.served(version)
        told.append(str(raised.value))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 8


def test_a_version_that_fails_takes_no_room_and_leaves_the_others(world, tmp_path):
    good, broken = world.register(), world.register()
    world.artifacts.objects[broken.draft.graph.key] = b"changed"
    held, _ = graphs(world, tmp_path)
    held.served(good)

    with pytest.raises(ArtifactChanged, match="version 2 of model 'crash' is not what was"):
        held.served(broken)

    assert held.held == {"versions": 1, "bytes": taken(good)}
    assert held.served(good).version == good


def test_a_version_that_failed_is_tried_again_but_not_at_once(world, tmp_path):
    version, ticks = world.register(), Ticks()
    body = world.artifacts.objects.pop(version.draft.graph.key)
    held, store = graphs(world, tmp_path, ticks=ticks)
    for _ in range(3):
        with pytest.raises(ArtifactChanged):
            held.served(version)
    assert store.reads.count(version.draft.graph.key) == 1

    store.objects[version.draft.graph.key] = body
    ticks.seconds = 5.0

    assert held.served(version).version == version


def test_bytes_that_are_no_graph_are_a_sentence_and_not_a_crash(world, tmp_path):
    version = world.register(body=b"no graph at all")
    held, _ = graphs(world, tmp_path)

    with pytest.raises(GraphUnreadable, match=r"graph of version 1 .* cannot be opened"):
        held.served(version)


def test_one_broken_model_does_not_keep_another_from_answering():
    world = World()
    world.serve()
    world.registry.apply(model_file(name="other"), "me", "2026-01-01T00:00:00.000Z")
    broken = world.register(model="other")
    world.promote(broken.number, model="other")
    del world.artifacts.objects[broken.draft.graph.key]

    assert world.call("POST", "/models/other/predict", {"instances": [ROW]})["statusCode"] == 500
    assert world.predict(ROW)["statusCode"] == 200


def test_the_disk_holds_no_more_than_its_bound(tmp_path):
    files = Files(tmp_path / "made", 250)
    bodies = [bytes([n]) * 100 for n in range(4)]
    for age, body in enumerate(bodies[:2]):
        files.write(sha256(body), body)
        set_age(tmp_path / "made" / sha256(body), 10 - age)
    assert files.read(sha256(bodies[0])) == bodies[0]  # used, so the other one is older now

    files.write(sha256(bodies[2]), bodies[2])

    assert [files.read(sha256(body)) for body in bodies] == [bodies[0], None, bodies[2], None]
    files.write(sha256(b"x" * 251), b"x" * 251)
    assert files.read(sha256(b"x" * 251)) is None


def test_a_disk_that_takes_nothing_makes_it_slower_and_not_wrong(world, tmp_path):
    version = world.register()
    (tmp_path / "file").write_bytes(b"a file where the folder should be")
    held, store = graphs(world, tmp_path / "file" / "folder")

    assert held.served(version).version == version
    assert version.draft.graph.key in store.reads


def test_leftovers_of_a_killed_process_count_and_go_first(tmp_path):
    part = tmp_path / f"{'0' * 64}.1234.part"
    part.write_bytes(b"x" * 200)
    set_age(part, 100)
    files = Files(tmp_path, 250)

    files.write(sha256(b"y" * 100), b"y" * 100)

    assert not part.exists()
    assert files.read(sha256(b"y" * 100)) == b"y" * 100


def test_room_grows_with_the_functions_memory():
    assert room(1769) - room(1024) == (1769 - 1024) * 1024**2
    assert room(128) > 0


def test_work_that_raises_can_be_done_again():
    once = Once()

    def fail() -> None:
        raise NotFound("not yet")

    with pytest.raises(NotFound):
        once.run("key", fail)
    assert once.run("key", lambda: 3) == 3
    assert not once.busy("key")


def set_age(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))
