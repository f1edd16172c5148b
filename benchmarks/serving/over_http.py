"""HTTP on loopback: the same model, rows and load generator for every server.

Each request goes over a connection that is kept open, and each connection waits for its answer.
The load generator is a process of its own, so a server has about one of two cores to itself.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, alone, higher, lower, missing
from benchmarks.serving import emulated, peer, trained
from benchmarks.serving.servers import Rows, Server, all_of, running

MODEL = "gradient-boosting"
CASES = [(connections, rows) for connections in (1, 16) for rows in (1, 100)]
_REQUESTS = 6000
_SECONDS = 3.0
_BURST = 90
"""The API takes a hundred requests at once before its throttle answers with 429,"""
_REFILL = 2.5
"""and takes them again after so many seconds."""

Measured = dict[tuple[int, int], dict[str, Any]]


def measure() -> list[Figure]:
    """Every server, one after the other."""
    rows = trained.instances()
    ours, *theirs = all_of(MODEL)
    mine = _measured(ours, rows)
    figures = []
    for server in theirs:
        try:
            found = _measured(server, rows)
        except peer.PeerFailed as failed:
            figures.append(missing("http", server.name, str(failed)))
            continue
        figures += [figure for case in CASES for figure in _beside(case, mine, found, server.name)]
    return figures


def _beside(case: tuple[int, int], ours: Measured, theirs: Measured, name: str) -> list[Figure]:
    what = f"http, {case[0]} connection(s), {case[1]} row(s)"
    mine, peers = ours[case], theirs[case]
    if mine["failed"] or peers["failed"]:
        return [missing(what, name, f"{mine['failed']} and {peers['failed']} requests failed")]
    return [
        higher(f"{what}, rate", mine["per_second"], peers["per_second"], name, unit="req/s"),
        lower(f"{what}, p50", mine["p50"] * 1e3, peers["p50"] * 1e3, name, unit="ms"),
        lower(f"{what}, p99", mine["p99"] * 1e3, peers["p99"] * 1e3, name, unit="ms"),
    ]


def _measured(server: Server, rows: Rows) -> Measured:
    with running(server, rows[:1]) as port:
        return _cases(port, server.path, server.body, rows)


def _cases(port: int, path: str, body: Any, rows: Rows) -> Measured:
    found = {}
    for case in CASES:
        connections, count = case
        sent = json.dumps(body(rows[:count])).encode()
        load(port, path, sent, connections, 50 * connections, 1.0)  # warms up
        found[case] = load(port, path, sent, connections, _REQUESTS, _SECONDS)
    return found


def load(
    port: int,
    path: str,
    body: bytes,
    connections: int,
    requests: int,
    seconds: float,
    headers: str = "",
) -> dict[str, Any]:
    """What the load generator saw; the times in seconds. ``headers`` end with a line break."""
    script = str(Path(__file__).with_name("load.py"))
    words = [port, path, connections, requests, seconds, headers]
    command = [sys.executable, script, *map(str, words)]
    done = subprocess.run(command, input=body, capture_output=True, check=True)  # noqa: S603 - our own script
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def emulator(api_url: str, environment: dict[str, str]) -> list[Figure]:
    """The deployed API on the emulator: what its API Gateway and its worker add. No peer."""
    port = int(api_url.split("/")[2].rpartition(":")[2])
    path = "/" + api_url.split("/", 3)[3] + f"/models/{MODEL}/predict"
    rows = trained.instances()
    figures = []
    for connections, count in CASES:
        body = json.dumps({"instances": rows[:count]}).encode()
        signed = _signature(f"http://127.0.0.1:{port}{path}", body, environment)
        load(port, path, body, connections, 3 * connections, 20.0, signed)
        time.sleep(_REFILL)
        found = load(port, path, body, connections, _BURST, 20.0, signed)
        what = f"through the emulator, {connections} connection(s), {count} row(s)"
        if found["failed"]:
            figures.append(missing(what, "", f"{found['failed']} answers of {found['refusal']}"))
            continue
        figures.append(alone(f"{what}, rate", found["per_second"], unit="req/s"))
        figures.append(alone(f"{what}, p50", found["p50"] * 1e3, unit="ms"))
        figures.append(alone(f"{what}, p99", found["p99"] * 1e3, unit="ms"))
    return figures


def _signature(url: str, body: bytes, environment: dict[str, str]) -> str:
    """The headers that API Gateway asks for."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    keys = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(keys, "execute-api", environment["AWS_REGION"]).add_auth(request)
    wanted = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
    given = ((name, request.headers.get(name)) for name in wanted)
    return "".join(f"{name}: {value}\r\n" for name, value in given if value)


def main() -> None:
    """Measure on a cloud of its own."""
    trained.make()
    peer.prepare([MODEL])
    measure()
    with emulated.cloud() as (cloud, environment):
        emulated.register(cloud.registry, cloud.artifacts, emulated.trained_models())
        emulator(cloud.api_url, environment)


if __name__ == "__main__":
    main()
