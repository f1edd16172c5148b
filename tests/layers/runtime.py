"""An interpreter that sees what a function sees, and nothing else of this machine."""

import importlib.util
import subprocess
from pathlib import Path

# What Lambda's runtime brings; the layers must not.
RUNTIME_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def link_runtime_packages(folder: Path) -> Path:
    """Links to this environment's copies of them, alone in one folder."""
    for name in RUNTIME_PACKAGES:
        origin = Path(importlib.util.find_spec(name).origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


class Runtime:
    """Runs code with layers, on the interpreter that they were built for."""

    def __init__(self, python: Path, layers: Path, runtime_packages: Path) -> None:
        self._python, self._layers, self._runtime_packages = python, layers, runtime_packages

    def run(self, code: str, *layers: str, function: Path | None = None, bare: bool = False) -> str:
        """What ``code`` prints: without site-packages, without an environment, nothing written.

        A ``bare`` Python brings nothing of what Lambda's runtime brings.
        """
        folders = [function] if function else []
        folders += [self._layers / layer / "python" for layer in layers]
        path = [str(folder) for folder in [*folders, *([] if bare else [self._runtime_packages])]]
        ran = subprocess.run(
            [self._python, "-I", "-S", "-B", "-c", f"import sys\nsys.path += {path}\n{code}"],
            capture_output=True,
            text=True,
            env={},
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()
