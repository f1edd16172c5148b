"""The laptop cloud: start it, stop it, deploy to it. `python -m localstack.cloud --help`.

What is running is written to a state file, ``build/cloud.json``, so that every command finds it.
"""

import argparse
import json
import shutil
import socket
import sys
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

from localstack import trust
from localstack.deployment import deploy, outputs
from localstack.emulator import (
    alive,
    await_answer,
    end,
    files_of,
    is_emulator,
    launch,
    tie,
)
from localstack.endpoint import HOST, ROOT, Cloud, CloudError

__all__ = [
    "Cloud",
    "CloudError",
    "attach",
    "deploy",
    "free_port",
    "outputs",
    "running",
    "start",
    "stop",
]

STATE = ROOT / "build" / "cloud.json"
PORT = 4566


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def running(state: Path = STATE) -> Cloud | None:
    """The cloud that the state file names, if it still answers."""
    try:
        cloud = Cloud(**json.loads(state.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return cloud if alive(cloud.pid) and cloud.answers() else None


def attach(endpoint: str) -> Cloud:
    """An emulator that somebody else started, such as the one of ``localstack/compose.yaml``."""
    port = urlsplit(endpoint).port
    if port is None:
        raise CloudError(f"'{endpoint}' names no port; give it as http://127.0.0.1:4566.")
    return Cloud(endpoint=endpoint, port=port, pid=0, files=str(ROOT / "build" / f"cloud-{port}"))


def start(
    port: int = PORT, *, auth: bool = False, state: Path = STATE, tied: bool = False
) -> Cloud:
    """Start the cloud, or find the one that is running.

    There is one cloud to a state file: one that is named there and is not what was asked for
    is ended.

    Args:
        port: where on loopback it listens.
        auth: enforce IAM, over TLS; the cloud's credentials are then a deployer's, not root's.
        state: the state file; the log and what the emulator keeps lie beside it.
        tied: end the cloud when this process ends, however it ends.

    Raises:
        CloudError: the port is taken, or the emulator does not come up.
    """
    found = running(state)
    if found and found.port == port and bool(found.certificate) == auth:
        return found
    stop(state)
    if _taken(port):
        raise CloudError(
            f"Port {port} is taken by another program; end it, or choose another with --port."
        )
    state.parent.mkdir(parents=True, exist_ok=True)
    cloud = launch(port, auth=auth, state=state)
    if tied:
        tie(cloud.pid)
    try:
        await_answer(cloud, state.with_suffix(".log"))
    except BaseException:
        end(cloud.pid)
        raise
    if auth:
        access_key, secret_key = trust.make_deployer(cloud.client("iam"))
        cloud = replace(cloud, access_key=access_key, secret_key=secret_key)
    state.write_text(json.dumps(asdict(cloud), indent=2))
    return cloud


def stop(state: Path = STATE) -> bool:
    """End the cloud and all functions it runs; False when none was running."""
    try:
        named = Cloud(**json.loads(state.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return False
    was_running = is_emulator(named)
    if was_running:
        end(named.pid)
    state.unlink(missing_ok=True)
    shutil.rmtree(files_of(state), ignore_errors=True)
    return was_running


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m localstack.cloud", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "deploy", "status"))
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--state", type=Path, default=STATE)
    parser.add_argument("--auth", action="store_true", help="enforce IAM, over TLS")
    parser.add_argument("--endpoint", help="deploy to an emulator that runs already, here")
    parser.add_argument(
        "-c",
        dest="context",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the deployment, such as package=FOLDER",
    )
    given = parser.parse_args(arguments)
    try:
        if given.command == "stop":
            print("The laptop cloud is stopped." if stop(given.state) else _NONE)  # noqa: T201
            return 0
        if given.command == "status":
            cloud = running(given.state)
        elif given.endpoint:
            cloud = attach(given.endpoint)
        else:
            cloud = start(given.port, auth=given.auth, state=given.state)
        if cloud and given.command == "deploy":
            deploy(cloud, context=given.context)
    except CloudError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"The laptop cloud is up at {cloud.endpoint}." if cloud else _NONE)  # noqa: T201
    return 0 if cloud else 1


_NONE = "No laptop cloud is running."

if __name__ == "__main__":
    raise SystemExit(main())
