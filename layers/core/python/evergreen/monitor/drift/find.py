"""Everything of a window that may have moved, each thing with its effect and its significance."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from evergreen import distribution
from evergreen.contracts.drift import ColumnDrift, DomainDrift
from evergreen.contracts.model_file import ModelFile
from evergreen.contracts.profile import ColumnProfile
from evergreen.contracts.signature import Signature
from evergreen.monitor.baseline import Baseline
from evergreen.monitor.drift.bins import coarsened
from evergreen.monitor.drift.column import Sides, compare, leveled
from evergreen.monitor.drift.discoveries import any_of, q_values
from evergreen.monitor.drift.domain import domain_drift, tell_apart
from evergreen.monitor.drift.seasons import adjustment
from evergreen.monitor.drift.segments import SegmentDrift, p_values, segment_drifts, segments_of
from evergreen.monitor.drift.worth import window, worth, worth_of_codes, worth_outside
from evergreen.monitor.served import Served


class Drifts(Struct, frozen=True):
    """Columns in the profile's order; ``p_value`` is that none of it moved (Simes 1986)."""

    columns: tuple[ColumnDrift, ...]
    answers: ColumnDrift | None
    outcomes: ColumnDrift | None
    domain: DomainDrift | None
    segments: tuple[SegmentDrift, ...]
    p_value: float


def find_drift(file: ModelFile, baseline: Baseline, served: Served) -> Drifts:
    """Hold what was served against what training saw, the answers and outcomes against those of
    the hold-out.

    The false discovery rate is controlled at ``monitor.false_discovery_rate`` over columns,
    answers, outcomes, the domain classifier and, as one, the segments; and where something is in
    the segments, over all their columns once more (as Benjamini and Bogomolov 2014 do in families).
    """
    monitor, rate = file.monitor, file.monitor.false_discovery_rate
    sides = list(_columns(file, baseline, served))
    captured = {each.column: each for each in sides}
    answers, outcomes = _answers(baseline, served), _outcomes(baseline, served)
    found = [compare(each, monitor) for each in (*sides, answers, outcomes) if each]
    told = tell_apart(baseline, served, sides)
    looked = list(segments_of(baseline, served, captured, monitor))
    told_p = [told.p_value] if told else []
    p = [*(each.drift.p_value for each in found), any_of(p_values(looked)), *told_p]
    q = q_values(p)
    drifts = iter([leveled(each, q_value, rate) for each, q_value in zip(found, q, strict=False)])
    return Drifts(
        columns=tuple(next(drifts) for _ in sides),
        answers=next(drifts) if answers else None,
        outcomes=next(drifts) if outcomes else None,
        domain=domain_drift(told, q[-1], monitor) if told else None,
        segments=segment_drifts(looked, rate if q[len(found)] <= rate else 0.0),
        p_value=any_of(p),
    )


def _columns(file: ModelFile, baseline: Baseline, served: Served) -> Iterator[Sides]:
    """Those that were captured."""
    profile, time = baseline.profile, window(served.times)
    for name, column in profile.columns.items():
        if name not in served.counts or not served.counts[name].sum():
            continue
        before = distribution.training_counts(column, profile.rows)
        coarse = coarsened(column, before)
        season = None
        if file.monitor.seasonal and coarse.sum():
            season = adjustment(name, coarse, profile.seasons, served.seasons)
        season = season if season and season.parts else None
        kept = season.kept if season else 1.0
        yield Sides(
            column=name,
            profile=column,
            before=before,
            now=served.counts[name],
            sums=served.sums.get(name),
            season=season,
            worth=worth(name, profile, time, kept, season is not None),
            worth_outside=worth_outside(name, profile, time),
        )


def _answers(baseline: Baseline, served: Served) -> Sides | None:
    """Answers beside those of the hold-out: labels of several classes, else numbers."""
    if not baseline.expectation or not len(served):
        return None
    signature = baseline.signature
    values: NDArray[Any] = served.answers[:, 0].astype(np.float32)
    if signature.problem == "multiclass":
        values = np.array(signature.classes, dtype=np.str_)[served.answers.argmax(axis=1)]
    return _values(baseline, baseline.expectation.answers, values, served.times)


def _outcomes(baseline: Baseline, served: Served) -> Sides | None:
    if not baseline.expectation or not len(served.judged):
        return None
    signature: Signature = baseline.signature
    values: NDArray[Any] = served.truth.astype(np.float32)
    if signature.classes:
        values = np.array(signature.classes, dtype=np.str_)[served.truth]
    times = served.times[served.judged]
    return _values(baseline, baseline.expectation.outcomes, values, times)


def _values(
    baseline: Baseline, profile: ColumnProfile, values: NDArray[Any], times: NDArray[np.int64]
) -> Sides:
    rows = baseline.expectation.rows if baseline.expectation else 0
    sums = None
    if values.dtype.kind == "f":
        there = values[~np.isnan(values)].astype(np.float64)
        sums = (float(there.sum()), float(np.square(there).sum()))
    fine = distribution.places(profile, values)
    return Sides(
        column=baseline.signature.target,
        profile=profile,
        before=distribution.training_counts(profile, rows),
        now=np.bincount(fine, minlength=distribution.bins(profile)),
        sums=sums,
        worth=worth_of_codes(distribution.to_coarse(profile)[fine], times),
    )
