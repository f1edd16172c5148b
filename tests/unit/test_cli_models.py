"""What a person at the command line relies on who looks at versions and moves the champion."""

import pytest

from tests.fakes.cloud import read, sentence
from tests.fakes.serving import MODEL
from tests.fakes.trial import put_on_trial


def test_models_shows_champion_versions_and_who_did_what(evergreen):
    (line,) = read(evergreen("models", "--json"))["models"]
    assert line == {
        "model": MODEL,
        "revision": 1,
        "versions": 1,
        "champion": 1,
        "metric": "roc_auc",
        "value": 0.9,
    }
    shown = read(evergreen("models", MODEL, "--json"))
    assert shown["champion"]["version"] == 1
    assert [e["kind"] for e in shown["audit"]] == ["applied", "registered", "promoted"]
    assert "serves" in evergreen("models", MODEL).stdout


@pytest.mark.parametrize(
    ("share", "shown"), [(0.1, ("serves 90 %", "on trial, 10 %")), (0.0, ("on trial, in shadow",))]
)
def test_models_shows_what_share_a_version_on_trial_answers(evergreen, cloud, share, shown):
    cloud.world.register()
    put_on_trial(cloud.world, 2, share)

    assert read(evergreen("models", MODEL, "--json"))["champion"]["challenger"]["share"] == share
    for words in shown:
        assert words in evergreen("models", MODEL).stdout


def test_a_rollback_during_a_trial_takes_the_challenger_back(evergreen, cloud):
    cloud.world.register()
    put_on_trial(cloud.world, 2, 0.1)

    moved = read(evergreen("rollback", MODEL, "--reason", "worse", "--json"))
    assert (moved["version"], moved["challenger"]) == (1, None)


def test_promote_and_rollback_move_the_champion_with_reason_and_actor(evergreen, cloud):
    cloud.world.register()

    assert read(evergreen("promote", MODEL, 2, "--reason", "better", "--json"))["version"] == 2
    assert read(evergreen("rollback", MODEL, "--reason", "worse", "--json"))["version"] == 1
    moves = cloud.registry.audit(MODEL)[-2:]
    assert [(e.kind, e.actor, e.details) for e in moves] == [
        ("promoted", cloud.actor, "better"),
        ("rolled back", cloud.actor, "worse"),
    ]


def test_a_version_that_does_not_exist_is_not_promoted(evergreen, cloud):
    assert "has no version 7" in sentence(evergreen("promote", MODEL, 7, "--reason", "x"))
    assert cloud.registry.alias(MODEL, "champion").version == 1


@pytest.mark.parametrize("command", [("promote", MODEL, 1), ("rollback", MODEL)])
def test_a_move_without_a_reason_is_a_usage_error(evergreen, command):
    result = evergreen(*command)

    assert result.exit_code == 2
    assert "--reason" in result.stderr
