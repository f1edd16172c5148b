"""The emulator's workers as processes, to kill one as a crash would."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def workers(emulator: int, function: str) -> dict[int, str]:
    """Processes that the emulator runs for functions whose name holds ``function``."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = _stat(entry)[1]
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile
            continue
        names = [v for v in environment if v.startswith(b"AWS_LAMBDA_FUNCTION_NAME=")]
        if int(parent) == emulator and names and function.encode() in names[0]:
            found[int(entry.name)] = names[0].decode()
    return found


def _stat(process: Path) -> list[str]:
    return (process / "stat").read_text().rpartition(")")[2].split()


def _state(worker: int) -> str:
    return _stat(Path(f"/proc/{worker}"))[0]


def kill(worker: int) -> None:
    """End a worker at once, with nothing said and nothing finished."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(worker, signal.SIGKILL)
        while _state(worker) != "Z":  # ended, and not yet collected
            time.sleep(0.005)


@contextmanager
def stopped(worker: int) -> Iterator[None]:
    """Hold a worker where it is: work that it is given waits for ever."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)
