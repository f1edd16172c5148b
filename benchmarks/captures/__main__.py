"""``python -m benchmarks.captures`` measures the ways and writes benchmarks/results/captures.json.

The network and the service are an emulator's on loopback, so a way's milliseconds tell it from
the other ways here; its processor time is what the function itself spends on AWS too.
"""

import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from evergreen.contracts.capture import Capture, CapturedRow

from benchmarks.captures.ways import Way, ways
from localstack import cloud

RESULTS = Path(__file__).parents[1] / "results" / "captures.json"
CALLS, WARM = 300, 10


def main() -> None:
    """Measure all ways by turns, so that what else the machine does falls on them alike."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "cloud.json"
        started = cloud.start(cloud.free_port(), state=state, tied=True)
        try:
            all_ways = ways(started.client)
            found = [line for rows in (1, 100) for line in _measure(all_ways, rows)]
        finally:
            cloud.stop(state)
    for line in found:
        print("{way:36} {rows:4} rows  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  "  # noqa: T201
              "processor {cpu:5.2f} ms".format(**line))  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    document = {"machine": platform.machine(), "python": platform.python_version(), "ways": found}
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))


def _measure(all_ways: dict[str, Way], rows: int) -> list[dict[str, Any]]:
    seconds: dict[str, list[float]] = {name: [] for name in all_ways}
    processor: dict[str, list[float]] = {name: [] for name in all_ways}
    for number in range(-WARM, CALLS):
        for name, way in all_ways.items():
            capture = _capture(rows, f"{name}-{number}")
            spent, began = time.thread_time(), time.perf_counter()
            way(capture)
            if number >= 0:
                seconds[name].append(time.perf_counter() - began)
                processor[name].append(time.thread_time() - spent)
    return [_line(name, rows, seconds[name], processor[name]) for name in all_ways]


def _line(name: str, rows: int, seconds: list[float], processor: list[float]) -> dict[str, Any]:
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1000
    cpu = float(np.median(processor)) * 1000
    return {"way": name, "rows": rows, "p50": float(p50), "p99": float(p99), "cpu": cpu}


def _capture(rows: int, request: str) -> Capture:
    values = {f"number_{n}": n * 1.25 for n in range(6)} | {f"category_{n}": "word" for n in "abcd"}
    made = tuple(CapturedRow(f"{request}-{row}", values, 0.5) for row in range(rows))
    return Capture("model", 1, "2026-01-01T00:00:00.000Z", made)


if __name__ == "__main__":
    main()
