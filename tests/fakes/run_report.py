"""A run's report whose trials nobody fitted."""

import random

import numpy as np
from evergreen.contracts.candidate import (
    Bin,
    BlendReport,
    CalibrationReport,
    EnsembleReport,
    Member,
    ThresholdReport,
    Window,
    WindowReport,
    WindowTried,
)
from evergreen.contracts.model_file import Problem
from evergreen.contracts.registry import Run
from evergreen.contracts.run_report import (
    ColumnImportance,
    CurvePoint,
    Diagnostics,
    HoldOutReport,
    RunReport,
)
from evergreen.contracts.stages import Fidelity, TrialResult
from evergreen.contracts.verdict import Baseline, Gate, Verdict
from evergreen.evaluate.hold_out import hold_out_report
from evergreen.frame import Frame
from evergreen.run_report.budget import Searched, search_report
from evergreen.run_report.ranking import ranked
from evergreen.run_report.settings import setting_shares

from tests.fakes.flow import AT, model_file

FAILURE = "The rows hold <only> one class of 'state'; add rows."
_FAMILIES = ("logistic", "gradient boosting", "random forest", "neural network")
_LADDER = (Fidelity(0, 1000, 2, full=False), Fidelity(1, 0, 5))


def trials(count: int) -> list[TrialResult]:
    """Of four families on two rungs; every tenth failed, and one went very wrong."""
    draw = random.Random(1)  # noqa: S311
    found: list[TrialResult] = []
    for number in range(1, count + 1):
        waiting = [t for t in found if t.fidelity.rung == 0 and t.loss is not None]
        promoted = waiting[-1] if number % 4 == 0 and waiting else None
        drawn = {"rate": round(10 ** draw.uniform(-3, 0), 5), "leaves": draw.randint(3, 60)}
        made = {"family": draw.choice(_FAMILIES), **drawn, "scale": draw.choice(["none", "rank"])}
        folds = tuple(0.3 + drawn["rate"] / 5 + draw.gauss(0, 0.02) for _ in range(5))
        loss = None if number % 10 == 0 else 90.0 if number == 7 else sum(folds) / 5
        fidelity = _LADDER[1 if promoted else 0]
        found.append(
            TrialResult(
                number,
                promoted.configuration if promoted else made,
                loss,
                draw.uniform(1, 9),
                "failed" if loss is None else f"measured {loss:.4f}",
                FAILURE if loss is None else "",
                fidelity=fidelity,
                promotes=promoted.number if promoted else None,
                origin="promoted" if promoted else "proposed",
                fold_losses=folds if loss is not None else (),
                rows=1000,
                predict_seconds=0.01,
                dollars=draw.uniform(1e-5, 1e-3),
                finished_at=f"2026-01-01T01:00:{number % 60:02d}.000Z",
            )
        )
    return found


def made(problem: Problem = "binary", count: int = 24, *, passed: bool = True) -> RunReport:
    """The whole report of a run that passed its gates, or was refused for its size."""
    file, results = model_file(problem), trials(count)
    run = Run(run_id="r1", model=file.name, trigger="manual", sources=(), started_at=AT)
    best = ranked(file.metric, results)
    return RunReport(
        run_id="r1",
        model=file.name,
        problem=problem,
        metric=file.metric,
        trigger="manual",
        search=search_report(run, results, 4, Searched(why="it was enough", transitions=44)),
        trials=tuple(results),
        ranked=best,
        settings=setting_shares(results),
        blend=_blend(problem, results),
        diagnostics=_diagnostics(file.metric),
        hold_out=_hold_out(problem),
        verdict=_verdict(problem, file.metric, passed),
    )


WINDOW = WindowReport(
    window=Window("recent", 0.5),
    rows=4000,
    since="2014-05-01T00:00:00.000Z",
    tried=(
        WindowTried(Window(), 0.42, 0.5),
        WindowTried(Window("recent", 0.5), 0.38, 0.98),
    ),
    measured=1500,
    measured_since="2015-01-01T00:00:00.000Z",
    origins=3,
    given_up=3,
    confidence=0.97,
)


def _blend(problem: Problem, results: list[TrialResult]) -> BlendReport:
    bins = tuple(Bin(40, share, share**2) for share in (0.1, 0.4, 0.8))
    mended = CalibrationReport("sigmoid", 0.8, (0.1,), 0.4, 0.38, 0.97, True, bins, bins)
    members = (Member(4, 0.7, results[3].configuration), Member(8, 0.3, results[7].configuration))
    of_classes = problem in ("binary", "multiclass")
    return BlendReport(
        metric="log_loss",
        rows=400,
        members=members,
        ensemble=EnsembleReport(3, 0.4, 0.38, 0.95, True),
        calibration=mended if of_classes else None,
        threshold=ThresholdReport(0.4, "stated costs", 1.5) if problem == "binary" else None,
        window=WINDOW,
    )


def _diagnostics(metric: str) -> Diagnostics:
    return Diagnostics(
        metric=metric,  # type: ignore[arg-type]
        rows=300,
        repeats=5,
        columns=(
            ColumnImportance("speed", 0.3, (0.2, 0.4)),
            ColumnImportance("angle", -0.001, (-0.01, 0.01)),
        ),
        curve=(CurvePoint(100, 0.7, (0.6, 0.8), 1.0), CurvePoint(200, 0.8, (0.75, 0.85), 2.0)),
        curve_rule="the newest rows",
        curve_of="logistic C=1",
        notes=("Learning curve: the rest was left out.",),
    )


def _hold_out(problem: Problem) -> HoldOutReport:
    file, draw = model_file(problem), np.random.default_rng(0)
    time = np.arange(240) * 3600 * 10**9
    if not file.classifies:
        truth = draw.normal(1e6, 100, 240)
        return hold_out_report(file, (), Frame({}, truth, time), truth + draw.normal(size=240), 0.0)
    classes = ("no", "<b>yes") if problem == "binary" else ("low", "middle", "top")
    answered = draw.dirichlet(np.ones(len(classes)), 240)
    truth = np.array([draw.choice(len(classes), p=each) for each in answered])
    if problem == "binary":
        answered = answered[:, 1]
    return hold_out_report(file, classes, Frame({}, truth, time), answered, 0.4)


def _verdict(problem: Problem, metric: str, passed: bool) -> Verdict:
    baselines = (Baseline("majority", 0.5, 1.0), Baseline("logistic", 0.7, 0.8, plain=True))
    return Verdict(
        metric=metric,
        value=0.8,
        interval=(0.75, 0.85),
        metrics={metric: 0.8},
        threshold=0.4,
        rows=240,
        positives=100,
        newest="",
        oldest="",
        groups=(),
        contest=None,
        gates=(Gate("graph size", passed, "The graph has 60.00 MiB, 50 allowed."),),
        problem=problem,
        baselines=baselines,
    )
