"""A cloud for the command line that lives in memory, with the real inference function in it."""

from typing import Any

from evergreen.cli.api import Api
from evergreen.cli.cloud import Execution

from tests.fakes.memory import MemoryWorkflow
from tests.fakes.serving import World


class MemoryCloud:
    """Stands in for :class:`evergreen.cli.cloud.Cloud`."""

    description = "a cloud in memory"
    actor = "arn:aws:iam::123456789012:user/ann"

    def __init__(self, world: World) -> None:
        self.world = world
        self.registry, self.clock = world.registry, world.clock
        self.features, self.artifacts = world.features, world.artifacts
        self.workflow = MemoryWorkflow()
        self.executions: dict[str, Execution] = {}
        self.sent: list[tuple[str, str]] = []
        self.api = Api(self._send, sleep=lambda _: None)

    def execution(self, run_id: str) -> Execution | None:
        return self.executions.get(run_id)

    def _send(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        self.sent.append((method, path))
        event: dict[str, Any] = {
            "httpMethod": method,
            "path": path,
            "body": body.decode() if body else None,
            "requestContext": {"requestId": f"request-{len(self.sent)}"},
        }
        answer = self.world.inference.answer(event)
        return answer["statusCode"], answer["body"].encode()
