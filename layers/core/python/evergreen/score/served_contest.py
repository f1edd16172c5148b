"""A version that was promoted and the one before it, on the very rows that the first answered.

The graphs that serve answer again, both of them, and outcomes decide.
"""

from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen import captured, metrics
from evergreen.bootstrap import bootstrap, confidence, interval, stretches
from evergreen.canonical import category_text
from evergreen.captured import Period, Prediction
from evergreen.contracts import keys
from evergreen.contracts.drift import Measured
from evergreen.contracts.model_file import METRICS, Metric, ModelFile
from evergreen.contracts.signature import Column, Signature
from evergreen.contracts.sweep import Contest, ContestInput, ContestOutput, ContestResult
from evergreen.metrics import Floats
from evergreen.moment import since_1970
from evergreen.ports import ObjectStore, Registry
from evergreen.score.comparable import by_class, check_problem
from evergreen.score.scorer import Scorer, finite, load

ROWS_AT_MOST = 20_000
"""The newest; more make nothing surer that one promotion's life would need."""

_LARGEST = float(np.finfo(np.float32).max)


class _Judged(Struct, frozen=True, eq=False):
    """Rows with their outcomes, shape (n,): a number, or the place of a class."""

    rows: list[Prediction]
    truth: NDArray[Any]
    left_out: int = 0


def contest(
    given: ContestInput, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> ContestOutput:
    """Write the result of the contest that a sweep asked for, for its conclusion."""
    model = given.contest.model
    result = served_contest(
        given.contest, features=features, artifacts=artifacts, registry=registry
    )
    key = keys.sweep(given.sweep, f"contests/{model}.json")
    artifacts.write(key, msgspec.json.encode(result), "application/json")
    summary = f"version {given.contest.previous} better in {result.confidence:.0%} of resamples"
    return ContestOutput(key, f"{model}: {summary} of {result.rows:,} rows")


def served_contest(
    contest: Contest, *, features: ObjectStore, artifacts: ObjectStore, registry: Registry
) -> ContestResult:
    """Both versions measured on the captured rows since the promotion that have their outcome; of
    more than :data:`evergreen.captured.BYTES_AT_MOST` on the newest.

    Where the previous version takes a column that was not captured, or captures leave out one that
    either takes, there are 0 rows and nothing is said for it.

    Raises:
        ArtifactChanged: a graph or signature is not the one that was registered.
        InvalidTable: the two versions answer different questions.
    """
    current, previous = (
        load(registry.version(contest.model, number), artifacts, f"version {number}")
        for number in (contest.version, contest.previous)
    )
    file, signature = registry.model(contest.model).file, current.signature
    check_problem(previous.name, previous.signature, signature)
    metric = file.metric
    judged = _judged(features, contest, signature)
    hidden = {name for row in judged.rows for name in row.redacted}
    known = all(_captured(column, judged.rows) for column in previous.signature.inputs)
    known = known and not any(column.name in hidden for column in signature.inputs)
    if not judged.rows or not known or metric not in METRICS[signature.problem]:
        return replace(_nothing(contest, metric), left_out=judged.left_out)
    answers = [_answers(scorer, signature, judged.rows) for scorer in (current, previous)]
    there = finite(answers[0]) & finite(answers[1])
    kept = _Judged(
        [row for row, is_there in zip(judged.rows, there, strict=True) if is_there],
        judged.truth[there],
    )
    result = _measured(contest, file, kept, [each[there] for each in answers])
    return replace(result, left_out=judged.left_out)


def _measured(
    contest: Contest, file: ModelFile, judged: _Judged, answers: list[Floats]
) -> ContestResult:
    metric, rows = file.metric, len(judged.rows)
    values = [metrics.measure(metric, judged.truth, each) for each in answers] if rows else []
    if not values or not np.all(np.isfinite(values)):
        return _nothing(contest, metric)
    seed = file.search.seed % 2**32
    drawn = bootstrap(metric, judged.truth, answers, _clusters(file, judged.rows), seed)
    current, before = (
        Measured(value, *interval(each), rows) for value, each in zip(values, drawn, strict=True)
    )
    sure = confidence(metric, drawn[1], drawn[0])
    return ContestResult(contest, metric, rows, current, before, sure)


def _nothing(contest: Contest, metric: Metric) -> ContestResult:
    none = Measured(0.0, 0.0, 0.0, 0)
    return ContestResult(contest, metric, 0, none, none, 0.0)


def _judged(features: ObjectStore, contest: Contest, signature: Signature) -> _Judged:
    period = Period(contest.since, contest.until)
    captures = captured.captures(features, contest.model, period)
    feedback = captured.feedback(features, contest.model, period)
    found, said = captured.predictions(captures.lines), captured.outcomes(feedback.lines)
    rows = [row for row in found.values() if row.version == contest.version and row.id in said]
    truth = {row.id: _truth(signature, said[row.id]) for row in rows}
    rows = [row for row in rows if np.isfinite(truth[row.id])]
    rows = sorted(rows, key=lambda row: (row.at, row.id))[-ROWS_AT_MOST:]
    kind = np.int64 if signature.classes else np.float64
    known = np.array([truth[row.id] for row in rows], dtype=np.float64).astype(kind)
    return _Judged(rows, known, captures.left_out + feedback.left_out)


def _truth(signature: Signature, said: str) -> float:
    if signature.classes:
        return signature.classes.index(said) if said in signature.classes else np.nan
    return _number(said)


def _captured(column: Column, rows: list[Prediction]) -> bool:
    return any(column.name in row.values for row in rows)


def _answers(scorer: Scorer, signature: Signature, rows: list[Prediction]) -> Floats:
    """Of several classes in the order of ``signature``."""
    columns = {column.name: _values(column, rows) for column in scorer.signature.inputs}
    answers = scorer.unchecked(columns, len(rows))
    own, new = scorer.signature.classes, signature.classes
    return by_class(answers, own, new) if answers.ndim > 1 else answers


def _values(column: Column, rows: list[Prediction]) -> NDArray[Any]:
    sent = [row.values.get(column.name) for row in rows]
    if column.type == "category":
        return np.array([category_text(value) for value in sent], dtype=np.str_)
    numbers = np.array([_number(value) for value in sent], dtype=np.float64)
    return np.where(np.abs(numbers) > _LARGEST, np.nan, numbers)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def _clusters(file: ModelFile, rows: list[Prediction]) -> NDArray[np.intp]:
    """Rows of a group are drawn together, or those of a stretch of time, whichever are fewer."""
    grouped = np.arange(len(rows))
    if file.group is not None:
        names = [category_text(row.values.get(file.group)) or f"row {row.id}" for row in rows]
        grouped = np.unique(names, return_inverse=True)[1]
    stretched = stretches(np.array([_moment(row.at) for row in rows], dtype=np.int64))
    if stretched is None or int(grouped.max()) <= int(stretched.max()):
        return grouped
    return stretched


def _moment(at: str) -> int:
    return since_1970(datetime.fromisoformat(at))
