"""The core stages' handlers, wired as they are deployed, each given the same event twice."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from evergreen.aws import wiring
from evergreen.contracts.decision import RetrainDecision
from evergreen.contracts.registry import CHAMPION
from evergreen.errors import EvergreenError, NotConfigured

from functions.deploy.handler import handler as deploy
from functions.register.handler import handler as register
from functions.retrain.handler import handler as retrain
from tests.fakes.candidate import evaluated
from tests.fakes.registered import AT, MODEL, model_file

FACTORIES = (
    "settings",
    "features",
    "artifacts",
    "registry",
    "workflow",
    "bus",
    "captures",
    "_s3",
    "_session",
)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A process that has made no adapter yet, and forgets the test's own."""
    for name in FACTORIES:
        getattr(wiring, name).cache_clear()
    yield monkeypatch
    for name in FACTORIES:
        getattr(wiring, name).cache_clear()


@pytest.fixture
def deployed(
    fresh: pytest.MonkeyPatch, endpoint: str, client: Any, table: str, machine: tuple[Any, str]
) -> tuple[Any, str]:
    """An environment as a deployed function finds it; the state machine in it."""
    for variable, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EVERGREEN_FEATURES_BUCKET": (features := f"features-{uuid4().hex}"),
        "EVERGREEN_ARTIFACTS_BUCKET": (artifacts := f"artifacts-{uuid4().hex}"),
        "EVERGREEN_REGISTRY_TABLE": table,
        "EVERGREEN_WORKFLOW_ARN": machine[1],
        "EVERGREEN_EVENT_BUS": "default",
    }.items():
        fresh.setenv(variable, value)
    for bucket in (features, artifacts):
        client("s3").create_bucket(Bucket=bucket)
    wiring.registry().apply(model_file(), "ann", AT)
    return machine


def registered(run_id: str) -> dict[str, Any]:
    """The event of "register" for a run that evaluate is done with."""
    given = evaluated(run_id, wiring.artifacts(), wiring.features())
    event: dict[str, Any] = msgspec.to_builtins(given)
    return event


@pytest.mark.usefixtures("deployed")
def test_register_and_deploy_twice_are_one_version_one_alias_and_one_event_each() -> None:
    event = registered("r1")
    first = register(event, None)
    assert (
        register(event, None)
        == first
        == {
            "version": 1,
            "summary": "version 1 registered, roc_auc 0.889",
        }
    )
    step = {"run": event["run"], "version": first["version"], "champion": None}
    answer = deploy(step, None)
    assert (
        deploy(step, None)
        == answer
        == {
            "champion": 1,
            "previous": None,
            "summary": "version 1 serves, the first one",
            "state": "serves",
            "wait_seconds": 0,
        }
    )
    registry = wiring.registry()
    alias = registry.alias(MODEL, CHAMPION)
    assert alias
    assert (alias.version, alias.revision) == (1, 1)
    assert [v.number for v in registry.versions(MODEL)] == [1]
    kinds = [event.kind for event in registry.audit(MODEL)]
    assert sorted(kinds) == ["applied", "promoted", "registered"]
    run = registry.run("r1")
    assert run.status == "deployed"
    assert [(stage.stage, stage.status) for stage in run.stages] == [
        ("register", "done"),
        ("deploy", "done"),
    ]


@pytest.mark.usefixtures("deployed")
def test_a_trial_begun_and_looked_at_twice_is_one_split() -> None:
    for number, champion in ((1, None), (2, 1)):
        event = registered(f"r{number}")
        version = register(event, None)["version"]
        step = {"run": event["run"], "version": version, "champion": champion}
        first = deploy(step, None)
    assert (first["state"], first["wait_seconds"]) == ("on trial", 60)
    assert deploy(step, None)["summary"] == first["summary"]
    for _ in range(2):
        assert deploy({"step": "watch"} | step, None)["state"] == "on trial"
    registry = wiring.registry()
    alias = registry.alias(MODEL, CHAMPION)
    assert alias
    assert alias.challenger
    assert (alias.version, alias.revision, alias.challenger.version) == (1, 2, 2)
    assert [event.kind for event in registry.audit(MODEL)].count("split") == 1
    stages = [stage.stage for stage in registry.run("r2").stages]
    assert stages == ["register", "deploy", "deploy: watch"]


def test_a_drift_event_delivered_twice_is_one_execution(deployed: tuple[Any, str]) -> None:
    event = registered("r1")
    version = register(event, None)["version"]
    deploy({"run": event["run"], "version": version, "champion": None}, None)
    detail = RetrainDecision("d1", MODEL, 1, "speed drifted", AT)
    drift = {"detail-type": "Retrain Decided", "detail": msgspec.to_builtins(detail)}
    assert retrain(drift, None)["started"] is True
    assert retrain(drift, None)["started"] is False
    states, arn = deployed
    names = [e["name"] for e in states.list_executions(stateMachineArn=arn)["executions"]]
    assert names == ["drift-crash-d1"]


@pytest.mark.usefixtures("deployed")
def test_a_stage_that_refuses_leaves_its_sentence_in_the_run() -> None:
    event = registered("r1")
    register(event, None)
    with pytest.raises(EvergreenError, match="judged against version 4, but no version serves"):
        deploy({"run": event["run"], "version": 1, "champion": 4}, None)
    record = wiring.registry().run("r1").stages[-1]
    assert (record.stage, record.status) == ("deploy", "failed")
    assert "start a new run" in record.summary


@pytest.mark.parametrize(
    ("factory", "variable"),
    [
        ("features", "EVERGREEN_FEATURES_BUCKET"),
        ("artifacts", "EVERGREEN_ARTIFACTS_BUCKET"),
        ("registry", "EVERGREEN_REGISTRY_TABLE"),
        ("workflow", "EVERGREEN_WORKFLOW_ARN"),
        ("bus", "EVERGREEN_EVENT_BUS"),
        ("captures", "EVERGREEN_CAPTURE_STREAM"),
    ],
)
def test_a_setting_that_is_not_there_is_named(
    fresh: pytest.MonkeyPatch, factory: str, variable: str
) -> None:
    fresh.delenv(variable, raising=False)
    fresh.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(NotConfigured, match=f"{variable} is not set; it names the deployed"):
        getattr(wiring, factory)()


@pytest.mark.usefixtures("deployed")
def test_an_adapter_is_made_once() -> None:
    assert wiring.registry() is wiring.registry()
    assert wiring.artifacts() is not wiring.features()


def test_without_a_region_the_sentence_says_what_to_set(fresh: pytest.MonkeyPatch) -> None:
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        fresh.delenv(variable, raising=False)
    fresh.setenv("AWS_CONFIG_FILE", "/nonexistent")
    fresh.setenv("EVERGREEN_REGISTRY_TABLE", "registry")
    with pytest.raises(NotConfigured, match="No AWS region is set"):
        wiring.registry()
