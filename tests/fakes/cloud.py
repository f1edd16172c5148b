"""A cloud for the command line that lives in memory, with the real inference function in it."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
from click.testing import CliRunner, Result
from evergreen.cli.api import Api
from evergreen.cli.client import Client
from evergreen.cli.cloud import Execution
from evergreen.cli.main import main
from evergreen.contracts import keys
from evergreen.contracts.fleet import FleetReport, ModelHealth
from evergreen.contracts.sweep import DueInput
from evergreen.monitor.page import fleet_page

from tests.fakes.memory import MemoryStore, MemoryWorkflow
from tests.fakes.serving import World
from tests.fakes.views import MemoryViews


class MemorySweeps:
    """Stands in for the workflow that checks models; ``ends`` is what each sweep ends as, and
    ``leaves`` the lines that it writes to the fleet's report."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.started: dict[str, DueInput] = {}
        self.ends, self.leaves = "SUCCEEDED", list[ModelHealth]()

    def start(self, name: str, given: DueInput) -> None:
        self.started[name] = given
        report = FleetReport(at=given.at, models=tuple(self.leaves), checked=len(self.leaves))
        body = msgspec.json.encode(report)
        self.world.artifacts.write(keys.fleet_page("json"), body)
        self.world.artifacts.write(keys.fleet_page("html"), fleet_page(report))

    def status(self, name: str) -> str:
        assert name in self.started
        return self.ends


class MemoryCloud:
    """Stands in for :class:`evergreen.cli.cloud.Cloud`."""

    description = "a cloud in memory"
    actor = "arn:aws:iam::123456789012:user/ann"

    def __init__(self, world: World) -> None:
        self.world = world
        self.registry, self.clock = world.registry, world.clock
        self.features, self.artifacts = world.features, world.artifacts
        self.views, self.online = MemoryViews(), world.online
        self.workflow = MemoryWorkflow()
        self.sweeps = MemorySweeps(world)
        self.executions: dict[str, Execution] = {}
        self.sent: list[tuple[str, str]] = []
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.api = Api(self._send, sleep=lambda _: None)

    def execution(self, run_id: str) -> Execution | None:
        return self.executions.get(run_id)

    def output(self, name: str) -> str:
        return {"FeaturesBucket": "features"}[name]

    def objects(self, bucket: str) -> MemoryStore:
        store = MemoryStore()
        store.objects = self.buckets.get(bucket, {})
        return store

    def copy(self, bucket: str, key: str, to: str) -> None:
        self.features.write(to, self.buckets[bucket][key])

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


def served() -> MemoryCloud:
    """A cloud with one model, its first version serving."""
    world = World()
    world.serve()
    return MemoryCloud(world)


def terminal(cloud: MemoryCloud) -> Callable[..., Result]:
    """The command ``evergreen``, working on ``cloud``."""

    def call(*arguments: object, stdin: str | None = None) -> Result:
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(main, words, input=stdin, obj=lambda: Client(cloud))  # type: ignore[arg-type]

    return call


def read(result: Result) -> Any:
    """The JSON document on stdout of a command that went well."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def sentence(result: Result) -> str:
    """What a command that failed says is wrong."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    return result.stderr.split("Error: ", 1)[1].strip()
