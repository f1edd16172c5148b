"""A test run that is interrupted leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack.emulator import alive
from localstack.endpoint import ROOT

WAITING = """
import time
from pathlib import Path
from localstack import cloud

def test_waits():
    started = cloud.start(cloud.free_port(), state=Path("cloud.json"), tied=True)
    cloud_with_a_worker(started)
    Path("up").touch()
    time.sleep(300)

def cloud_with_a_worker(started):
    functions = started.client("lambda")
    functions.create_function(
        FunctionName="idle", Runtime=f"python3.{__import__('sys').version_info.minor}",
        Role="arn:aws:iam::000000000000:role/none", Handler="idle.handler",
        Code={"ZipFile": code()},
    )
    functions.invoke(FunctionName="idle")

def code():
    import io, zipfile
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("idle.py", "def handler(event, context): return 1")
    return body.getvalue()
"""


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """pytest in a process of its own, in a test that started a cloud with a function and waits."""
    (tmp_path / "test_waits.py").write_text(WAITING)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_waits.py"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        # A shell starts what runs in its background deaf to SIGINT, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "up").exists():
            assert process.poll() is None, "The inner test failed."
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


def _running_below(folder: Path) -> list[int]:
    """Processes that have ``folder`` as the place that they work or write in."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
            place = (process / "cwd").readlink()
        except OSError:
            continue
        if place.is_relative_to(folder) or str(folder).encode() in line:
            found.append(int(process.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="Looks for processes in /proc.")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_test_run_leaves_no_emulator_and_no_function(
    waiting: subprocess.Popen[bytes], tmp_path: Path, ending: signal.Signals
) -> None:
    before = _running_below(tmp_path)
    assert len(before) >= 3  # pytest, the emulator, a function

    waiting.send_signal(ending)
    waiting.wait(timeout=30)

    deadline = time.monotonic() + 20
    while any(map(alive, before)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _running_below(tmp_path) == []
