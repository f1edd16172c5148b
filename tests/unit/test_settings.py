"""What a process learns from its environment."""

import pytest
from evergreen.prices import Worker
from evergreen.settings import Settings

MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"


@pytest.mark.parametrize(
    ("environment", "worker"),
    [
        ({MEMORY: "3008"}, Worker("lambda", 3008 / 1024)),
        ({"EVERGREEN_CPU": "4096", "EVERGREEN_MEMORY": "16384"}, Worker("container", 16, 4)),
        ({}, Worker("process")),
    ],
)
def test_a_process_knows_what_it_is_paid_by(monkeypatch, environment, worker):
    for name in (MEMORY, "EVERGREEN_CPU", "EVERGREEN_MEMORY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().worker == worker


@pytest.mark.parametrize(("text", "there"), [("true", True), ("false", False), ("", False)])
def test_there_are_containers_only_where_the_environment_says_so(monkeypatch, text, there):
    monkeypatch.setenv("EVERGREEN_CONTAINERS", text)
    assert Settings.from_environment().containers is there
