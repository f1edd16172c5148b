"""The laptop cloud, as the one who started it described it in ``build/cloud.json``."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from evergreen.errors import EvergreenError

DESCRIPTION = Path("build/cloud.json")


class CloudGone(EvergreenError):
    """A local cloud was started and does not answer."""

    title = "Local cloud gone"


class LocalCloud(Struct, frozen=True):
    """Where it listens, and the credentials it takes: any, unless it enforces IAM."""

    endpoint: str
    region: str = "us-east-1"
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - what every emulator takes
    certificate: str = ""
    """PEM file to trust, when the cloud speaks TLS."""


def running(start: Path) -> LocalCloud | None:
    """The cloud described at or above ``start``, None where none was started.

    Raises:
        CloudGone: it was started and does not answer. Working on AWS instead would surprise.
    """
    for folder in (start, *start.parents):
        if (folder / DESCRIPTION).is_file():
            return _answering(folder / DESCRIPTION)
    return None


def on_this_machine(endpoint: str) -> bool:
    """Whether a URL points at the loopback interface."""
    host = urlsplit(endpoint).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _answering(path: Path) -> LocalCloud:
    try:
        local = msgspec.json.decode(path.read_bytes(), type=LocalCloud)
    except msgspec.MsgspecError:
        raise CloudGone(f"{path} describes no cloud; remove it, or start one anew.") from None
    parts = urlsplit(local.endpoint)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=2):
            return local
    except OSError:
        raise CloudGone(
            f"The local cloud at {local.endpoint} does not answer; start it (make demo), "
            f"remove {path}, or use AWS with --aws."
        ) from None
