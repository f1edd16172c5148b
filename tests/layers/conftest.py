import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layers.build import OUTPUT, build
from layers.functions import LAYERS
from layers.target import lambda_target, local_target
from tests.layers.runtime import Runtime, link_runtime_packages


@pytest.fixture(scope="session")
def runtime(tmp_path_factory) -> Runtime:
    """This machine's build of every layer, kept below build/ for the next time."""
    target, output = local_target(), OUTPUT.with_name("layers-local")
    with _alone(output):
        for name in LAYERS:
            build(name, target, output)
    packages = link_runtime_packages(tmp_path_factory.mktemp("runtime-packages"))
    return Runtime(target.compiler, output, packages)


@pytest.fixture(scope="session")
def lambda_layers() -> Path:
    """What ``make layers`` builds."""
    with _alone(OUTPUT):
        for name in LAYERS:
            build(name, lambda_target())
    return OUTPUT


@contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Tests run in two processes; the second one finds what the first has built."""
    output.parent.mkdir(exist_ok=True)
    with output.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
