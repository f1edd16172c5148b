"""The emulator's process: MiniStack, which listens on loopback alone, and the workers it starts."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from localstack import trust
from localstack.endpoint import HOST, ROOT, Cloud, CloudError

PATIENCE = 60.0  # seconds for the emulator to answer; it takes about two


def files_of(state: Path) -> Path:
    """What the emulator keeps while it runs."""
    return state.with_suffix(".files").absolute()


def launch(port: int, *, auth: bool, state: Path) -> Cloud:
    """Start the emulator in a session of its own; its log lies beside the state file."""
    files = files_of(state)
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
    _children.append(process)
    return Cloud(
        endpoint=endpoint,
        port=port,
        pid=process.pid,
        files=str(files),
        certificate=certificate,
    )


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
        "NO_PROXY": HOST,
        "SFTP_ENABLED": "0",
        "TMPDIR": str(files),
    }


def tie(leader: int) -> None:
    """Start a leash: it ends the emulator's session when the pipe from this process closes."""
    leash = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "localstack.leash", str(leader)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _children.append(leash)


# Held for as long as this process lives: a leash's pipe closes when nobody holds it.
_children: list[subprocess.Popen[bytes]] = []


def await_answer(cloud: Cloud, log: Path) -> None:
    """Wait until the emulator answers.

    Raises:
        CloudError: it ended, or took too long.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not alive(cloud.pid):
            break
        if cloud.answers():
            return
        time.sleep(0.1)
    raise CloudError(f"The laptop cloud did not come up; {log} says why.")


def alive(pid: int) -> bool:
    """Whether a process of that number runs; collects it, where it was our child and ended."""
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


def is_emulator(cloud: Cloud) -> bool:
    """Whether the process of that number is still ours: numbers are used again."""
    if not alive(cloud.pid):
        return False
    command_line = Path(f"/proc/{cloud.pid}/cmdline")
    if command_line.exists():
        return b"ministack.app" in command_line.read_bytes()
    return cloud.answers()


def end(leader: int) -> None:
    """End the emulator and its workers, which are in the session that it leads."""
    for ending, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 1.0)):
        try:
            os.killpg(leader, ending)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and _group_lives(leader):
            time.sleep(0.05)


def _group_lives(leader: int) -> bool:
    alive(leader)  # collects it, where it is our child
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True
