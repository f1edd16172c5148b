"""From scores to a verdict."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from evergreen import metrics
from evergreen.contracts import keys
from evergreen.contracts.model_file import METRICS, ModelFile
from evergreen.contracts.stages import EvaluateInput, EvaluateOutput
from evergreen.contracts.verdict import Contest, Gate, Verdict
from evergreen.drift_statistics import in_deciles, psi
from evergreen.errors import InvalidTable
from evergreen.evaluate.bootstrap import bootstrap, confidence, interval
from evergreen.evaluate.fairness import fairness_gate, group_rates
from evergreen.evaluate.gates import champion_gate, metric_gate, parity_gate, size_gate
from evergreen.feature_set import read_rows
from evergreen.frame import Frame, arrays_from_npz
from evergreen.metrics import Floats
from evergreen.ports import Clock, ObjectStore, Registry, iso


def evaluate(
    given: EvaluateInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
) -> EvaluateOutput:
    """Write ``verdict.json``; a candidate that fails a gate ends the run as refused.

    Raises:
        InvalidTable: the hold-out holds one class only.
    """
    run_id = given.run.run_id
    file = registry.model(given.run.model).file
    rows = read_rows(features, given.feature_set, "test")
    if len(np.unique(rows.target)) < 2:
        raise InvalidTable(
            f"The {len(rows):,} hold-out rows hold only one class of '{file.target.column}';"
            " enlarge split.test or add rows."
        )
    scores = arrays_from_npz(artifacts.read(keys.run(run_id, "scores.npz")))
    reference = arrays_from_npz(artifacts.read(keys.candidate(run_id, "reference.npz")))
    size = artifacts.size(keys.candidate(run_id, "model.onnx"))
    verdict = judge(file, rows, scores, reference, size=size, champion=given.champion)
    key = keys.run(run_id, "verdict.json")
    artifacts.write(key, msgspec.json.encode(verdict), "application/json")
    if not verdict.passed:
        registry.close_run(run_id, "refused", verdict.reason, iso(clock.now()))
    return EvaluateOutput(verdict.passed, key, _summary(verdict))


def judge(
    file: ModelFile,
    rows: Frame,
    scores: dict[str, Floats],
    reference: dict[str, Floats],
    *,
    size: int,
    champion: int | None,
) -> Verdict:
    """The verdict on the n rows of the hold-out.

    Args:
        scores: ``challenger`` and, where ``champion`` is its version, ``champion``; shape (n,).
        reference: ``probability`` of the pipeline, shape (n,), and ``threshold``, shape (1,).
        size: of the graph, in bytes.
    """
    challenger = scores["challenger"]
    threshold = float(reference["threshold"][0])
    groups = {c: group_rates(c, rows, challenger >= threshold) for c in file.protected}
    bounds, contest = _compare(file, rows, scores, champion)
    oldest, newest = _span(rows)
    measured = _metrics(rows, challenger)
    gates = (
        parity_gate(challenger, reference["probability"], file.gates),
        *_metric_gates(file, measured[file.metric]),
        *(fairness_gate(column, rates, file.gates) for column, rates in groups.items()),
        size_gate(size, file.gates),
        *([champion_gate(file.metric, contest, file.gates)] if contest else []),
    )
    return Verdict(
        metric=file.metric,
        value=measured[file.metric],
        interval=bounds,
        metrics=measured,
        threshold=threshold,
        rows=len(rows),
        positives=int(np.sum(rows.target == 1)),
        newest=newest,
        oldest=oldest,
        groups=tuple(rate for rates in groups.values() for rate in rates),
        contest=contest,
        gates=gates,
    )


def _compare(
    file: ModelFile, rows: Frame, scores: dict[str, Floats], champion: int | None
) -> tuple[tuple[float, float], Contest | None]:
    """The challenger's interval and, on the same resamples, its contest with the champion."""
    metric, seed = file.metric, file.search.seed % 2**32
    competing = [scores["challenger"]]
    if champion is not None:
        competing.append(scores["champion"])
    resampled = bootstrap(metric, rows.target, competing, _clusters(file, rows), seed)
    bounds = interval(resampled[0])
    if champion is None:
        return bounds, None
    challenger, held = (metrics.measure(metric, rows.target, score) for score in competing)
    return bounds, Contest(
        champion, held, challenger, confidence(metric, *resampled), _distance(scores)
    )


def _distance(scores: dict[str, Floats]) -> float:
    return psi(*in_deciles(scores["champion"].tolist(), scores["challenger"].tolist()))


def _metric_gates(file: ModelFile, value: float) -> list[Gate]:
    asked = file.gates.metric_at_least
    return [] if asked is None else [metric_gate(file.metric, value, asked)]


def _clusters(file: ModelFile, rows: Frame) -> NDArray[np.intp]:
    if file.group is None:
        return np.arange(len(rows))
    return np.unique(rows.columns[file.group], return_inverse=True)[1]


def _metrics(rows: Frame, probability: Floats) -> dict[str, float]:
    names = METRICS["binary"]
    found = {"brier": metrics.brier(rows.target, probability)}
    for name in names:
        found[name] = metrics.measure(name, rows.target, probability)
    return found


def _span(rows: Frame) -> tuple[str, str]:
    """Time of the oldest and the newest row, empty without a time column."""
    if not np.any(rows.time):
        return "", ""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    ends = (int(rows.time.min()), int(rows.time.max()))
    oldest, newest = (iso(epoch + timedelta(microseconds=end // 1000)) for end in ends)
    return oldest, newest


def _summary(verdict: Verdict) -> str:
    if not verdict.passed:
        return f"refused: {verdict.reason}"
    low, high = verdict.interval
    contest = verdict.contest
    beaten = f", beats champion v{contest.champion_version}" if contest else ""
    return (
        f"{verdict.metric} {verdict.value:.3f} ({low:.3f} to {high:.3f})"
        f" on {verdict.rows:,} rows{beaten}, gates passed"
    )
