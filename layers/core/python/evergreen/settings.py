"""What a function finds in its environment; read once, on first use, never at import."""

import os

from msgspec import Struct

from evergreen.errors import NotConfigured
from evergreen.prices import Worker


class Settings(Struct, frozen=True):
    """Names of the deployed resources; a function is given only those that it uses."""

    features_bucket: str = ""
    artifacts_bucket: str = ""
    registry_table: str = ""
    online_table: str = ""
    workflow_arn: str = ""
    event_bus: str = ""
    capture_stream: str = ""
    alerts_topic: str = ""
    memory_mebibytes: int | None = None
    """What Lambda gives the function; None outside of it."""
    containers: bool = False
    """Whether trials and the last fit may run in containers."""
    worker: Worker = Worker()
    """What this process runs on, and is paid by."""

    @staticmethod
    def from_environment() -> "Settings":
        """Read ``EVERGREEN_FEATURES_BUCKET`` and so on; one that is not set stays empty."""
        found = {name: os.environ.get(_variable(name), "") for name in _NAMES}
        memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        return Settings(
            **found,
            memory_mebibytes=int(memory) if memory else None,
            containers=os.environ.get("EVERGREEN_CONTAINERS") == "true",
            worker=_worker(),
        )

    def need(self, name: str) -> str:
        """The setting of that name.

        Raises:
            NotConfigured: names the environment variable that has to be set.
        """
        value = str(getattr(self, name))
        if not value:
            raise NotConfigured(
                f"{_variable(name)} is not set; it names the deployed {name.replace('_', ' ')}."
            )
        return value


def _variable(name: str) -> str:
    return f"EVERGREEN_{name.upper()}"


def _worker() -> Worker:
    """Lambda says how much memory it gives; the workflow tells a container its own size, in the
    units of Amazon ECS."""
    function = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    if function:
        return Worker("lambda", int(function) / 1024)
    units, memory = os.environ.get("EVERGREEN_CPU"), os.environ.get("EVERGREEN_MEMORY")
    if units and memory:
        return Worker("container", int(memory) / 1024, int(units) / 1024)
    return Worker()


_NAMES = (
    "features_bucket",
    "artifacts_bucket",
    "registry_table",
    "online_table",
    "workflow_arn",
    "event_bus",
    "capture_stream",
    "alerts_topic",
)
