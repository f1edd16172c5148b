"""From scores to a verdict."""

import math
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from msgspec import Struct

from evergreen import metrics
from evergreen.bootstrap import bootstrap, interval
from evergreen.contracts import keys
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.stages import EvaluateInput, EvaluateOutput
from evergreen.contracts.verdict import Baseline, Contest, Gate, GroupRate, Verdict
from evergreen.errors import InvalidTable
from evergreen.evaluate.baseline import baseline_gates, measured_baselines
from evergreen.evaluate.contest import Opponent, clusters, contest, opponent
from evergreen.evaluate.expectation import expectation
from evergreen.evaluate.fairness import fairness_gate, group_rates, rates_by_class
from evergreen.evaluate.fairness_of_numbers import mean_errors
from evergreen.evaluate.gates import champion_gate, metric_gate, parity_gate, size_gate
from evergreen.evaluate.hold_out import hold_out_report
from evergreen.feature_set import read_rows, read_signature
from evergreen.figures import metric_text
from evergreen.frame import Frame, arrays_from_npz
from evergreen.metrics import Floats
from evergreen.ports import Clock, ObjectStore, Registry, iso
from evergreen.run_report import write_verdict


def evaluate(
    given: EvaluateInput,
    *,
    features: ObjectStore,
    artifacts: ObjectStore,
    registry: Registry,
    clock: Clock,
) -> EvaluateOutput:
    """Write ``verdict.json`` and, of a candidate that passed, ``expectation.json``; one that fails
    a gate ends the run as refused.

    Raises:
        InvalidTable: the hold-out holds one class or one number only, or varies so little that a
            metric has no value.
    """
    run_id = given.run.run_id
    file = registry.model(given.run.model).file
    signature = read_signature(features, given.feature_set)
    rows = read_rows(features, given.feature_set, "test")
    if len(np.unique(rows.target)) < 2:
        what = "one class" if signature.classes else "one value"
        raise InvalidTable(
            f"The {len(rows):,} hold-out rows hold only {what} of '{file.target.column}';"
            " enlarge split.test or add rows."
        )
    scores = arrays_from_npz(artifacts.read(keys.run(run_id, "scores.npz")))
    reference = arrays_from_npz(artifacts.read(keys.candidate(run_id, "reference.npz")))
    size = artifacts.size(keys.candidate(run_id, "model.onnx"))
    against = _opponent(given, signature.classes, rows, features, registry)
    hold_out = HoldOut(file, signature.classes, rows, against)
    baselines = arrays_from_npz(artifacts.read(keys.candidate(run_id, "baselines.npz")))
    verdict = judge(hold_out, scores, reference, size=size, baselines=baselines)
    key = keys.run(run_id, "verdict.json")
    artifacts.write(key, msgspec.json.encode(verdict), "application/json")
    answered = hold_out_report(
        file, signature.classes, rows, scores["challenger"], verdict.threshold
    )
    write_verdict(given.run, verdict, answered, artifacts=artifacts, registry=registry)
    if verdict.passed:
        expected = expectation(file, signature, rows, scores["challenger"], verdict.threshold)
        artifacts.write(keys.expectation(run_id), msgspec.json.encode(expected), "application/json")
    else:
        registry.close_run(run_id, "refused", verdict.reason, iso(clock.now()))
    return EvaluateOutput(verdict.passed, key, _summary(verdict))


class HoldOut(Struct, frozen=True, eq=False):
    """The n rows that nothing was fitted on, and what the model's file and classes say of them."""

    file: ModelFile
    classes: tuple[str, ...]
    rows: Frame
    against: Opponent | None = None
    """The champion, where there is one."""


def judge(
    held: HoldOut,
    scores: dict[str, Floats],
    reference: dict[str, Floats],
    *,
    size: int,
    baselines: dict[str, Floats],
) -> Verdict:
    """The verdict on the hold-out.

    Args:
        scores: ``challenger`` and, where there is one, ``champion``; shape (n,), or (n, k) of
            several classes.
        reference: ``answers`` of the pipeline, of the same shape, and of a binary model
            ``threshold``, shape (1,).
        size: of the graph, in bytes.
        baselines: answers by name, of the same shape as ``scores``.

    Raises:
        InvalidTable: the hold-out varies so little that a metric has no value.
    """
    file, rows, challenger = held.file, held.rows, scores["challenger"]
    threshold = float(reference["threshold"][0]) if file.problem == "binary" else 0.0
    measured = _metrics(file, rows, challenger) | _cost(held, challenger, threshold)
    _require_values(held, measured)
    groups = [_fairness(held, column, challenger, threshold) for column in file.protected]
    bounds, met, beside = _compare(held, scores, baselines)
    oldest, newest = _span(rows)
    truth = None if held.classes else rows.target
    gates = (
        parity_gate(challenger, reference["answers"], file.gates, truth),
        *_metric_gates(file, measured[file.metric]),
        *(gate for _, gate in groups),
        size_gate(size, file.gates),
        *baseline_gates(file.metric, measured[file.metric], beside, file.gates),
        *([champion_gate(file.metric, met, file.gates)] if met else []),
    )
    return Verdict(
        metric=file.metric,
        value=measured[file.metric],
        interval=bounds,
        metrics=measured,
        threshold=threshold,
        rows=len(rows),
        positives=int(np.sum(rows.target == 1)) if file.problem == "binary" else 0,
        newest=newest,
        oldest=oldest,
        groups=tuple(rate for rates, _ in groups for rate in rates),
        contest=met,
        gates=gates,
        problem=file.problem,
        baselines=beside,
    )


def _require_values(held: HoldOut, measured: dict[str, float]) -> None:
    none = [name for name, value in measured.items() if not math.isfinite(value)]
    if none:
        raise InvalidTable(
            f"On the {len(held.rows):,} hold-out rows {', '.join(none)} has no value: "
            f"'{held.file.target.column}' varies too little there; enlarge split.test, or choose "
            "other metrics."
        )


def _fairness(
    held: HoldOut, column: str, answered: Floats, threshold: float
) -> tuple[tuple[GroupRate, ...], Gate]:
    rows, gates = held.rows, held.file.gates
    if not held.classes:
        return mean_errors(column, rows, answered, gates)
    if held.file.problem == "binary":
        rates = group_rates(column, rows, answered >= threshold)
    else:
        rates = rates_by_class(column, rows, answered.argmax(axis=1), held.classes)
    return rates, fairness_gate(column, rates, gates)


def _compare(
    held: HoldOut, scores: dict[str, Floats], baselines: dict[str, Floats]
) -> tuple[tuple[float, float], Contest | None, tuple[Baseline, ...]]:
    """The challenger's interval and, on the same resamples, its contest with the champion and what
    the baselines score."""
    file, rows, against = held.file, held.rows, held.against
    competing = [scores["challenger"], *([] if against is None else [scores["champion"]])]
    every, seed = [*competing, *baselines.values()], file.search.seed % 2**32
    resampled = bootstrap(file.metric, rows.target, every, clusters(file, rows), seed)
    last = resampled[len(competing) :]
    beside = measured_baselines(file.metric, rows.target, baselines, resampled[0], last)
    met = contest(file, rows, scores, against, resampled[:2]) if against else None
    return interval(resampled[0]), met, beside


def _opponent(
    given: EvaluateInput,
    classes: tuple[str, ...],
    rows: Frame,
    features: ObjectStore,
    registry: Registry,
) -> Opponent | None:
    if given.champion is None:
        return None
    lineage = registry.version(given.run.model, given.champion).draft.lineage
    return opponent(
        given.champion,
        lineage,
        rows,
        classes,
        feature_set=given.feature_set,
        oldest=_span(rows)[0],
        features=features,
    )


def _metric_gates(file: ModelFile, value: float) -> list[Gate]:
    asked = file.gates.metric_at_least
    return [] if asked is None else [metric_gate(file.metric, value, asked)]


def _metrics(file: ModelFile, rows: Frame, answered: Floats) -> dict[str, float]:
    found = {"brier": metrics.brier(rows.target, answered)} if file.problem == "binary" else {}
    for name in file.metrics:
        found[name] = metrics.measure(name, rows.target, answered)
    return found


def _cost(held: HoldOut, answered: Floats, threshold: float) -> dict[str, float]:
    """Mean cost of a row, where the model file states what wrong answers cost."""
    costs = held.file.decision.costs
    if costs is None:
        return {}
    flagged, positive = answered >= threshold, held.rows.target == 1
    wrongly = costs.false_positive * np.mean(flagged & ~positive)
    return {"cost": float(wrongly + costs.false_negative * np.mean(~flagged & positive))}


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
    low, value, high = (
        metric_text(verdict.metric, each)
        for each in (verdict.interval[0], verdict.value, verdict.interval[1])
    )
    met = verdict.contest
    beaten = f", beats champion v{met.champion_version}" if met else ""
    return (
        f"{verdict.metric} {value} ({low} to {high}) on {verdict.rows:,} rows{beaten}, gates passed"
    )
