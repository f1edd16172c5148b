"""What every workflow must do."""

import json
from typing import Any

from evergreen.aws.workflow import StepFunctionsWorkflow
from evergreen.contracts.stages import RunInput
from evergreen.ports import Workflow

RUN = RunInput(run_id="run-1", model="crash", sources=("raw/a.csv", "raw/b.csv"))


def test_a_run_starts_once_however_often_it_is_asked_for(workflow: Workflow) -> None:
    assert workflow.start(RUN) is True
    assert workflow.start(RUN) is False


def test_runs_of_other_names_start_beside_it(workflow: Workflow) -> None:
    other = RunInput(run_id="run-2", model="crash", sources=("raw/a.csv",))
    assert workflow.start(RUN)
    assert workflow.start(other)


def test_an_execution_bears_the_runs_name_and_input(machine: tuple[Any, str]) -> None:
    states, arn = machine
    StepFunctionsWorkflow(states, arn).start(RUN)
    (execution,) = states.list_executions(stateMachineArn=arn)["executions"]
    given = json.loads(states.describe_execution(executionArn=execution["executionArn"])["input"])
    assert execution["name"] == "run-1"
    assert given.pop("request")
    assert given == {
        "model": "crash",
        "sources": ["raw/a.csv", "raw/b.csv"],
        "trigger": "manual",
        "labelled_until": "",
        "outcomes": None,
        "resumes": "",
    }


def test_every_request_differs_so_that_aws_reports_a_running_execution(
    machine: tuple[Any, str],
) -> None:
    inputs: list[str] = []
    states, arn = machine

    def remember(params: dict[str, Any], **_: Any) -> None:
        inputs.append(params["input"])

    states.meta.events.register("provide-client-params.stepfunctions.StartExecution", remember)
    for _ in range(2):
        StepFunctionsWorkflow(states, arn).start(RUN)
    assert inputs[0] != inputs[1]
