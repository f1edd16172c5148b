"""The workflows as Step Functions state machines."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
from botocore.exceptions import ClientError

from evergreen.contracts.stages import RunInput
from evergreen.contracts.sweep import DueInput
from evergreen.ports import Workflow


class StepFunctionsWorkflow(Workflow):
    """One standard state machine. An execution bears its run's id as its name."""

    def __init__(self, client: Any, machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, run: RunInput) -> bool:
        """See :meth:`Workflow.start`."""
        return _start(self._client, self._machine, run, {})


class BatchWorkflow:
    """The state machine that scores whole tables."""

    def __init__(self, client: Any, machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, run: RunInput, keep: Sequence[str]) -> bool:
        """Score the table that ``run.sources`` names, with columns to ``keep`` beside the
        predictions; False when a run of that name was started before."""
        return _start(self._client, self._machine, run, {"keep": list(keep)})


class SweepWorkflow:
    """The state machine that checks models."""

    def __init__(self, client: Any, machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, name: str, given: DueInput) -> None:
        """Start a sweep under a name that no other has."""
        text = msgspec.json.encode(given).decode()
        self._client.start_execution(stateMachineArn=self._machine, name=name, input=text)

    def status(self, name: str) -> str:
        """Step Functions' word for how far it is: ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ..."""
        arn = self._machine.replace(":stateMachine:", ":execution:")
        return str(self._client.describe_execution(executionArn=f"{arn}:{name}")["status"])


def _start(client: Any, machine: str, run: RunInput, more: dict[str, Any]) -> bool:
    # Asked again with the same input, AWS answers as if it had started the execution just now.
    # An input of its own for every request makes it say that the execution is there already.
    payload = msgspec.to_builtins(run) | more | {"request": uuid4().hex}
    name = payload.pop("run_id")
    text = msgspec.json.encode(payload).decode()
    try:
        client.start_execution(stateMachineArn=machine, name=name, input=text)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
            return False
        raise
    return True
