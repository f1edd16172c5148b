"""A warm process: one call of the handler against the peers' own call, and rows a second.

Ours is parse to response: an API Gateway event with a JSON body in, the answer's JSON out, the
rows checked, and the capture on disk (the adapters of ``evergreen serve``). A peer's call starts
from a DataFrame that is there already and ends with an array, with no JSON, checks or capture.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import msgspec
import numpy as np
from evergreen.cli.folder import FolderRegistry, FolderStore
from evergreen.cli.serve import Source, inference
from evergreen.contracts.signature import Signature, encode
from evergreen.graph import Graph
from threadpoolctl import threadpool_limits

from benchmarks.figures import Figure, higher, lower, missing
from benchmarks.serving import peer, trained

MODELS = ("logistic", "gradient-boosting", "extra-trees")
SINGLE = "at least 100 times faster"
SPEED = "at least scikit-learn's own speed"
_SECONDS = 1.5
_CALLS = 3000
_BATCH = 1000


def measure(models: tuple[str, ...] = MODELS) -> list[Figure]:
    """All figures of this file."""
    rows = trained.instances()
    found = {model: ours(model, rows) for model in models}
    figures = []
    for name, (environment, _) in peer.PEERS.items():
        try:
            theirs = json.loads(peer.run(environment, "warm.py", name, *models).splitlines()[-1])
        except peer.PeerFailed as failed:
            figures.append(missing("warm", name, str(failed)))
            continue
        for model in models:
            figures += _beside(model, found[model], name, theirs[model])
    for model in models:
        figures.append(on_matrix(model, rows))
    return figures


def _beside(model: str, ours: dict[str, Any], name: str, theirs: dict[str, Any]) -> list[Figure]:
    apart = np.max(np.abs(np.subtract(ours["answers"], theirs["answers"])))
    if apart > 1e-5:
        raise ValueError(f"{name} answers otherwise for {model}: {apart} apart.")
    figures = [
        lower(
            f"warm, {model}, {rows} row(s), {point}",
            ours[rows][point] * 1e3,
            theirs[rows][point] * 1e3,
            name,
            unit="ms",
            goal=SINGLE if (rows, point) == ("1", "p50") else "",
        )
        for rows in ("1", "100")
        for point in ("p50", "p99")
    ]
    for how in ("handler", "graph alone"):
        figures.append(
            higher(
                f"100,000 rows, {model}, {how}",
                ours[how],
                theirs["rows_per_second"],
                name,
                unit="rows/s",
                goal=SPEED if name.startswith("scikit") else "",
            )
        )
    figures.append(
        higher(
            f"100,000 rows, {model}, JSON to JSON by 1,000",
            ours["handler"],
            theirs["json_rows_per_second"],
            name,
            unit="rows/s",
        )
    )
    return figures


def ours(model: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Evergreen's figures for one model, keyed as the peers' are."""
    with TemporaryDirectory() as records:
        answer = inference(Source(Path(records), trained.BUILD / "models")).answer
        events = [event(model, rows[i : i + _BATCH]) for i in range(0, len(rows), _BATCH)]
        first = json.loads(answer(event(model, rows[:100]))["body"])["predictions"]
        small = {str(n): timed(answer, event(model, rows[:n])) for n in (1, 100)}
        taken = best(lambda: _all_answered(answer, events))
    return {
        **small,
        "handler": len(rows) / taken,
        "graph alone": len(rows) / graph_alone(model, rows),
        "answers": [prediction["probability"] for prediction in first],
    }


def _all_answered(answer: Callable[[Any], Any], events: list[dict[str, Any]]) -> None:
    if any(answer(each)["statusCode"] != 200 for each in events):
        raise ValueError("The handler refused rows.")


def event(model: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The request as API Gateway hands it over."""
    return {
        "httpMethod": "POST",
        "path": f"/models/{model}/predict",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"instances": rows}),
        "isBase64Encoded": False,
    }


def timed(call: Callable[[Any], Any], given: Any) -> dict[str, float]:
    """Median and 99th percentile of a call, in seconds."""
    for _ in range(20):
        call(given)
    taken: list[float] = []
    until = time.perf_counter() + _SECONDS
    while len(taken) < _CALLS and time.perf_counter() < until:
        begun = time.perf_counter()
        call(given)
        taken.append(time.perf_counter() - begun)
    taken.sort()
    return {"p50": taken[len(taken) // 2], "p99": taken[int(len(taken) * 0.99)]}


def columns_of(signature: Signature, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows as the columns that ``encode`` takes."""
    return {
        column.name: np.array(
            [row[column.name] for row in rows],
            dtype=np.str_ if column.type == "category" else np.float64,
        )
        for column in signature.inputs
    }


def opened(model: str) -> tuple[Signature, Graph]:
    """A model's signature and graph."""
    store = FolderStore(trained.BUILD / "models")
    draft = FolderRegistry(trained.BUILD / "models").version(model, 1).draft
    signature = msgspec.json.decode(store.read(draft.signature.key), type=Signature)
    return signature, Graph(store.read(draft.graph.key))


def graph_alone(model: str, rows: list[dict[str, Any]]) -> float:
    """Seconds from columns to probabilities, as batch scoring runs it; the best of three."""
    signature, graph = opened(model)
    columns = columns_of(signature, rows)
    return best(lambda: graph.probabilities(encode(signature, columns)))


def on_matrix(model: str, rows: list[dict[str, Any]]) -> Figure:
    """Both on the encoded matrix, one thread each: no DataFrame to blame."""
    signature, graph = opened(model)
    matrix = encode(signature, columns_of(signature, rows))
    fitted = joblib.load(trained.BUILD / "pipelines" / f"{model}.matrix.joblib")
    with threadpool_limits(limits=1):
        theirs = best(lambda: fitted.predict_proba(matrix))
    mine = best(lambda: graph.probabilities(matrix))
    return higher(
        f"100,000 rows, {model}, one thread, encoded matrix",
        len(rows) / mine,
        len(rows) / theirs,
        "scikit-learn on the same matrix",
        unit="rows/s",
        goal=SPEED,
    )


def best(call: Callable[[], object], times: int = 3) -> float:
    """The shortest of some calls, in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return min(taken)


if __name__ == "__main__":
    trained.make()
    peer.prepare(list(MODELS))
    measure(tuple(sys.argv[1:]) or MODELS)
