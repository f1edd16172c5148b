"""What differs between the laptop and an account, and nothing else. Reads the CDK context."""

import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from constructs import Node

from layers import own
from layers.functions import CORE, LAYERS
from layers.target import ARCHITECTURE, PYTHON

_LAMBDA_MEMORY = 10_240
_AT_ONCE = 1000  # trials that a round may have

ROOT = Path(__file__).resolve().parent.parent


class InvalidSettings(Exception):
    """The context names something that does not exist, or something is not built yet."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One environment.

    With ``layers``, functions get their dependencies and the ``evergreen`` package from layers
    below that folder; without, the machine's own Python stands in for the dependencies and
    ``evergreen`` travels beside the handler.
    """

    environment: Literal["aws", "local"]
    runtime: str
    architecture: Literal["arm64", "x86_64"]
    layers: Path | None
    monitor_minutes: int
    """How often a scheduled check looks at every model that serves."""
    deletion_protection: bool
    """Whether the registry's table refuses to be deleted."""
    checked: bool
    """Whether synthesis runs the AWS Solutions rules."""
    snap_start: bool = False
    """Whether infer starts from a snapshot taken after its imports: a shorter cold start, paid by
    the hour that a version is kept and by each start."""
    functions: Path = field(default=ROOT / "functions")
    package: Path = field(default=ROOT / "layers" / "core" / "python" / "evergreen")
    capture_stream: str = "evergreen-captures"
    event_bus: str = "evergreen"
    api_stage: str = "live"
    requests_per_second: int = 50
    request_burst: int = 100
    trials_at_once: int = 10
    """Trials of one run that may run at the same time: a new account runs 10 functions at once."""
    containers: bool = False
    """Whether tune and train may run as containers, where a function is too small."""
    containers_at_once: int = 4
    """Containers of one run that may run at the same time."""
    vpc: str = ""
    """The account's own network for containers, with ``subnets``; empty: one is made for them."""
    subnets: tuple[str, ...] = ()
    own: Path | None = None
    """A team's own package, a folder or a wheel, that model files name as ``search.factory``."""
    ingest_memory: int = 3008
    """MiB of the function that reads tables; it says itself when a table needs more. 3,008 is what
    every account's functions may have."""
    batches_at_once: int = 4
    """Batches of models that a sweep may check at the same time."""
    chunks_at_once: int = 5
    """Chunks of one table that may be scored at the same time; the rest is left for answering."""

    def layer(self, name: str) -> Path:
        """The folder of a dependency layer.

        Raises:
            InvalidSettings: the layer was not built.
        """
        folder = (self.layers or Path()) / name
        if self.layers is None or not (folder / "python").is_dir():
            raise InvalidSettings(f"The layer '{name}' is not built; run `make layers` first.")
        return folder


def aws(layers: Path = ROOT / "build" / "layers") -> Settings:
    """A real account."""
    return Settings(
        environment="aws",
        runtime=f"python{PYTHON}",
        architecture=ARCHITECTURE,
        layers=layers,
        monitor_minutes=60,
        deletion_protection=True,
        checked=True,
        containers=True,
    )


def local() -> Settings:
    """The laptop cloud, which runs functions on the Python that synthesises."""
    return Settings(
        environment="local",
        runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        architecture="arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64",
        layers=None,
        monitor_minutes=1,
        deletion_protection=False,
        checked=False,
    )


def settings_from(node: Node) -> Settings:
    """The settings that ``-c environment=`` names.

    Raises:
        InvalidSettings: there is no such environment, or its layers are not built.
    """
    name = node.try_get_context("environment") or "aws"
    known = {"aws": aws, "local": local}
    if name not in known:
        choices = _either(sorted(known))
        raise InvalidSettings(f"There is no environment '{name}'; -c environment= takes {choices}.")
    settings = replace(
        known[name](),
        snap_start=_is_on(node, "snap_start"),
        ingest_memory=_ingest_memory(node),
        trials_at_once=_at_once(node, "trials_at_once"),
        containers_at_once=_at_once(node, "containers_at_once"),
        own=_own(node),
        **_containers(node),
    )
    if settings.layers is not None:
        for layer in LAYERS:
            settings.layer(layer)
    if settings.own:
        _check_own(settings, settings.own)
    return settings


def _check_own(settings: Settings, package: Path) -> None:
    beside = [settings.layer(name) for name in (CORE, "learning")] if settings.layers else []
    try:
        with TemporaryDirectory() as folder:
            own.unpack(package, Path(folder))
            own.check_names(Path(folder), *beside)
            own.check_room(Path(folder), *beside)
    except own.UnusablePackage as error:
        raise InvalidSettings(str(error)) from None


def _containers(node: Node) -> dict[str, Any]:
    """Whether there are containers and where, as far as the context says."""
    vpc, given = (str(node.try_get_context(name) or "") for name in ("vpc", "subnets"))
    subnets = tuple(subnet.strip() for subnet in given.split(",") if subnet.strip())
    if bool(vpc) != bool(subnets):
        raise InvalidSettings("-c vpc= and -c subnets= are given together, or neither.")
    found: dict[str, Any] = {"vpc": vpc, "subnets": subnets}
    if node.try_get_context("containers") is not None:
        found["containers"] = _is_on(node, "containers")
    return found


def _own(node: Node) -> Path | None:
    given = node.try_get_context("package")
    return Path(given).resolve() if given else None


def _at_once(node: Node, name: str) -> int:
    given = str(node.try_get_context(name) or getattr(Settings, name))
    if not given.isdecimal() or not 1 <= int(given) <= _AT_ONCE:
        raise InvalidSettings(f"-c {name}={given} is not known; it takes 1 to {_AT_ONCE:,}.")
    return int(given)


def _ingest_memory(node: Node) -> int:
    given = str(node.try_get_context("ingest_memory") or Settings.ingest_memory)
    if not given.isdecimal() or not 512 <= int(given) <= _LAMBDA_MEMORY:
        raise InvalidSettings(
            f"-c ingest_memory={given} is no function's memory; it takes 512 to {_LAMBDA_MEMORY:,} "
            "MiB, and over 3,008 the account's quota has to allow it."
        )
    return int(given)


def _is_on(node: Node, name: str) -> bool:
    given = node.try_get_context(name) or "false"
    if given not in ("true", "false"):
        raise InvalidSettings(f"-c {name}={given} is not known; it takes true or false.")
    return bool(given == "true")


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
