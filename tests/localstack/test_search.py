"""The search through the deployed workflow: a round of many trials, one of them killed; a team's
own pipeline; and the entry point of containers as a plain process."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evergreen.cli.client import Client
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput, TrialResult

from localstack import cloud as laptop
from localstack.endpoint import ROOT
from tests.localstack import loans
from tests.localstack.conftest import PACKAGE
from tests.localstack.executions import arn, payloads
from tests.localstack.processes import kill, stopped, workers

MANY = 41  # one more than a Map within the execution runs


@pytest.fixture(scope="module")
def small(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that is fitted in no time."""
    path = tmp_path_factory.mktemp("small") / "loans.csv"
    path.write_bytes(loans.as_csv(loans.rows(range(2011, 2020), count=300, seed=2)))
    return path


def searched(client: Client, table: Path, word: str, **search: Any) -> Run:
    """A run of a new model with that search."""
    name = loans.new_name(word)
    search = {"folds": 2, "ensemble": 1, "seed": 3} | search
    file = {"name": name, "search": search, "gates": {"metric_at_least": 0.5}, "protected": []}
    client.apply(loans.write_model_file(table.parent, **file))
    return client.follow(client.train(name, [table]))


def results(client: Client, run_id: str) -> list[TrialResult]:
    store = client.cloud.artifacts
    found = [store.read(key) for key in store.keys(f"runs/{run_id}/trials/")]
    return [msgspec.json.decode(body, type=TrialResult) for body in found]


def test_a_round_of_many_trials_is_distributed_and_goes_on_without_one_that_was_killed(
    client: Client, local: laptop.Cloud, small: Path
) -> None:
    if not local.pid:
        pytest.skip("The functions of an emulator that others started are not ours to kill.")
    with ThreadPoolExecutor(1) as pool:
        search = {"trials": MANY, "parallel": MANY, "families": ["logistic"]}
        ended = pool.submit(searched, client, small, "many", **search)
        _await_results(client, 1)
        victim = min(workers(local.pid, "TuneFunction"))
        with stopped(victim):  # it has a trial, or is given one, and never comes to its end
            _await_results(client, MANY - 1)
            kill(victim)
        run = ended.result(timeout=120)

    assert run.status in ("deployed", "refused"), run.reason
    (lost,) = [one for one in results(client, run.run_id) if one.loss is None]
    assert "without a result" in lost.error
    assert len(results(client, run.run_id)) >= MANY
    (counts,) = map_runs(client, run.run_id)
    assert (counts["total"], counts["succeeded"]) == (MANY, MANY)  # a lost trial is no failed one


def _await_results(client: Client, count: int) -> None:
    """Wait for a run whose trials have so many results."""
    deadline, store = time.monotonic() + 240, client.cloud.artifacts
    while time.monotonic() < deadline:
        per_run: dict[str, int] = {}
        for key in store.keys("runs/many-"):
            if "/trials/" in key:
                per_run[key.split("/")[1]] = per_run.get(key.split("/")[1], 0) + 1
        if max(per_run.values(), default=0) >= count:
            return
        time.sleep(0.2)
    pytest.fail("The round did not come to its last trial.")


def map_runs(client: Client, run_id: str) -> list[dict[str, int]]:
    """How many executions each Distributed Map of a run had."""
    states = client.cloud.client("stepfunctions")
    listed = states.list_map_runs(executionArn=arn(client, run_id))["mapRuns"]
    found = [states.describe_map_run(mapRunArn=one["mapRunArn"]) for one in listed]
    return [one["itemCounts"] for one in found]


def test_a_few_trials_stay_within_the_execution(client: Client, first_run: Run) -> None:
    assert map_runs(client, first_run.run_id) == []


def test_a_model_is_fitted_by_a_function_of_the_teams_own_package(
    client: Client, small: Path
) -> None:
    own = {
        "factory": "team_pipelines.linear:careful",
        "settings": {"factory": {"strength": [0.1, 10.0]}},
    }
    run = searched(client, small, "own", trials=2, parallel=2, **own)
    assert run.status in ("deployed", "refused"), run.reason
    found = results(client, run.run_id)
    assert all(one.loss is not None for one in found), found
    assert {one.configuration["factory"] for one in found} == {own["factory"]}


@pytest.fixture
def contained(client: Client, local: laptop.Cloud) -> Any:
    """Runs the entry point of containers as a process, with what a task definition tells it."""
    names = {
        f"EVERGREEN_{kind}": client.cloud.output(output)
        for kind, output in (
            ("FEATURES_BUCKET", "FeaturesBucket"),
            ("ARTIFACTS_BUCKET", "ArtifactsBucket"),
            ("REGISTRY_TABLE", "RegistryTable"),
        )
    }
    size = {"EVERGREEN_CPU": "4096", "EVERGREEN_MEMORY": "16384", "PYTHONPATH": str(PACKAGE)}
    own = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}

    def run(stage: str, event: Any) -> subprocess.CompletedProcess[str]:
        given = {"EVERGREEN_STAGE": stage, "EVERGREEN_EVENT": json.dumps(event)}
        return subprocess.run(
            [sys.executable, str(ROOT / "functions" / "container.py")],
            env=own | local.environment() | names | size | given,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_a_container_does_what_the_function_did_and_is_priced_as_one(
    client: Client, first_run: Run, contained: Any
) -> None:
    calls = payloads(client, first_run.run_id)
    trial = next(event for state, _, event in calls if state == "tune: trial")
    train = next(event for state, _, event in calls if state == "train")
    number, graph = trial["trial"]["number"], f"runs/{first_run.run_id}/candidate/model.onnx"
    as_function = {one.number: one for one in results(client, first_run.run_id)}[number]
    before = client.cloud.artifacts.read(graph)

    for stage, event in (("tune", trial), ("train", train)):
        ran = contained(stage, event)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    as_container = {one.number: one for one in results(client, first_run.run_id)}[number]
    assert (as_container.loss, as_container.error) == (as_function.loss, "")
    assert as_container.dollars > as_function.dollars  # a minute at least
    assert client.cloud.artifacts.read(graph) == before


def test_a_container_that_fails_says_why_in_its_log_and_in_the_runs_record(
    client: Client, first_run: Run, contained: Any
) -> None:
    run = RunInput(run_id=loans.new_name("untuned"), model=first_run.model, sources=())
    feature_set = client.cloud.registry.version(first_run.model, 1).draft.lineage.feature_set
    ran = contained("train", {"run": msgspec.to_builtins(run), "feature_set": feature_set})
    assert ran.returncode == 1
    (stage,) = client.cloud.registry.run(run.run_id).stages
    assert stage.status == "failed"
    assert stage.summary
    assert stage.summary in " ".join(
        json.loads(line)["message"] for line in ran.stdout.splitlines()
    )


@pytest.mark.parametrize(
    ("stage", "event", "sentence"),
    [("", {}, "EVERGREEN_STAGE is not set"), ("moon", {"step": "x"}, "no handler of 'moon'")],
)
def test_a_container_that_is_given_nothing_it_knows_ends_with_one_sentence(
    contained: Any, stage: str, event: Any, sentence: str
) -> None:
    ran = contained(stage, event)
    assert ran.returncode == 1
    assert sentence in json.loads(ran.stdout.splitlines()[-1])["message"]
