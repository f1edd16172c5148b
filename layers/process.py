"""Runs the programs that build layers."""

import subprocess
from collections.abc import Mapping
from pathlib import Path


def run(
    *command: object, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``command`` to its end, in ``folder``, and keep what it says.

    Every command is put together in this package, of its own constants and of paths.
    """
    return subprocess.run(  # noqa: S603
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )
