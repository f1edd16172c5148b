"""One prediction request: rows in, answers out, all of it captured first.

A prediction that monitoring never hears of cannot be checked or learned from, so the capture is
kept *before* the answer goes out; where that fails the request fails (503) and can be sent again.
The reverse may happen: rows captured whose answer never arrived. Their ids are unknown to
everybody, so no outcome ever meets them.
"""

import time
from typing import Any

from msgspec import Struct

from evergreen.completion import Found
from evergreen.contracts.capture import Capture, Role
from evergreen.errors import EvergreenError
from evergreen.infer import answers
from evergreen.infer.answers import Answer
from evergreen.infer.complete import noted
from evergreen.infer.explain import Explain
from evergreen.infer.graphs import Served
from evergreen.ports import CaptureStream
from evergreen.telemetry import logger


class CaptureFailed(EvergreenError):
    """The prediction could not be recorded and is therefore withheld."""

    status = 503
    title = "Capture unavailable"


class Predictions(Struct, frozen=True, omit_defaults=True):
    """The answer to a request. ``unseen`` counts category values that training never saw;
    ``features`` is there where the model takes columns that a row may leave out."""

    model: str
    version: int
    predictions: list[Answer]
    unseen: dict[str, int]
    features: Found | None = None


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
        RejectedRows: rows do not fit the signature, or have no finite answer.
        FeaturesUnavailable: what rows leave out cannot be looked up.
        CaptureFailed: the rows could not be kept.
    """
    signature, version = served.signature, served.version
    began = time.perf_counter()
    found = served.completer.complete(rows, at) if served.completer else None
    rows = found.rows if found else rows
    encoded = served.reader.read(rows)
    scores = answers.score(served, encoded.matrix)
    milliseconds = round(1000 * (time.perf_counter() - began), 3)
    labels = answers.labels(signature, scores, version.draft.threshold)
    explained = explain(served, rows, encoded.matrix, labels) if explain else [None] * len(rows)
    values = [{}] * len(rows) if role == "shadow" else rows
    captured = answers.captured(signature, request, values, scores, labels)
    captured = noted(captured, found) if found and role != "shadow" else captured
    model, number = version.draft.model, version.number
    kept = Capture(model, number, at, tuple(captured), role=role, milliseconds=milliseconds)
    _keep(kept, captures)
    predictions = answers.answered(signature, captured, scores, labels, explained)
    features = found.found if found else None
    return Predictions(model, number, predictions, encoded.unseen, features)


def _keep(capture: Capture, captures: CaptureStream) -> None:
    try:
        captures.put(capture)
    except Exception as error:
        logger().exception("A capture could not be kept.", model=capture.model)
        raise CaptureFailed(
            "The prediction could not be recorded and is withheld; send the request again."
        ) from error
