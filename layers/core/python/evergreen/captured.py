"""Captures and feedback read back: what was predicted, and what turned out.

Delivery is at least once and in no order, so predictions and outcomes are identified by the
prediction's id: repeated ones count once, and of several outcomes the newest counts.
"""

import gzip
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from evergreen.canonical import category_text
from evergreen.contracts.capture import (
    Capture,
    CapturedRow,
    Feedback,
    Role,
    captures_prefix,
    feedback_prefix,
)
from evergreen.ports import ObjectStore

BYTES_AT_MOST = 64 * 1024**2
"""Of captures, and of feedback, that one call reads, newest objects first: some 500,000 rows of ten
columns. Decoded they take about ten times as much memory."""

_PARALLEL = 16
"""Objects fetched at once: each is small, and its latency is what takes the time."""


class Row(Struct, frozen=True):
    """What was answered for one row: a probability, the label of one of several classes, or a
    number."""

    id: str
    probability: float | None = None
    label: str = ""
    value: float | None = None

    @property
    def answer(self) -> float | str:
        """Whichever of them it was."""
        number = self.probability if self.value is None else self.value
        return self.label if number is None else number


class Answered(Struct, frozen=True):
    """A capture without the values that were sent: a tenth of it in memory."""

    version: int
    at: str
    rows: tuple[Row, ...]
    role: Role = "champion"
    milliseconds: float = 0.0
    error: str = ""


Line = TypeVar("Line", Capture, Answered, Feedback)


class Prediction(Struct, frozen=True):
    """One captured row and the request's version and time.

    ``answer`` is what the graph said: of several classes each one's probability, in the order of
    the version's signature, else one number.
    """

    id: str
    at: str
    version: int
    values: dict[str, Any]
    answer: tuple[float, ...]
    redacted: tuple[str, ...] = ()


class Period(Struct, frozen=True):
    """From ``since`` to ``until``, both included, ISO 8601 in UTC; an empty ``since`` is open."""

    since: str
    until: str

    def __contains__(self, at: str) -> bool:
        return self.since <= at <= self.until


class Reading(Struct, Generic[Line], frozen=True):
    """Lines as read, oldest object first. ``left_out`` objects were too much; ``broken`` lines
    were no such document, or objects that cannot be unpacked."""

    lines: list[Line]
    left_out: int
    broken: int


def captures(store: ObjectStore, model: str, period: Period) -> Reading[Capture]:
    """A model's captures of a period, from the features bucket."""
    return _read(store, list_captures(store, model, period), Capture, period)


def answered(store: ObjectStore, model: str, period: Period) -> Reading[Answered]:
    """The same captures as :func:`captures`, shadows and failures included, without values."""
    return _read(store, list_captures(store, model, period), Answered, period)


def feedback(store: ObjectStore, model: str, period: Period) -> Reading[Feedback]:
    """A model's feedback of a period, from the features bucket."""
    return _read(store, list_feedback(store, model, period), Feedback, period)


def list_captures(store: ObjectStore, model: str, period: Period) -> list[str]:
    """Keys of the objects that may hold captures of the period, oldest first."""
    return _keys(store, captures_prefix(model), period)


def list_feedback(store: ObjectStore, model: str, period: Period) -> list[str]:
    """Keys of the objects that may hold feedback of the period, oldest first."""
    return _keys(store, feedback_prefix(model), period)


def predictions(lines: list[Capture]) -> dict[str, Prediction]:
    """Answered rows by id; of a repeated id the oldest. What a shadow scored answered nobody."""
    found: dict[str, Prediction] = {}
    answers = (line for line in lines if line.role != "shadow")
    for line in sorted(answers, key=lambda capture: capture.at):
        for row in line.rows:
            prediction = Prediction(
                row.id, line.at, line.version, row.values, _answer(row), line.redacted
            )
            found.setdefault(row.id, prediction)
    return found


def _answer(row: CapturedRow) -> tuple[float, ...]:
    if row.probabilities is not None:
        return row.probabilities
    number = row.probability if row.value is None else row.value
    return () if number is None else (number,)


def find(store: ObjectStore, model: str, prediction: str, day: str) -> Prediction | None:
    """The row that was captured under an id on a day (``2026-01-31``, in UTC); None without one."""
    # In the order of text, every moment of the day lies between the two.
    period = Period(day, f"{day}~")
    decoder = msgspec.json.Decoder(Capture)
    for key in list_captures(store, model, period):
        lines, _ = _decode(decoder, _sound(store.read(key)) or b"")
        found = predictions([line for line in lines if line.at in period]).get(prediction)
        if found is not None:
            return found
    return None


def outcomes(lines: list[Feedback]) -> dict[str, str]:
    """The newest outcome by prediction id, as canonical text."""
    said = sorted(
        # Of one request the last counts; the text comes in so that a tie has one answer.
        (line.at, place, category_text(outcome.outcome), outcome.id)
        for line in lines
        for place, outcome in enumerate(line.outcomes)
    )
    found = {prediction: text for _, _, text, prediction in said}
    return {prediction: text for prediction, text in found.items() if text}


def _keys(store: ObjectStore, prefix: str, period: Period) -> list[str]:
    if not period.since:
        return list(store.keys(prefix))
    # Objects lie by the day they arrived, which may be the day after.
    last = date.fromisoformat(period.until[:10]) + timedelta(days=1)
    first_key, after = f"{prefix}dt={period.since[:10]}", f"{prefix}dt={last + timedelta(days=1)}"
    months = (f"{prefix}dt={month}" for month in _months(period.since, last))
    return [key for month in months for key in store.keys(month) if first_key <= key < after]


def _months(since: str, last: date) -> Iterator[str]:
    month = date.fromisoformat(since[:10]).replace(day=1)
    while month <= last:
        yield month.isoformat()[:7]
        month = (month + timedelta(days=31)).replace(day=1)


def _read(store: ObjectStore, keys: list[str], kind: type[Line], period: Period) -> Reading[Line]:
    decoder = msgspec.json.Decoder(kind)
    read: list[list[Line]] = []
    broken = 0
    for body in _newest_first(store, keys):
        lines, bad = _decode(decoder, body) if body is not None else ([], 1)
        read.append([line for line in lines if line.at in period])
        broken += bad
    lines = [line for group in reversed(read) for line in group]
    return Reading(lines, len(keys) - len(read), broken)


def _newest_first(store: ObjectStore, keys: list[str]) -> Iterator[bytes | None]:
    """Bodies of the newest objects, as many as fit the limit; None of one that is broken."""
    left = BYTES_AT_MOST
    newest = keys[::-1]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for start in range(0, len(newest), _PARALLEL):
            for stored in pool.map(store.read, newest[start : start + _PARALLEL]):
                body = _sound(stored)
                left -= len(body or stored)
                if left < 0:
                    return
                yield body


def _sound(stored: bytes) -> bytes | None:
    try:
        return unpacked(stored)
    except (OSError, EOFError, zlib.error):
        return None


def unpacked(stored: bytes) -> bytes:
    """An object's bytes, decompressed where they are gzip."""
    return gzip.decompress(stored) if stored[:2] == b"\x1f\x8b" else stored


def _decode(decoder: msgspec.json.Decoder[Line], body: bytes) -> tuple[list[Line], int]:
    try:
        return decoder.decode_lines(body), 0
    except msgspec.DecodeError:
        pass
    lines: list[Line] = []
    broken = 0
    for line in body.splitlines():
        try:
            lines.append(decoder.decode(line))
        except msgspec.DecodeError:
            broken += bool(line.strip())
    return lines, broken
