"""The laptop cloud: start it, stop it, deploy to it. `python -m localstack.cloud --help`.

The emulator is MiniStack, a child of its own session that listens on loopback alone. What is
running is written to a state file, ``build/cloud.json``, so that every command finds it.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from localstack import trust

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / "build" / "cloud.json"
HOST = "127.0.0.1"
PORT = 4566
PATIENCE = 60.0  # seconds for the emulator to answer; it takes about two


class CloudError(Exception):
    """One sentence that says what to do."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """A running emulator and the credentials it takes."""

    endpoint: str
    port: int
    pid: int
    region: str = "us-east-1"
    account: str = "000000000000"
    access_key: str = "test"
    secret_key: str = "test"  # noqa: S105 - what every emulator takes
    certificate: str = ""
    """PEM file to trust, when the cloud speaks TLS and enforces IAM."""

    def environment(self) -> dict[str, str]:
        """Variables that point any AWS client of a child process here."""
        variables = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if self.certificate:
            names = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
            variables |= dict.fromkeys(names, self.certificate)
        return variables

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            verify=self.certificate or None,
            config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard"}),
        )

    def api_url(self, api_id: str, stage: str) -> str:
        """Where the emulator answers for a REST API, without a slash at the end."""
        return f"{self.endpoint}/restapis/{api_id}/{stage}/_user_request_"

    def answers(self) -> bool:
        """Whether the emulator is up."""
        context = ssl.create_default_context(cafile=self.certificate or None)
        secure = context if self.certificate else None
        try:
            url = f"{self.endpoint}/_ministack/health"
            with urllib.request.urlopen(url, timeout=5, context=secure) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False


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
    return cloud if _alive(cloud.pid) and cloud.answers() else None


def start(
    port: int = PORT, *, auth: bool = False, state: Path = STATE, tied: bool = False
) -> Cloud:
    """Start the cloud, or find the one that is running.

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
    cloud = _launch(port, auth=auth, state=state)
    if tied:
        _tie(cloud.pid)
    try:
        _await(cloud, state.with_suffix(".log"))
    except BaseException:
        _end(cloud.pid)
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
    was_running = _is_emulator(named)
    if was_running:
        _end(named.pid)
    state.unlink(missing_ok=True)
    shutil.rmtree(state.with_suffix(".files"), ignore_errors=True)
    return was_running


def _launch(port: int, *, auth: bool, state: Path) -> Cloud:
    files = state.with_suffix(".files").absolute()
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir(parents=True)
    # Hypercorn by itself: MiniStack's own command would listen on port 443 as well under TLS.
    command = [sys.executable, "-m", "hypercorn", "ministack.app:app", "--workers", "0"]
    command += ["--bind", f"{HOST}:{port}", "--keep-alive", "75", "--log-level", "WARNING"]
    environment = _emulator_environment(port, files)
    certificate = ""
    if auth:
        identity = trust.make_certificate(files, HOST)
        certificate = str(identity.certificate)
        command += ["--certfile", certificate, "--keyfile", str(identity.key)]
        environment |= {
            "AUTH": "true",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": certificate,
            "MINISTACK_SSL_KEY": str(identity.key),
            "AWS_CA_BUNDLE": certificate,
        }
    with state.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command,
            env=environment,
            cwd=files,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    endpoint = f"{'https' if auth else 'http'}://{HOST}:{port}"
    return Cloud(endpoint=endpoint, port=port, pid=process.pid, certificate=certificate)


def _emulator_environment(port: int, files: Path) -> dict[str, str]:
    """What the emulator and the functions it runs inherit: nothing of the user's AWS or Python."""
    foreign = ("AWS_", "CDK_", "PYTHON", "MINISTACK_", "LOCALSTACK_", "DOCKER_", "EVERGREEN_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return own | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_HOST": HOST,
        "SFTP_ENABLED": "0",
        "TMPDIR": str(files),
    }


def _tie(leader: int) -> None:
    """Start a leash: it ends the emulator's session when the pipe from this process closes."""
    leash = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "localstack.leash", str(leader)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _leashes.append(leash)


_leashes: list[subprocess.Popen[bytes]] = []


def _await(cloud: Cloud, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not _alive(cloud.pid):
            break
        if cloud.answers():
            return
        time.sleep(0.1)
    raise CloudError(f"The laptop cloud did not come up; {log} says why.")


def _alive(pid: int) -> bool:
    try:
        ended, _ = os.waitpid(pid, os.WNOHANG)
        return ended == 0
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_emulator(cloud: Cloud) -> bool:
    """Whether the process of that number is still ours: numbers are used again."""
    if not _alive(cloud.pid):
        return False
    command_line = Path(f"/proc/{cloud.pid}/cmdline")
    if command_line.exists():
        return b"ministack.app" in command_line.read_bytes()
    return cloud.answers()


def _end(leader: int) -> None:
    """End the emulator and its workers, which are in the session that it leads."""
    for ending, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(leader, ending)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and _group_lives(leader):
            time.sleep(0.05)


def _group_lives(leader: int) -> bool:
    _alive(leader)  # collects it, where it is our child
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    from localstack.deployment import deploy

    parser = argparse.ArgumentParser(prog="python -m localstack.cloud", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "deploy", "status"))
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--state", type=Path, default=STATE)
    parser.add_argument("--auth", action="store_true", help="enforce IAM, over TLS")
    given = parser.parse_args(arguments)
    try:
        if given.command == "stop":
            print("The laptop cloud is stopped." if stop(given.state) else _NONE)  # noqa: T201
            return 0
        if given.command == "status":
            cloud = running(given.state)
        else:
            cloud = start(given.port, auth=given.auth, state=given.state)
        if cloud and given.command == "deploy":
            deploy(cloud)
    except CloudError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(f"The laptop cloud is up at {cloud.endpoint}." if cloud else _NONE)  # noqa: T201
    return 0 if cloud else 1


_NONE = "No laptop cloud is running."

if __name__ == "__main__":
    raise SystemExit(main())
