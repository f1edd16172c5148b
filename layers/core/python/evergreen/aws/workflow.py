"""The training workflow as a Step Functions state machine."""

from typing import Any
from uuid import uuid4

import msgspec
from botocore.exceptions import ClientError

from evergreen.contracts.stages import RunInput
from evergreen.ports import Workflow


class StepFunctionsWorkflow(Workflow):
    """One standard state machine. An execution bears its run's id as its name."""

    def __init__(self, client: Any, machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, run: RunInput) -> bool:
        """See :meth:`Workflow.start`."""
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=run.run_id, input=_input(run)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return False
            raise
        return True


def _input(run: RunInput) -> str:
    # Asked again with the same input, AWS answers as if it had started the execution just now.
    # An input of its own for every request makes it say that the execution is there already.
    payload = msgspec.to_builtins(run) | {"request": uuid4().hex}
    payload.pop("run_id")
    return msgspec.json.encode(payload).decode()
