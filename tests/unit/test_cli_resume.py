"""Going on from a run that ended too soon."""

import pytest
from evergreen.contracts.registry import Run
from evergreen.contracts.stages import RunInput, Trial
from evergreen.tune.rounds import write_round

from tests.fakes.cloud import read, sentence
from tests.fakes.serving import AT, MODEL

BEFORE = RunInput(
    run_id="run-9", model=MODEL, sources=("raw/a.csv",), trigger="drift", labelled_until=AT
)


@pytest.fixture
def stopped(cloud):
    """A run that has proposed a trial."""
    run = Run(run_id="run-9", model=MODEL, trigger="drift", sources=("raw/a.csv",), started_at=AT)
    cloud.registry.open_run(run)
    write_round(cloud.artifacts, "run-9", 1, (Trial(BEFORE, "set-1", 1, {"family": "tree"}),))


def test_a_run_is_resumed_by_another_on_the_same_rows(evergreen, cloud, stopped):
    given = read(evergreen("train", "--resume", "run-9", "--json"))
    run = cloud.workflow.started[given["run_id"]]
    assert (run.model, run.sources, run.labelled_until) == (MODEL, ("raw/a.csv",), AT)
    assert (run.resumes, run.trigger) == ("run-9", "manual")
    assert given["model"] == MODEL


def test_resuming_takes_its_model_and_tables_from_the_run_alone(evergreen, cloud, stopped):
    refused = evergreen("train", MODEL, "--resume", "run-9")
    assert (refused.exit_code, "--resume without a model" in refused.stderr) == (2, True)
    assert not cloud.workflow.started


def test_a_run_without_a_trial_has_nothing_to_go_on_from(evergreen, cloud):
    run = Run(run_id="run-8", model=MODEL, trigger="", sources=(), started_at=AT)
    cloud.registry.open_run(run)
    assert "has no trial to go on from" in sentence(evergreen("train", "--resume", "run-8"))
    assert "There is no run 'run-7'" in sentence(evergreen("train", "--resume", "run-7"))
