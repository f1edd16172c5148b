"""What a person who must write a letter again relies on."""

import msgspec
import pytest
from evergreen.contracts.capture import captures_prefix

from tests.fakes.cloud import MemoryCloud, read, sentence, terminal
from tests.fakes.serving import MODEL, ROW, World, model_file

TEXTS = {"age": "The driver is old.", "belt": "No belt was worn."}


@pytest.fixture
def cloud():
    """A cloud whose first version refused somebody, before a second one took over."""
    world = World(model_file(decision={"adverse": "positive", "reasons": TEXTS}))
    world.serve(threshold=0.0)
    cloud = MemoryCloud(world)
    cloud.letter = world.explain(ROW)["document"]["predictions"][0]
    lines = b"\n".join(msgspec.json.encode(capture) for capture in world.captures.captures)
    world.features.write(f"{captures_prefix(MODEL)}dt=2026-01-01/part", lines)
    world.serve()
    return cloud


def test_a_prediction_is_explained_again_as_it_was_though_another_version_serves(cloud):
    found = read(terminal(cloud)("explain", MODEL, "req-0", "--on", "2026-01-01", "--json"))
    assert found["explanation"] == cloud.letter["explanation"]
    assert found["explanation"]["reasons"]
    assert found["probability"] == found["again"] == cloud.letter["probability"]
    assert (found["version"], found["label"]) == (1, "dead")
    assert len(cloud.world.captures.captures) == 1


def test_the_reasons_are_shown_in_the_words_of_the_model_file(cloud):
    shown = terminal(cloud)("explain", MODEL, "req-0", "--on", "2026-01-01")
    assert shown.exit_code == 0
    for reason in cloud.letter["explanation"]["reasons"]:
        assert reason["text"] in shown.stdout


def test_a_prediction_that_was_not_captured_then_is_named_with_the_day(cloud):
    result = terminal(cloud)("explain", MODEL, "req-7", "--on", "2026-01-01")
    assert sentence(result) == "No prediction 'req-7' of 'crash' was captured on 2026-01-01."
    result = terminal(cloud)("explain", MODEL, "req-0", "--on", "2026-01-02")
    assert "was captured on 2026-01-02" in sentence(result)


def test_a_version_that_was_changed_explains_nothing(cloud):
    graph = cloud.registry.version(MODEL, 1).draft.graph
    cloud.artifacts.write(graph.key, b"another graph")
    result = terminal(cloud)("explain", MODEL, "req-0", "--on", "2026-01-01")
    assert "is not what was registered" in sentence(result)


def test_only_captures_that_arrived_on_the_day_or_the_next_are_read(cloud, monkeypatch):
    for day in ("2025-12-31", "2026-01-02", "2026-01-03", "2026-01-20"):
        cloud.features.write(f"{captures_prefix(MODEL)}dt={day}/part", b"")
    read_keys, reading = [], cloud.features.read
    monkeypatch.setattr(cloud.features, "read", lambda key: read_keys.append(key) or reading(key))
    terminal(cloud)("explain", MODEL, "req-7", "--on", "2026-01-01")
    assert [key.split("dt=")[1] for key in read_keys] == ["2026-01-01/part", "2026-01-02/part"]
