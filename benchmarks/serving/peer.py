"""The peers' environments, each installed from a lock of its own, and how to run them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.serving.trained import BUILD, ROOT

HERE = Path(__file__).resolve().parent / "peers"
ENVIRONMENTS = ROOT / "build" / "peers"
# The peer's figure, the environment that it is measured in, the package that names its version.
PEERS = {
    "scikit-learn + joblib": ("fastapi", "scikit-learn"),
    "mlflow.pyfunc": ("mlflow", "mlflow"),
    "BentoML": ("bentoml", "bentoml"),
    "MLServer": ("mlserver", "mlserver"),
}


class PeerFailed(Exception):
    """A peer could not be run; the last line of what it said."""


def python(environment: str) -> Path:
    """The interpreter of an environment."""
    return ENVIRONMENTS / environment / "bin" / "python"


def surroundings() -> dict[str, str]:
    """The environment variables of all processes that are measured: bytecode, no telemetry."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "AWS_"))}
    return kept | {
        "BENTOML_HOME": str(BUILD / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }


def run(environment: str, script: str, *arguments: str) -> str:
    """A script of ``peers/`` in its environment; gives what it printed.

    Raises:
        PeerFailed: it is not installed, or ended with an error.
    """
    command = [str(python(environment)), str(HERE / script), *arguments]
    if not python(environment).exists():
        raise PeerFailed(f"build/peers/{environment} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings())  # noqa: S603 - our own scripts
    if done.returncode:
        raise PeerFailed((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    return done.stdout


def prepare(models: list[str]) -> None:
    """Put the pipelines where each peer looks for them."""
    (BUILD / "bentoml").mkdir(exist_ok=True)
    for name in ("mlflow", "bentoml", "mlserver"):
        run(name, "prepare.py", name, *models)


def versions() -> dict[str, str]:
    """What each peer's environment has of the packages that matter."""
    code = (
        "import json, sys; from importlib.metadata import version; "
        "print(json.dumps([version(name) for name in sys.argv[1:]]))"
    )
    found: dict[str, str] = {}
    for environment, package in PEERS.values():
        if not python(environment).exists():
            continue
        names = [package, "scikit-learn", "pandas", "uvicorn"]
        command = [str(python(environment)), "-c", code, *names]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own line
        listed: list[Any] = json.loads(text)
        found |= {f"{environment}: {n}": v for n, v in zip(names, listed, strict=True)}
    return found
