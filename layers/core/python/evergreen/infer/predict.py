"""One prediction request: rows in, probabilities and labels out, all of it captured first.

A prediction that monitoring never hears of cannot be checked or learned from, so the capture is
kept *before* the answer goes out; where that fails the request fails (503) and can be sent again.
The reverse may happen: rows captured whose answer never arrived. Their ids are unknown to
everybody, so no outcome ever meets them.
"""

import time
from typing import Any

from msgspec import Struct

from evergreen.contracts.capture import Capture, CapturedRow, Role
from evergreen.errors import EvergreenError
from evergreen.infer.explain import Explain, RowExplanation
from evergreen.infer.graphs import Served
from evergreen.ports import CaptureStream
from evergreen.telemetry import logger


class CaptureFailed(EvergreenError):
    """The prediction could not be recorded and is therefore withheld."""

    status = 503
    title = "Capture unavailable"


class Prediction(Struct, frozen=True, omit_defaults=True):
    """The answer for one row; ``id`` is what its outcome is reported under."""

    id: str
    probability: float
    label: str
    explanation: RowExplanation | None = None


class Predictions(Struct, frozen=True):
    """The answer to a request. ``unseen`` counts category values that training never saw."""

    model: str
    version: int
    predictions: list[Prediction]
    unseen: dict[str, int]


def predict(
    served: Served,
    rows: list[dict[str, Any]],
    *,
    request: str,
    at: str,
    captures: CaptureStream,
    explain: Explain | None = None,
    role: Role = "champion",
) -> Predictions:
    """Score ``rows`` and keep them.

    Args:
        request: the request's id; row n answers under ``<request>-<n>``.
        at: the time of the request, ISO 8601.
        explain: explains each row, where the caller asks for it.
        role: what the version is in this request; a shadow's rows are kept without their values,
            which the champion's capture has.

    Raises:
        RejectedRows: rows do not fit the signature; nothing is scored.
        CaptureFailed: the rows could not be kept.
    """
    began = time.perf_counter()
    encoded = served.reader.read(rows)
    scores = served.graph.probabilities(encoded.matrix).tolist()
    milliseconds = round(1000 * (time.perf_counter() - began), 3)
    explained = explain(served, rows, encoded.matrix, scores) if explain else [None] * len(rows)
    captured = [
        CapturedRow(f"{request}-{number}", {} if role == "shadow" else row, score)
        for number, (row, score) in enumerate(zip(rows, scores, strict=True))
    ]
    model, version = served.version.draft.model, served.version.number
    kept = Capture(model, version, at, tuple(captured), role=role, milliseconds=milliseconds)
    _keep(kept, captures)
    threshold, classes = served.version.draft.threshold, served.signature.classes
    predictions = [
        Prediction(row.id, row.probability, classes[row.probability >= threshold], why)
        for row, why in zip(captured, explained, strict=True)
    ]
    return Predictions(model, version, predictions, encoded.unseen)


def _keep(capture: Capture, captures: CaptureStream) -> None:
    try:
        captures.put(capture)
    except Exception as error:
        logger().exception("A capture could not be kept.", model=capture.model)
        raise CaptureFailed(
            "The prediction could not be recorded and is withheld; send the request again."
        ) from error
