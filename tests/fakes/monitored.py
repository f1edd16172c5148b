"""Reports of checks and of a fleet that nobody ran, for the pages that tell of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from evergreen.contracts.decision import Action, Cause, Decision
from evergreen.contracts.drift import (
    ColumnDrift,
    DomainDrift,
    DriftReport,
    Level,
    Measured,
    Performance,
    Point,
    SegmentReport,
)
from evergreen.contracts.fleet import FleetReport, Health, ModelHealth
from evergreen.contracts.model_file import ModelFile, Problem
from evergreen.ports import iso

from tests.fakes.flow import MODEL, model_file

NOW = datetime(2026, 3, 31, 6, tzinfo=UTC)
LONG = "customer_region_as_the_sales_department_writes_it_since_2019_<b>"
_TRAINED = {"binary": 0.884, "multiclass": 0.41, "regression": 41.3, "forecast": 93.7}
_WORSE_BY = {"binary": -0.07, "multiclass": 0.12, "regression": 12.0, "forecast": 31.0}
_NAIVE = {"binary": 0.5, "multiclass": 1.1, "regression": 120.0, "forecast": 240.0}


def decision(
    action: Action = "hold",
    reason: str = "180 of 500 outcomes",
    *,
    at: datetime = NOW,
    version: int = 3,
    model: str = MODEL,
) -> Decision:
    """A decision with its cause, where it has one."""
    since = iso(at - timedelta(days=2))
    cause = Cause("drift", f"PSI 0.41 in {LONG}, 0.28 in speed", since)
    return Decision(
        decision_id=f"d{at:%m%d}",
        model=model,
        version=version,
        at=iso(at),
        action=action,
        reason=reason,
        causes=() if action == "watch" else (cause,),
        report=f"reports/{model}/drift/{iso(at).replace(':', '')}.json",
        run_id=f"drift-{model}-d{at:%m%d}" if action == "retrain" else "",
    )


def column(
    name: str, level: Level = "none", seed: int = 0, *, number: bool = True, bins: int = 10
) -> ColumnDrift:
    """A column that moved as much as its level says."""
    draw = np.random.default_rng(seed)
    before = draw.dirichlet(np.full(bins, 20.0))
    pull = {"none": 0.02, "small": 0.3, "large": 1.2}[level]
    now = before * np.exp(pull * np.linspace(-1, 1, bins))
    now /= now.sum()
    psi = float(((now - before) * np.log(now / before)).sum())
    return ColumnDrift(
        column=name,
        level=level,
        psi=psi,
        psi_by_chance=0.004,
        js=psi**0.5 / 3,
        p_value=0.4 if level == "none" else 1e-9,
        q_value=0.6 if level == "none" else 3e-8,
        rows=5000,
        ks=psi**0.5 / 2 if number else None,
        shift=psi**0.5 if number else None,
        unseen=0.0 if number else 0.013,
        missing=0.02 if level == "none" else 0.051,
        missing_before=0.02,
        seasonal=("hour", "weekday") if number else (),
        labels=tuple(_labels(number, bins)),
        before=(*before, 0.02),
        now=(*now, 0.05),
    )


def _labels(number: bool, bins: int) -> list[str]:
    if number:
        inner = [f"{10 * i} to {10 * (i + 1)}" for i in range(1, bins - 1)]
        return ["up to 10", *inner, f"over {10 * (bins - 1)}", "missing"]
    return [f"{'a rather long name of a value, number ' * (i == 2)}{i}" for i in range(bins)] + [
        "missing"
    ]


def made(
    problem: Problem = "binary",
    *,
    columns: int = 25,
    points: int = 40,
    outcomes: bool = True,
    action: Action = "hold",
    versions: int = 3,
) -> tuple[ModelFile, DriftReport]:
    """A model that was promoted twice and did worse at the end, and the report of its check."""
    file = model_file(problem, gates={"metric_at_least": _gate(problem), "fairness_gap": 0.5})
    found = _columns(columns)
    timeline = tuple(_point(file, i, points, versions, outcomes) for i in range(points))
    moved = {"retrain": "mae 121.3 where training measured 93.7; 13,299 outcomes"}
    reason = moved.get(action, "180 of 500 outcomes")
    realised = timeline[-1].realised if timeline else None
    estimated = timeline[-1].estimated if timeline else None
    return file, DriftReport(
        model=file.name,
        version=versions,
        checked_at=iso(NOW),
        since=iso(NOW - timedelta(days=28)),
        until=iso(NOW),
        rows=48_211,
        outcomes=12_070 if outcomes else 0,
        columns=found,
        performance=Performance(
            metric=file.metric,
            at_training=_TRAINED[problem],
            realised=realised,
            estimated=estimated,
            estimated_of_judged=estimated if outcomes else None,
            naive=_NAIVE[problem] if outcomes else None,
            worse=outcomes,
            estimated_worse=True,
            note="Estimates were off by 0.012 on average where outcomes came." if outcomes else "",
        ),
        decision=decision(action, reason, version=versions),
        unchecked=("angle",),
        answers=column("answers", "small", 5),
        outcome_drift=column("outcomes", "large", 6) if outcomes else None,
        domain=DomainDrift(0.634, 0.61, 0.658, 1e-9, "large", tuple(c.column for c in found[:3])),
        segments=_segments(file, realised),
        timeline=timeline,
        decisions=_decisions(points, versions),
        seconds=0.52,
        dollars=0.00004,
    )


def _gate(problem: Problem) -> float:
    return _TRAINED[problem] + 0.7 * _WORSE_BY[problem]


def _columns(count: int) -> tuple[ColumnDrift, ...]:
    levels: list[Level] = ["large", "large", "small"]
    names = ["speed", LONG, "mode", *(f"measurement_{i}" for i in range(count))][:count]
    return tuple(
        column(name, levels[i] if i < 3 else "none", i, number=i != 1)
        for i, name in enumerate(names)
    )


def _point(file: ModelFile, i: int, points: int, versions: int, outcomes: bool) -> Point:
    draw = np.random.default_rng(i)
    until = NOW - timedelta(days=points - 1 - i)
    version = 1 + i * versions // points
    tired = max(0.0, (i % max(points // versions, 1)) / max(points // versions, 1) - 0.5)
    worse = _WORSE_BY[file.problem]
    value = _TRAINED[file.problem] + worse * (0.2 + 1.6 * tired + 0.15 * float(draw.normal()))
    width = abs(worse) * 0.4
    late = i > points - 5
    rows = int(900 + 500 * draw.random())
    real = Measured(value, value - width, value + width, rows // (4 if late else 1))
    guess = value + worse * 0.2 * float(draw.normal())
    return Point(
        since=iso(until - timedelta(days=1)),
        until=iso(until),
        version=version,
        rows=rows,
        outcomes=real.rows if outcomes else 0,
        realised=real if outcomes and i % 13 != 5 and (not late or i == points - 1) else None,
        estimated=Measured(guess, guess - width / 2, guess + width / 2, rows),
        psi=0.05 + 0.5 * tired,
    )


def _decisions(points: int, versions: int) -> tuple[Decision, ...]:
    made: list[Decision] = []
    for i in range(points - 1):
        at = NOW - timedelta(days=points - 1 - i)
        place, version = i % max(points // versions, 1), 1 + i * versions // points
        last = place == max(points // versions, 1) - 1
        if last:
            made.append(decision("retrain", "drift in speed (PSI 0.31)", at=at, version=version))
        elif place > 8:
            held = decision(reason=f"{place * 40} of 500 outcomes", at=at, version=version)
            made.append(held)
        else:
            made.append(decision("watch", "nothing moved", at=at, version=version))
    return tuple(made)


def _segments(file: ModelFile, realised: Measured | None) -> tuple[SegmentReport, ...]:
    return (
        SegmentReport("turbine", "T1", 24_000, ("speed",), realised, "large"),
        SegmentReport("turbine", LONG, 24_211, (), realised, "none"),
    )


def fleet(count: int = 40) -> FleetReport:
    """Models of every health, most of them well."""
    return FleetReport(
        at=iso(NOW),
        models=tuple(_model(i) for i in range(count)),
        checked=count,
        seconds=61.0,
        dollars=0.03,
    )


def _model(i: int) -> ModelHealth:
    names: tuple[Health, ...] = ("ok", "ok", "worse", "ok", "drifting", "ok", "waiting", "ok")
    health: Health = "failing" if i % 37 == 5 else names[i % 8]
    name = "a-model-with-as-long-a-name-as-the-model-file-allows-for-it-x63" if i == 2 else f"m-{i}"
    value = 0.884 - (0.09 if health == "worse" else 0.0) - i % 5 / 200
    value = round(value, 4)
    found = Measured(value, value - 0.01, value + 0.01, 9000)
    action: Action = "watch"
    if health in ("worse", "drifting"):
        action = "hold" if i % 3 else "retrain"
    return ModelHealth(
        model=name,
        health=health,
        version=1 + i % 7,
        since=iso(NOW - timedelta(days=3 * i + 1)),
        checked_at=iso(NOW),
        rows=0 if health == "waiting" else 48_000 + i,
        per_day=1700.0 + i,
        outcomes=12_000,
        performance=Performance(
            metric="roc_auc",
            at_training=0.884,
            realised=found if i % 2 == 0 else None,
            estimated=found,
            naive=0.5,
            worse=health == "worse",
        ),
        drifted=("speed", LONG) if health == "drifting" else (),
        drifted_columns=5 if health == "drifting" else 0,
        decision=decision(action, at=NOW - timedelta(hours=i % 30), model=name),
        error="The captures of 2026-03-30 cannot be read." if health == "failing" else "",
    )
