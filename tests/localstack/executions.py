"""What Step Functions knows of a run."""

import json
import time
from typing import Any

from evergreen.cli.client import Client


def arn(client: Client, run_id: str) -> str:
    """The execution of a run."""
    machine = client.cloud.output("WorkflowArn")
    return f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"


def execution(client: Client, run_id: str) -> dict[str, Any]:
    """The execution as it ended: the run's record is closed two states before it."""
    states = client.cloud.client("stepfunctions")
    deadline = time.monotonic() + 20
    while True:
        found: dict[str, Any] = states.describe_execution(executionArn=arn(client, run_id))
        if found["status"] != "RUNNING" or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def history(client: Client, run_id: str) -> list[dict[str, Any]]:
    """What Step Functions recorded of a run."""
    pages = client.cloud.client("stepfunctions").get_paginator("get_execution_history")
    found = pages.paginate(executionArn=arn(client, run_id), includeExecutionData=True)
    return [event for page in found for event in page["events"]]


def definition(client: Client) -> dict[str, Any]:
    """The deployed state machine."""
    states = client.cloud.client("stepfunctions")
    found = states.describe_state_machine(stateMachineArn=client.cloud.output("WorkflowArn"))
    return dict(found) | {"definition": json.loads(found["definition"])}


def payloads(client: Client, run_id: str) -> list[tuple[str, str, Any]]:
    """State, function and payload of every call of a function that a run made, in order."""
    states = definition(client)["definition"]["States"]
    made: list[tuple[str, str, Any]] = []
    for event in history(client, run_id):
        entered = event.get("stateEnteredEventDetails", {})
        state = states.get(entered.get("name"), {})
        given = json.loads(entered.get("input", "{}"))
        if ":lambda:" in str(state.get("Resource")):
            made.append((entered["name"], state["Resource"], _filled(state["Parameters"], given)))
        elif state.get("Type") == "Map":
            processor = state["ItemProcessor"]
            task = processor["States"][processor["StartAt"]]["Resource"]
            for trial in given["round"]["trials"]:
                made.append(("tune: trial", task, {"step": "trial", "trial": trial}))
    return made


def _filled(parameters: dict[str, Any], given: Any) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, value in parameters.items():
        if name.endswith(".$"):
            found = given
            for step in value.removeprefix("$.").split("."):
                found = found[step]
            filled[name.removesuffix(".$")] = found
        else:
            filled[name] = value
    return filled
