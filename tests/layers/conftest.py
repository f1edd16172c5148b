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
    for name in LAYERS:
        build(name, target, output)
    packages = link_runtime_packages(tmp_path_factory.mktemp("runtime-packages"))
    return Runtime(target.compiler, output, packages)


@pytest.fixture(scope="session")
def lambda_layers() -> Path:
    """What ``make layers`` builds."""
    for name in LAYERS:
        build(name, lambda_target())
    return OUTPUT
