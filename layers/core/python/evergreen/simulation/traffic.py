"""What serving would have left behind: captures of what was answered, feedback of what turned out.

Ids, moments and values are those of the rows alone, so that what is learned from them is the same
under every policy; only the answers are the champion's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen.contracts.capture import (
    Feedback,
    Outcome,
    captures_prefix,
    feedback_prefix,
)
from evergreen.contracts.columns import is_text
from evergreen.contracts.inference import ROWS_AT_MOST
from evergreen.contracts.signature import Signature
from evergreen.ports import ObjectStore, iso
from evergreen.score.scorer import Scorer
from evergreen.simulation.history import History

HOUR = 3600 * 10**9
_DAY = 24 * HOUR


class Answers(Struct, frozen=True, eq=False):
    """What one version says of all rows of a history, and how it would capture them.

    Attributes:
        scores: float64 of shape (n,), of several classes (n, k).
        fits: rows that serving would have taken; a value is missing in the others, which the
            version needs.
        values: each row's inputs and context as JSON.
    """

    signature: Signature
    scores: NDArray[np.float64]
    fits: NDArray[np.bool_]
    values: list[bytes]


def answer(history: History, scorer: Scorer, values: list[bytes]) -> Answers:
    """Have a version answer every row, those before it was made included."""
    signature = scorer.signature
    columns = {
        c.name: v if is_text(v := history.rows.columns[c.name]) else v.astype(np.float32)  # type: ignore[union-attr]
        for c in signature.inputs
    }
    fits = np.ones(len(history.rows), dtype=np.bool_)
    for column in signature.inputs:
        if not column.nullable:
            fits &= ~_missing(columns[column.name])
    scores = scorer.unchecked(columns, len(history.rows))
    fits &= np.isfinite(scores if scores.ndim == 1 else scores.sum(axis=1))
    return Answers(signature, scores, fits, values)


def write_captures(
    store: ObjectStore, history: History, answers: Answers, version: int, rows: NDArray[np.int64]
) -> None:
    """Keep what a version answered to some rows, given by their places in order of arrival."""
    model = history.file.name
    served = rows[answers.fits[rows]]
    for day, of_day in _by(served, history.arrived, _DAY):
        lines = [
            _capture(model, version, history, answers, request)
            for _, of_hour in _by(of_day, history.arrived, HOUR)
            for request in _parts(of_hour)
        ]
        key = f"{captures_prefix(model)}dt={_moment(day)[:10]}/{of_day[0]:09}.jsonl"
        store.write(key, b"\n".join(lines))


def write_feedback(
    store: ObjectStore, history: History, rows: NDArray[np.int64], delay: int
) -> None:
    """Keep what turned out for some rows, ``delay`` nanoseconds after each arrived."""
    model = history.file.name
    known = history.arrived + delay
    for day, of_day in _by(rows, known, _DAY):
        said = [
            Feedback(
                model,
                _moment(int(known[request[-1]])),
                tuple(Outcome(_id(place), history.outcome(place)) for place in request.tolist()),
            )
            for _, of_hour in _by(of_day, known, HOUR)
            for request in _parts(of_hour)
        ]
        key = f"{feedback_prefix(model)}dt={_moment(day)[:10]}/{of_day[0]:09}.jsonl"
        store.write(key, msgspec.json.Encoder().encode_lines(said))


class _Row(Struct, omit_defaults=True):
    """A :class:`~evergreen.contracts.capture.CapturedRow` whose values are JSON already."""

    id: str
    values: msgspec.Raw
    probability: float | None = None
    probabilities: tuple[float, ...] | None = None
    value: float | None = None
    label: str = ""


class _Capture(Struct):
    model: str
    version: int
    at: str
    rows: list[_Row]


def _capture(
    model: str, version: int, history: History, answers: Answers, rows: NDArray[np.int64]
) -> bytes:
    said = [
        _Row(_id(place), msgspec.Raw(answers.values[place]), **_said(answers, place))
        for place in rows.tolist()
    ]
    at = _moment(int(history.arrived[rows[-1]]))
    return msgspec.json.encode(_Capture(model, version, at, said))


def _said(answers: Answers, place: int) -> dict[str, Any]:
    score, signature = answers.scores[place], answers.signature
    if signature.problem == "multiclass":
        label = signature.classes[int(score.argmax())]
        return {"probabilities": tuple(score.tolist()), "label": label}
    return {"probability" if signature.problem == "binary" else "value": float(score)}


def _by(
    rows: NDArray[np.int64], times: NDArray[np.int64], span: int
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Rows whose times lie in one span, and when that begins."""
    spans = times[rows] // span
    starts = np.flatnonzero(np.diff(spans)) + 1
    for part in np.split(rows, starts):
        if len(part):
            yield int(times[part[0]] // span * span), part


def _parts(rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(rows), ROWS_AT_MOST):
        yield rows[start : start + ROWS_AT_MOST]


def _missing(values: Any) -> NDArray[np.bool_]:
    if is_text(values):
        return np.asarray(values.text() == "", dtype=np.bool_)
    return np.asarray(np.isnan(values), dtype=np.bool_)


def _id(place: int) -> str:
    return f"row-{place}"


def _moment(nanoseconds: int) -> str:
    return iso(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000))
