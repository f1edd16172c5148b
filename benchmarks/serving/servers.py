"""Each server as its documentation starts it, with one worker, on loopback, and what it takes."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from benchmarks.serving import peer, trained
from localstack.cloud import free_port

PATIENCE = 120.0
"""Seconds for a server to answer; some take ten."""

Rows = list[dict[str, Any]]


class Server(Struct, frozen=True):
    """How a server is started on a port, and how it is asked."""

    name: str
    command: Callable[[int], list[str]]
    path: str
    body: Callable[[Rows], Any]
    environment: dict[str, str] = {}


def all_of(model: str) -> list[Server]:
    """Ours first. OpenMP's threads are held to one, which is faster for requests of this size."""
    one = {"MODEL": model, "OMP_NUM_THREADS": "1"}
    return [
        Server("evergreen serve", _evergreen, f"/models/{model}/predict", _instances),
        Server("FastAPI + scikit-learn + joblib", _fastapi, "/predict", _instances, one),
        Server("mlflow models serve", _mlflow(model), "/invocations", _split, one),
        Server("BentoML", _bentoml, "/predict", _instances, one),
        Server("MLServer", _mlserver(model), f"/v2/models/{model}/infer", _tensors, one),
    ]


def _evergreen(port: int) -> list[str]:
    main = "from evergreen.cli.main import main; main()"
    words = ["serve", "--folder", trained.BUILD / "models", "--port", port]
    return [sys.executable, "-c", main, *map(str, words), "--records", str(trained.BUILD / "kept")]


def _fastapi(port: int) -> list[str]:
    words = ["uvicorn", "fastapi_app:app", "--port", str(port), "--no-access-log"]
    return [str(peer.python("fastapi")), "-m", *words, "--log-level", "warning"]


def _mlflow(model: str) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        words = ["-m", "mlflow", "models", "serve", "--env-manager", "local", "--workers", "1"]
        folder = str(trained.BUILD / "mlflow" / model)
        return [str(peer.python("mlflow")), *words, "-m", folder, "--port", str(port)]

    return command


def _bentoml(port: int) -> list[str]:
    words = ["bentoml", "serve", "bentoml_app:Pipeline", "--host", "127.0.0.1", "--port", str(port)]
    return [str(peer.python("bentoml")), "-m", *words]


def _mlserver(model: str) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        folder = trained.BUILD / "mlserver-serve"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(trained.BUILD / "mlserver" / model, folder / model)
        settings = {
            "host": "127.0.0.1",
            "http_port": port,
            "grpc_port": free_port(),
            "metrics_port": free_port(),
            "parallel_workers": 0,  # in the server's own process, which is its faster way
            "debug": False,
            "use_structured_logging": False,
        }
        (folder / "settings.json").write_text(json.dumps(settings))
        return [str(peer.python("mlserver").with_name("mlserver")), "start", str(folder)]

    return command


def _instances(rows: Rows) -> Any:
    return {"instances": rows}


def _split(rows: Rows) -> Any:
    data = [list(row.values()) for row in rows]
    return {"dataframe_split": {"columns": list(rows[0]), "data": data}}


def _tensors(rows: Rows) -> Any:
    inputs = []
    for name, value in rows[0].items():
        text = isinstance(value, str)
        tensor = {"name": name, "shape": [len(rows), 1], "data": [row[name] for row in rows]}
        kind = {"datatype": "BYTES", "parameters": {"content_type": "str"}}
        inputs.append(tensor | (kind if text else {"datatype": "FP64"}))
    wanted = [{"name": "predict_proba"}]
    return {"parameters": {"content_type": "pd"}, "inputs": inputs, "outputs": wanted}


@contextmanager
def running(server: Server, rows: Rows) -> Iterator[int]:
    """The server, warm, in a session of its own that is ended on leaving; gives its port.

    Raises:
        PeerFailed: it does not come up, or refuses the rows.
    """
    port, log = free_port(), Path(trained.BUILD / "server.log")
    environment = peer.surroundings() | server.environment
    if server.name.startswith("evergreen"):
        environment["PYTHONPATH"] = str(trained.ROOT / "layers" / "core" / "python")
    command = server.command(port)
    environment["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{environment['PATH']}"
    if not Path(command[0]).exists():
        raise peer.PeerFailed("it is not installed")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the peers' own commands
            command,
            env=environment,
            cwd=peer.HERE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await(server, port, process, json.dumps(server.body(rows)).encode(), log)
        yield port
    finally:
        _end(process)


def _await(server: Server, port: int, process: Any, body: bytes, log: Path) -> None:
    until, said = time.monotonic() + PATIENCE, ""
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"Content-Type": "application/json"}
            connection.request("POST", server.path, body, headers)
            answer = connection.getresponse()
            said = answer.read()[:200].decode(errors="replace")
            if answer.status == 200:
                return
        except (OSError, http.client.HTTPException) as error:
            said = said or str(error)
        time.sleep(0.25)
    ending = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise peer.PeerFailed(f"it does not answer: {said} {' '.join(ending)}")


def _end(process: Any) -> None:
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ending)
            process.wait(timeout=8)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
