"""A skewed load on the function, in a process of its own: ``fleet_load.py FUNCTION MODELS COUNT``.

What the caches did is counted from outside: sessions that ONNX Runtime opened and calls that
boto3 made. Rows come on stdin, one JSON object a line, model by model; results leave as JSON.
"""

import json
import math
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import botocore.client
import numpy as np
import onnxruntime

_SKEW = 1.1


class Counted:
    """How often something outside was asked, how long it took, and what it was sent."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.seconds = 0.0
        self.sessions = 0
        self.read_units = 0
        self.look_ups = 0
        self.firehose_bytes = 0
        self.graphs_fetched = 0
        self._count_calls()
        self._count_sessions()

    def _count_calls(self) -> None:
        call = botocore.client.BaseClient._make_api_call

        def counted(client: Any, operation: str, given: dict[str, Any]) -> Any:
            begun = time.perf_counter()
            answer = call(client, operation, given)
            self.seconds += time.perf_counter() - begun
            self.calls[operation] += 1
            self._note(operation, given, answer)
            return answer

        botocore.client.BaseClient._make_api_call = counted

    def _note(self, operation: str, given: dict[str, Any], answer: dict[str, Any]) -> None:
        if operation in ("GetItem", "Query", "BatchGetItem"):
            self.look_ups += given.get("Key", {}).get("sk") == {"S": "MODEL"}
            size = len(json.dumps(answer, default=str))
            self.read_units += max(1, math.ceil(size / 4096))
        elif operation.startswith("PutRecord"):
            for record in given.get("Records") or [given["Record"]]:
                self.firehose_bytes += math.ceil(len(record["Data"]) / 5120) * 5120
        elif operation == "GetObject":
            self.graphs_fetched += "onnx" in given["Key"]

    def _count_sessions(self) -> None:
        session = onnxruntime.InferenceSession

        def counted(*given: Any, **named: Any) -> Any:
            self.sessions += 1
            return session(*given, **named)

        onnxruntime.InferenceSession = counted

    def now(self) -> dict[str, float]:
        """The counts so far."""
        return {
            "sessions": self.sessions,
            "graphs fetched": self.graphs_fetched,
            "cloud seconds": self.seconds,
            "read units": self.read_units,
            "firehose bytes": self.firehose_bytes,
            "S3 GETs": self.calls["GetObject"],
            "look-ups": self.look_ups,
        }


def _peak() -> float:
    """MiB that this process took at most; ``getrusage`` would count its parent's as well."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Send the load and print what came of it."""
    folder, models, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    counted = Counted()
    sys.path.insert(0, folder)
    from handler import handler  # type: ignore[import-not-found]

    events = [json.loads(line) for line in sys.stdin]
    chance = 1.0 / np.arange(1, models + 1) ** _SKEW
    draw = np.random.default_rng(1)
    order = draw.permutation(models)[draw.choice(models, count, p=chance / chance.sum())]
    taken, failed = [], 0
    for number in order:
        begun = time.perf_counter()
        failed += handler(events[number], None)["statusCode"] != 200
        taken.append(time.perf_counter() - begun)
    found = {
        "asked": len(set(order.tolist())),
        "failed": failed,
        "p50": float(np.quantile(taken, 0.5)),
        "p99": float(np.quantile(taken, 0.99)),
        "seconds": sum(taken),
        "billed ms": float(np.mean(np.ceil(np.array(taken) * 1e3))),
        "peak MiB": _peak(),
        **counted.now(),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
