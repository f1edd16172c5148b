"""What a champion learned from and served, from rows in memory, without captures."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from evergreen.calendar_parts import calendar_part
from evergreen.contracts.columns import Categories, Values, categories, is_text
from evergreen.contracts.expectation import Expectation
from evergreen.contracts.model_checks import parse
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.registry import Artifact, Lineage, Version, VersionDraft
from evergreen.contracts.signature import Column, Signature
from evergreen.distribution import (
    category_profile,
    coarse_counts,
    counts,
    number_profile,
    places,
    sample_code,
)
from evergreen.frame import Frame
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.served import Served
from evergreen.ports import iso
from evergreen.profiles import profile
from numpy.typing import NDArray

SAMPLE = 2_000
DAY = 86_400 * 10**9
START = 1_700_000_000 * 10**9 // DAY * DAY


def file_of(columns: dict[str, Values], **changes: Any) -> ModelFile:
    """A model file that takes the columns, in time order."""
    document: dict[str, Any] = {
        "name": "watched",
        "problem": "binary",
        "target": {"column": "outcome", "positive": "yes"},
        "time": {"column": "at"},
        "features": {n: "category" if is_text(v) else "number" for n, v in columns.items()},
    }
    return parse(document | changes)


def frame_of(
    columns: dict[str, Values],
    target: NDArray[Any] | None = None,
    time: NDArray[np.int64] | None = None,
) -> Frame:
    """Rows: numbers as float32, text as codes; without a time one row a minute."""
    rows = len(next(iter(columns.values())))
    held = {
        name: categories(values) if is_text(values) else values.astype(np.float32)  # type: ignore[union-attr]
        for name, values in columns.items()
    }
    target = np.zeros(rows, dtype=np.int8) if target is None else target
    time = START + np.arange(rows) * (60 * 10**9) if time is None else time
    return Frame(held, target, time)


def signature_of(file: ModelFile, frame: Frame, classes: tuple[str, ...] = ()) -> Signature:
    """Of the frame's columns; a binary model's classes are no and yes."""
    inputs = tuple(
        Column(name, "category", True, tuple(v for v in values.values if v))
        if isinstance(values, Categories)
        else Column(name, "number", True)
        for name, values in frame.columns.items()
        if name in file.features
    )
    if file.problem == "binary":
        classes = ("no", "yes")
    return Signature(inputs, (), file.target.column, classes, problem=file.problem)


def baseline_of(
    file: ModelFile,
    learned: Frame,
    *,
    classes: tuple[str, ...] = (),
    answers: NDArray[np.float64] | None = None,
    outcomes: NDArray[Any] | None = None,
) -> Baseline:
    """What a version learned; with ``answers`` and ``outcomes`` of a hold-out also what it expects.

    Args:
        answers: shape (n, k).
        outcomes: shape (n,), numbers or places of classes.
    """
    signature = signature_of(file, learned, classes)
    expected = None
    if answers is not None and outcomes is not None:
        expected = expectation_of(signature, answers, outcomes)
    learned_from = profile(file, signature.inputs, signature.classes, learned)
    return Baseline(_version(len(learned)), learned_from, signature, expected)


def expectation_of(
    signature: Signature, answers: NDArray[np.float64], outcomes: NDArray[Any]
) -> Expectation:
    """Distributions alone."""
    if signature.problem == "multiclass":
        labels = np.array(signature.classes)[answers.argmax(axis=1)]
        answered: Any = category_profile(labels, signature.classes)
    else:
        answered = number_profile(answers[:, 0].astype(np.float32))
    if signature.classes:
        said = np.array(signature.classes)[outcomes.astype(np.int64)]
        turned_out: Any = category_profile(said, signature.classes)
    else:
        turned_out = number_profile(outcomes.astype(np.float32))
    return Expectation(
        metric="roc_auc",
        value=0.8,
        low=0.7,
        high=0.9,
        rows=len(answers),
        naive=0.5,
        answers=answered,
        outcomes=turned_out,
    )


def served_from(
    baseline: Baseline,
    frame: Frame,
    *,
    answers: NDArray[np.float64] | None = None,
    judged: NDArray[np.int64] | None = None,
    losses: NDArray[np.float32] | None = None,
    without: tuple[str, ...] = (),
) -> Served:
    """The frame's rows as a champion served them; ``frame.target`` is the outcome of the judged.

    Args:
        answers: shape (n, k); without them every answer is 0.5.
        judged: rows with an outcome; without, none has one.
        without: columns that captures leave out.
    """
    rows = len(frame)
    columns = {n: p for n, p in baseline.profile.columns.items() if n not in without}
    fine = {n: counts(p, frame.columns[n]) for n, p in columns.items()}
    judged = np.zeros(0, dtype=np.int64) if judged is None else judged
    kind = np.int64 if baseline.signature.classes else np.float64
    groups = {by: _group(baseline, by, frame) for by in baseline.profile.segments}
    return Served(
        clusters=np.zeros(0, np.uint8),
        since=_iso(int(frame.time.min())),
        until=_iso(int(frame.time.max())),
        ids=np.arange(rows, dtype=np.uint64),
        served=frame.time,
        times=frame.time,
        answers=np.full((rows, 1), 0.5) if answers is None else answers,
        losses=np.zeros(0, dtype=np.float32) if losses is None else losses,
        judged=judged,
        truth=frame.target[judged].astype(kind),
        counts=fine,
        column_rows=dict.fromkeys(columns, rows),
        sums={n: _sums(frame.columns[n]) for n in columns if not is_text(frame.columns[n])},
        seasons={
            "hour": _cells(frame.time, "hour", 24),
            "weekday": _cells(frame.time, "weekday", 7),
            "month": _cells(frame.time, "month", 12),
        },
        segments={by: _segments(baseline, by, frame, groups[by], without) for by in groups},
        groups=groups,
        group_values={by: tuple(baseline.profile.segments[by]) for by in groups},
        codes=_codes(baseline, frame),
    )


def _cells(time: NDArray[np.int64], part: Any, cells: int) -> NDArray[np.int64]:
    first = 1 if part == "month" else 0
    return np.bincount(calendar_part(time, part).astype(np.int64) - first, minlength=cells)


def _sums(values: Any) -> tuple[float, float]:
    there = values[~np.isnan(values)].astype(np.float64)
    return float(there.sum()), float(np.square(there).sum())


def _codes(baseline: Baseline, frame: Frame) -> NDArray[np.uint8]:
    random = np.random.default_rng(1)
    chosen = np.sort(random.choice(len(frame), min(SAMPLE, len(frame)), replace=False))
    return np.column_stack(
        [
            sample_code(found)[places(found, frame.columns[name][chosen])]
            for name, found in baseline.profile.columns.items()
        ]
    )


def _group(baseline: Baseline, by: str, frame: Frame) -> NDArray[np.int32]:
    place = {value: i for i, value in enumerate(baseline.profile.segments[by])}
    coded = categories(frame.columns[by])
    table = np.array([place.get(value, -1) for value in coded.values], dtype=np.int32)
    return table[coded.codes]


def _segments(
    baseline: Baseline,
    by: str,
    frame: Frame,
    group: NDArray[np.int32],
    without: tuple[str, ...],
) -> dict[str, dict[str, NDArray[np.int64]]]:
    found: dict[str, dict[str, NDArray[np.int64]]] = {}
    for place, value in enumerate(baseline.profile.segments[by]):
        rows = np.flatnonzero(group == place)
        found[value] = {
            name: coarse_counts(column, counts(column, frame.columns[name][rows]))
            for name, column in baseline.profile.columns.items()
            if name not in without
        }
    return found


def _iso(nanoseconds: int) -> str:
    return iso(datetime.fromtimestamp(nanoseconds / 1e9, UTC))


def _version(rows: int) -> Version:
    nothing = Artifact("", "", 0)
    lineage = Lineage("run-1", "test", "", "", (), 1, {}, rows, "")
    draft = VersionDraft(
        model="watched",
        lineage=lineage,
        graph=nothing,
        pipeline=nothing,
        signature=nothing,
        profile=nothing,
        card=nothing,
        metrics={},
        threshold=0.5,
    )
    return Version(number=1, registered_at=_iso(START), draft=draft)
