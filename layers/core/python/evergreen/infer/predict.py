"""One prediction request: rows in, probabilities and labels out, all of it captured first.

A prediction that monitoring never hears of cannot be checked or learned from, so the capture is
kept *before* the answer goes out; where that fails the request fails (503) and can be sent again.
The reverse may happen: rows captured whose answer never arrived. Their ids are unknown to
everybody, so no outcome ever meets them.
"""

from typing import Any

from msgspec import Struct

from evergreen.contracts.capture import Capture, CapturedRow
from evergreen.contracts.registry import Version
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
) -> Predictions:
    """Score ``rows`` and keep them.

    Args:
        request: the request's id; row n answers under ``<request>-<n>``.
        at: the time of the request, ISO 8601.
        explain: explains each row, where the caller asks for it.

    Raises:
        RejectedRows: rows do not fit the signature; nothing is scored.
        CaptureFailed: the rows could not be kept.
    """
    encoded = served.reader.read(rows)
    scores = served.graph.probabilities(encoded.matrix).tolist()
    explained = explain(served, rows, encoded.matrix, scores) if explain else [None] * len(rows)
    captured = [
        CapturedRow(f"{request}-{number}", row, score)
        for number, (row, score) in enumerate(zip(rows, scores, strict=True))
    ]
    _keep(served.version, at, captured, captures)
    threshold, classes = served.version.draft.threshold, served.signature.classes
    predictions = [
        Prediction(row.id, row.probability, classes[row.probability >= threshold], why)
        for row, why in zip(captured, explained, strict=True)
    ]
    return Predictions(
        served.version.draft.model, served.version.number, predictions, encoded.unseen
    )


def _keep(version: Version, at: str, rows: list[CapturedRow], captures: CaptureStream) -> None:
    try:
        captures.put(Capture(version.draft.model, version.number, at, tuple(rows)))
    except Exception as error:
        logger().exception("A capture could not be kept.", model=version.draft.model)
        raise CaptureFailed(
            "The prediction could not be recorded and is withheld; send the request again."
        ) from error
