"""What callers rely on while a new version is on trial."""

import json
import math

import msgspec
import pytest
from evergreen.captured import predictions
from evergreen.contracts.capture import Capture
from evergreen.contracts.registry import Artifact, Challenger
from evergreen.contracts.signature import Column
from evergreen.digest import sha256
from evergreen.errors import NotFound
from evergreen.infer.trial import is_challengers
from evergreen.ports import CaptureStream
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.fakes.serving import AT, MODEL, ROW, SIGNATURE, World, model_file
from tests.fakes.trial import put_on_trial

KEYS = [f"customer-{n}" for n in range(200)]
shares = some.floats(0, 1, exclude_max=True)


@pytest.fixture
def world() -> World:
    """Version 1 serves, version 2 is there."""
    world = World()
    world.serve()
    world.register()
    return world


def ask(world: World, key: str, request: str = "req", row: object = ROW) -> dict:
    event = {
        "httpMethod": "POST",
        "path": f"/models/{MODEL}/predict",
        "headers": {"X-Evergreen-Key": key},
        "body": json.dumps({"instances": [row]}),
        "requestContext": {"requestId": request},
    }
    answer = world.inference.answer(event)
    return answer | {"document": json.loads(answer["body"])}


def answered_by(world: World) -> list[int]:
    return [ask(world, key)["document"]["version"] for key in KEYS]


def on_trial(share: float, version: int = 2) -> Challenger:
    return Challenger(version, "run", share, AT)


@given(key=some.text(), share=shares, model=some.text(max_size=63))
def test_a_key_has_one_side(key: str, share: float, model: str) -> None:
    side = is_challengers(on_trial(share), model, key)
    assert side == is_challengers(on_trial(share), model, key)
    assert not is_challengers(on_trial(0.0), model, key)


@given(key=some.text(), low=shares, high=shares)
def test_a_key_that_the_challenger_has_stays_with_it_as_the_share_grows(
    key: str, low: float, high: float
) -> None:
    low, high = sorted((low, high))
    if is_challengers(on_trial(low), MODEL, key):
        assert is_challengers(on_trial(high), MODEL, key)


@given(share=some.floats(0.01, 0.99), prefix=some.text())
def test_the_challenger_gets_its_share_of_many_keys(share: float, prefix: str) -> None:
    keys = 2000
    mine = sum(is_challengers(on_trial(share), MODEL, f"{prefix}{n}") for n in range(keys))
    # Six standard deviations: two in 10^9 drawings miss that.
    assert abs(mine - keys * share) <= 6 * math.sqrt(keys * share * (1 - share)) + 1


def test_another_challenger_draws_other_keys() -> None:
    first, second = (
        {key for key in KEYS if is_challengers(on_trial(0.5, version), MODEL, key)}
        for version in (2, 3)
    )
    assert first - second
    assert second - first


def test_without_a_trial_the_champion_answers_everybody(world: World) -> None:
    assert set(answered_by(world)) == {1}
    assert {capture.role for capture in world.captures.captures} == {"champion"}


def test_each_key_is_answered_by_its_own_side_and_the_capture_says_which(world: World) -> None:
    put_on_trial(world, 2, 0.5)
    expected = [2 if is_challengers(on_trial(0.5), MODEL, key) else 1 for key in KEYS]
    assert set(expected) == {1, 2}
    assert answered_by(world) == expected
    roles = [(capture.version, capture.role) for capture in world.captures.captures]
    assert roles == [(1, "champion") if number == 1 else (2, "challenger") for number in expected]
    assert all(capture.milliseconds > 0 for capture in world.captures.captures)


def test_without_a_key_the_predictions_id_decides(world: World) -> None:
    put_on_trial(world, 2, 0.5)
    for number in range(20):
        given = f"order-{number}"
        document = {"id": given, "instances": [ROW]}
        answer = world.call("POST", f"/models/{MODEL}/predict", document)["document"]
        assert answer["version"] == (2 if is_challengers(on_trial(0.5), MODEL, given) else 1)


def test_the_inference_protocol_shares_too_but_a_version_that_is_named_answers_itself(
    world: World,
) -> None:
    put_on_trial(world, 2, 0.999999)
    kinds = {"age": "FP64", "speed": "FP64", "belt": "BYTES", "role": "BYTES"}
    inputs = [
        {"name": name, "shape": [1], "datatype": kind, "data": [ROW[name]]}
        for name, kind in kinds.items()
    ]
    for path, version in (("", "2"), ("/versions/1", "1"), ("/versions/2", "2")):
        found = world.call("POST", f"/v2/models/{MODEL}{path}/infer", {"inputs": inputs})
        assert found["document"]["model_version"] == version
    roles = [capture.role for capture in world.captures.captures]
    assert roles == ["challenger", "champion", "champion"]


def test_a_trial_that_begins_or_ends_is_seen_within_the_refresh_time(world: World) -> None:
    assert set(answered_by(world)) == {1}
    put_on_trial(world, 2, 0.5)
    assert set(answered_by(world)) == {1}
    world.ticks.seconds = 10
    assert set(answered_by(world)) == {1, 2}
    world.promote(2)
    world.ticks.seconds = 20
    assert set(answered_by(world)) == {2}


def test_a_shadow_scores_the_same_rows_and_never_answers(world: World) -> None:
    put_on_trial(world, 2, 0.0)
    assert set(answered_by(world)) == {1}
    champion, shadow = world.captures.captures[:2]
    assert (champion.version, champion.role) == (1, "champion")
    assert (shadow.version, shadow.role) == (2, "shadow")
    assert shadow.rows[0].id == champion.rows[0].id
    assert shadow.rows[0].probability != champion.rows[0].probability
    assert (champion.rows[0].values, shadow.rows[0].values) == (ROW, {})


def test_what_a_shadow_scored_is_neither_monitored_nor_learned_from(world: World) -> None:
    put_on_trial(world, 2, 0.0)
    answer = ask(world, "k")["document"]
    (found,) = predictions(world.captures.captures[::-1]).values()
    assert (found.version, found.values) == (1, ROW)
    assert found.answer == (answer["predictions"][0]["probability"],)


@pytest.mark.parametrize(("share", "role"), [(0.999999, "challenger"), (0.0, "shadow")])
def test_a_broken_challenger_costs_no_caller_an_answer(
    world: World, share: float, role: str
) -> None:
    world.artifacts.objects[world.registry.version(MODEL, 2).draft.graph.key] = b"no graph"
    put_on_trial(world, 2, share)
    answer = ask(world, "k")
    assert (answer["statusCode"], answer["document"]["version"]) == (200, 1)
    kept, failed = world.captures.captures
    assert (kept.version, kept.role, len(kept.rows)) == (1, "champion", 1)
    assert (failed.version, failed.role, failed.rows) == (2, role, ())
    assert "is not what was registered" in failed.error


def test_failures_are_sampled_like_the_answers_that_they_are_counted_beside() -> None:
    world = World(model_file(capture={"share": 0.5}))
    world.serve()
    world.artifacts.objects[world.register().draft.graph.key] = b"no graph"
    put_on_trial(world, 2, 0.0)
    for number in range(40):
        ask(world, "k", request=f"r{number}")
    answered = [capture for capture in world.captures.captures if capture.rows]
    failed = [capture for capture in world.captures.captures if capture.error]
    assert 0 < len(answered) == len(failed) < 40


def test_an_error_that_nobody_foresaw_in_the_challenger_is_the_champions_to_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_trial(world, 2, 0.999999)
    ask(world, "k")
    served = world.inference._champions.load(MODEL, 2)
    monkeypatch.setattr(served.graph, "probabilities", lambda _: 1 / 0)
    assert ask(world, "k")["document"]["version"] == 1
    assert world.captures.captures[-1].error == "ZeroDivisionError: division by zero"


def test_rows_that_only_the_challenger_rejects_are_its_failure(world: World) -> None:
    draft = world.registry.version(MODEL, 2).draft
    more = replace(SIGNATURE, inputs=(*SIGNATURE.inputs, Column("weight", "number")))
    body = msgspec.json.encode(more)
    signature = Artifact("models/crash/run-3/signature", sha256(body), len(body))
    world.artifacts.write(signature.key, body)
    lineage = replace(draft.lineage, run_id="run-3")
    world.registry.register(replace(draft, signature=signature, lineage=lineage), "workflow", AT)
    put_on_trial(world, 3, 0.999999)
    assert ask(world, "k")["document"]["version"] == 1
    error = world.captures.captures[-1].error
    assert error.startswith("It rejects rows that the champion takes")
    assert "'weight'" in error


def test_rows_that_both_versions_reject_are_the_callers_mistake_and_no_failure(
    world: World,
) -> None:
    put_on_trial(world, 2, 0.999999)
    assert ask(world, "k", row={"age": "old"})["statusCode"] == 422
    assert world.captures.captures == []


def test_an_unknown_model_is_unknown_with_or_without_a_trial(world: World) -> None:
    put_on_trial(world, 2, 0.5)
    answer = world.call("POST", "/models/nothing/predict", {"instances": [ROW]})
    assert answer["statusCode"] == NotFound.status


class Refusing(CaptureStream):
    """A stream that takes the champion's captures only."""

    def __init__(self, taken: list[Capture]) -> None:
        self.taken = taken

    def put(self, capture: Capture) -> None:
        if capture.role != "champion":
            raise ConnectionError
        self.taken.append(capture)


@pytest.mark.parametrize(("share", "status"), [(0.0, 200), (0.999999, 503)])
def test_only_what_was_answered_must_be_captured(world: World, share: float, status: int) -> None:
    taken: list[Capture] = []
    world.inference._captures = Refusing(taken)
    put_on_trial(world, 2, share)
    assert ask(world, "k")["statusCode"] == status
    assert len(taken) == (status == 200)


def test_a_failure_that_cannot_be_captured_costs_no_caller_an_answer(world: World) -> None:
    world.inference._captures = Refusing([])
    world.artifacts.objects[world.registry.version(MODEL, 2).draft.graph.key] = b"no graph"
    put_on_trial(world, 2, 0.0)
    assert ask(world, "k")["document"]["version"] == 1
