"""Time a peer's call in its own environment: ``warm.py PEER MODEL...``, results as JSON.

Small calls run on one thread: OpenMP's threads wait for each other in a busy loop, which takes
ten times as long on a busy machine. The large call runs on one thread and on all; the faster
counts.
"""

import json
import sys
import time
from typing import Any

import pandas as pd
from calls import BUILD, OPEN
from threadpoolctl import threadpool_limits

_SECONDS = 1.5
_CALLS = 400
_FROM_JSON = 20_000


def timed(call: Any, given: Any) -> dict[str, float]:
    """Median and 99th percentile of a call, in seconds."""
    for _ in range(5):
        call(given)
    taken: list[float] = []
    until = time.perf_counter() + _SECONDS
    while len(taken) < _CALLS and time.perf_counter() < until:
        begun = time.perf_counter()
        call(given)
        taken.append(time.perf_counter() - begun)
    taken.sort()
    return {"p50": taken[len(taken) // 2], "p99": taken[int(len(taken) * 0.99)]}


def measured(peer: str, model: str, rows: pd.DataFrame) -> dict[str, Any]:
    """One model: a call of 1 and of 100 rows, rows a second over all, and some answers."""
    prepare, call = OPEN[peer](model)
    whole = prepare(rows)
    taken = []
    for threads in (None, None, 1, 1):
        with threadpool_limits(limits=threads):
            begun = time.perf_counter()
            answers = call(whole)
            taken.append(time.perf_counter() - begun)
    with threadpool_limits(limits=1):
        small = {str(n): timed(call, prepare(rows[:n])) for n in (1, 100)}
    return {
        **small,
        "rows_per_second": len(rows) / min(taken),
        "json_rows_per_second": from_json(prepare, call, rows[:_FROM_JSON]),
        "answers": [float(answer) for answer in answers[:100]],
    }


def from_json(prepare: Any, call: Any, rows: pd.DataFrame) -> float:
    """Rows a second from a request's JSON to its answer's, a thousand rows at a time."""
    records = rows.astype(object).where(rows.notna(), None).to_dict("records")
    bodies = [json.dumps(records[i : i + 1000]) for i in range(0, len(records), 1000)]
    with threadpool_limits(limits=1):
        begun = time.perf_counter()
        for body in bodies:
            answers = call(prepare(pd.DataFrame(json.loads(body))))
            json.dumps([float(answer) for answer in answers])
        return len(records) / (time.perf_counter() - begun)


if __name__ == "__main__":
    table = pd.DataFrame(json.loads((BUILD / "rows.json").read_text()))
    json.dump({model: measured(sys.argv[1], model, table) for model in sys.argv[2:]}, sys.stdout)
