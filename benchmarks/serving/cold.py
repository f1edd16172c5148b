"""A fresh process to its first prediction, everything counted from its start.

Ours is the function: the deployed handler's file, its package with bytecode, the real clients
against an emulator on loopback, so registry and graph are really fetched and the prediction is
really captured. The peers find their model on the disk and capture nothing. Floors: the
interpreter, and beside it what nothing that talks to AWS and runs ONNX can be without.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, lower, missing
from benchmarks.serving import emulated, peer, trained
from benchmarks.serving.warm import event

MODEL = "gradient-boosting"
GOAL = "within 1.5 times the floor"
_ROUNDS = 5

_OURS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from handler import handler
answer = handler(json.loads(sys.argv[2]), None)
assert answer["statusCode"] == 200, answer
print(json.loads(answer["body"])["predictions"][0]["probability"])
"""
_CLIENTS = """
import boto3
boto3.client("dynamodb")
"""
_RUNTIME = _CLIENTS + "import onnxruntime\n"
_READY = "print('ready')\n"

Command = tuple[list[str], dict[str, str]]


def measure(environment: dict[str, str], rounds: int = _ROUNDS) -> list[Figure]:
    """All figures of this file; ``environment`` finds the cloud that has the models."""
    commands = _commands(environment)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    figures = []
    for number in range(rounds + 1):
        for name, command in list(commands.items()):
            try:
                seconds = first_line(command)
            except subprocess.CalledProcessError as failed:
                figures.append(missing("cold, first prediction", name, str(failed.stderr)[-200:]))
                del commands[name]
                continue
            if number:  # the first round fills caches: bytecode, files
                taken[name].append(seconds)
    medians = {name: statistics.median(taken[name]) * 1e3 for name in commands}
    ours = medians.pop("Evergreen")
    for name, median in medians.items():
        goal = GOAL if "ONNX" in name else ""
        figures.append(lower("cold, first prediction", ours, median, name, unit="ms", goal=goal))
    return figures


def _commands(environment: dict[str, str]) -> dict[str, Command]:
    rows = trained.instances()[:1]
    ours = emulated.surroundings(environment)
    own = [sys.executable, "-c"]
    given = [str(emulated.function_folder()), json.dumps(event(MODEL, rows))]
    commands: dict[str, Command] = {
        "bare interpreter": ([*own, _READY], ours),
        "interpreter + DynamoDB client": ([*own, _CLIENTS + _READY], ours),
        "interpreter + DynamoDB client + ONNX Runtime": ([*own, _RUNTIME + _READY], ours),
        "Evergreen": ([*own, _OURS, *given], ours),
    }
    for name, (where, _) in peer.PEERS.items():
        script = str(peer.HERE / "cold.py")
        command = [str(peer.python(where)), script, name, MODEL, json.dumps(rows)]
        commands[name] = (command, peer.surroundings())
    return commands


def first_line(command: Command) -> float:
    """Seconds from the process's start to its first line.

    Raises:
        CalledProcessError: it said nothing; its last words are in ``stderr``.
    """
    words, environment = command
    with TemporaryDirectory() as empty:  # nothing is left of an earlier process
        return _first_line(words, environment | {"TMPDIR": empty})


def _first_line(words: list[str], environment: dict[str, str]) -> float:
    if not Path(words[0]).exists():
        raise subprocess.CalledProcessError(1, words, stderr="not installed")
    begun = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own scripts
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline() if process.stdout else ""
        taken = time.perf_counter() - begun
        _, said = process.communicate()
    if not line or process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, stderr=said.strip())
    return taken


def main() -> None:
    """Measure on a cloud of its own."""
    trained.make()
    peer.prepare([MODEL])
    with emulated.cloud() as (cloud, environment):
        emulated.register(cloud.registry, cloud.artifacts, emulated.trained_models())
        measure(environment)


if __name__ == "__main__":
    main()
