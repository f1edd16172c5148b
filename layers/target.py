"""What the layers are built for: a Python version and a processor."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from layers.process import run

PYTHON = "3.13"
ARCHITECTURE: Final = "arm64"

# Lambda's python3.13 runs on Amazon Linux 2023 (glibc 2.34).
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
ARCHITECTURES = tuple(_PLATFORMS)


class Target(Struct, frozen=True):
    """Where a layer shall run.

    Attributes:
        python: major and minor version.
        platform: uv's name of the platform; empty for the machine that builds.
        compiler: an interpreter of that version on this machine, for bytecode; or None.
    """

    python: str
    platform: str
    compiler: Path | None


def lambda_target(architecture: str = ARCHITECTURE) -> Target:
    """The Lambda runtime, on ``architecture`` of :data:`ARCHITECTURES`."""
    return Target(PYTHON, _PLATFORMS[architecture], interpreter(PYTHON))


def local_target() -> Target:
    """This machine, with Lambda's Python version where it is at hand, else with this process's."""
    found = interpreter(PYTHON)
    if found:
        return Target(PYTHON, "", found)
    return Target("{}.{}".format(*sys.version_info), "", Path(sys.executable))


def interpreter(version: str) -> Path | None:
    """A working interpreter of ``version``: this one, on PATH, pyenv's, or one that uv keeps."""
    return next((path for path in _candidates(version) if _is(path, version)), None)


def uv() -> Path:
    """The checkout's own uv, else the one on PATH.

    Raises:
        ClickException: there is neither.
    """
    own = Path(__file__).resolve().parents[1] / ".bootstrap/bin/uv"
    found = own if own.exists() else shutil.which("uv")
    if not found:
        raise click.ClickException("There is no uv; run 'make install' first.")
    return Path(found)


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    kept = run(uv(), "python", "find", "--managed-python", "--no-python-downloads", version)
    if kept.returncode == 0:
        yield Path(kept.stdout.strip())


def _is(path: Path, version: str) -> bool:
    """Whether it runs: a pyenv shim exists for versions that its shell has not chosen."""
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    ran = run(path, "-I", "-S", "-c", code)
    return ran.returncode == 0 and ran.stdout.strip() == version
