"""Sections of a run's page that tell of the search."""

from collections.abc import Iterator, Sequence

import numpy as np

from evergreen import chart, metrics, page
from evergreen.chart import Axis
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.contracts.run_report import Ranked, RunReport, SettingShare
from evergreen.contracts.stages import TrialResult
from evergreen.estimators.space import describe
from evergreen.run_report import told

_LEADERS, _RANKED_AT_MOST = 15, 500
_ROUGH_BELOW = 20
_SETTINGS_AT_MOST = 15


def over_time(report: RunReport) -> list[page.Html]:
    """Every trial's metric by its number, and the best so far at the highest rung."""
    finished = [trial for trial in report.trials if trial.loss is not None]
    if not finished:
        return []
    families = list(dict.fromkeys(map(told.family, report.trials)))
    x = _numbers(report)
    y = _values(report, finished)
    marks = [
        *_best(report, finished, x, y),
        *(_mark(report, families, t, x, y) for t in report.trials),
    ]
    shapes = [(*chart.family_mark(i), family) for i, family in enumerate(families)]
    if any(not trial.fidelity.full for trial in finished):
        shapes.append(("m0", "low", "pale: looked at a part of the rows or folds"))
    if len(finished) < len(report.trials):
        shapes.append((chart.CROSS, "failed", "failed"))
    up = f"{report.metric} in cross-validation, {told.better(report)}"
    return [
        chart.keys(shapes),
        chart.chart(x, y, marks, across="trial", up=up),
        page.paragraph(
            "The line is the best so far of those that looked at most. Trials whose loss is far"
            " beyond the others' lie on the edge, hollow."
        ),
    ]


def _numbers(report: RunReport) -> Axis:
    numbers = [float(trial.number) for trial in report.trials]
    return chart.padded(chart.axis([*numbers, min(numbers) + 1], whole=True), 0.03)


def _values(report: RunReport, finished: list[TrialResult]) -> Axis:
    losses = np.array([trial.loss for trial in finished], dtype=np.float64)
    low, high = np.quantile(losses, [0.25, 0.75])
    shown = losses[losses <= high + 3 * (high - low)]
    values = [metrics.from_loss(report.metric, float(loss)) for loss in shown]
    return chart.padded(chart.axis(values))


def _mark(report: RunReport, families: list[str], trial: TrialResult, x: Axis, y: Axis) -> str:
    across = x.share(trial.number)
    if trial.loss is None:
        worst = 1.0 if report.metric in LESS_IS_BETTER else 0.0
        return chart.mark(across, worst, chart.CROSS, "failed", f"trial {trial.number}: failed")
    shape, colour = chart.family_mark(families.index(told.family(trial)))
    value = told.value_of(report, trial)
    kind = colour if trial.fidelity.full else f"{colour} low"
    kind += "" if y.low <= value <= y.high else " out"
    title = f"trial {trial.number}: {told.measured(report, value)}"
    return chart.mark(across, y.share(value), shape, kind, title)


def _best(report: RunReport, finished: list[TrialResult], x: Axis, y: Axis) -> Iterator[str]:
    top = max(trial.fidelity.rung for trial in finished)
    alike = [trial for trial in finished if trial.fidelity.rung == top]
    at, level = None, 0.0
    loss = float("inf")
    for trial in alike:
        if (trial.loss or 0.0) >= loss:
            continue
        loss = trial.loss or 0.0
        here, up = x.share(trial.number), y.share(told.value_of(report, trial))
        if at is not None:
            yield chart.line(at, level, here, level, "best")
            yield chart.line(here, level, here, up, "best")
        at, level = here, up
    if at is not None:
        yield chart.line(at, level, x.share(report.trials[-1].number), level, "best")


def leaderboard(report: RunReport) -> list[page.Html]:
    """Configurations by what they reached, the rest below a fold."""
    if not report.ranked:
        return []
    first, rest = report.ranked[:_LEADERS], report.ranked[_LEADERS:_RANKED_AT_MOST]
    parts = [
        page.paragraph(
            "Each configuration once, by its trial that looked at most. ± is the standard"
            " deviation over the folds. s: seconds to fit and to measure; ms: milliseconds to"
            " answer 1,000 rows with the pipeline."
        ),
        _leaders(report, first),
    ]
    if not rest:
        return parts
    left = len(report.ranked) - len(first) - len(rest)
    more = f"{len(rest):,} more" + (f" ({left:,} others are in report.json)" if left else "")
    return [*parts, page.fold(more, _leaders(report, rest))]


def _leaders(report: RunReport, ranked: Sequence[Ranked]) -> page.Html:
    headings = ["", report.metric, "±", "Configuration", "Looked at", "Trial", "From"]
    return page.table([*headings, "s", "Cost", "ms"], (_leader(report, each) for each in ranked))


def _leader(report: RunReport, ranked: Ranked) -> Sequence[object]:
    trial = told.trials(report)[ranked.trial]
    return (
        chart.ranking(ranked.rank),
        told.measured(report, ranked.value),
        "" if ranked.spread is None else f"{ranked.spread:.2g}",
        page.text(describe(trial.configuration)),
        told.rung(trial),
        trial.number,
        trial.origin,
        f"{trial.seconds:.3g}",
        told.dollars(trial.dollars),
        f"{1000 * trial.predict_seconds:.3g}",
    )


def settings(report: RunReport) -> list[page.Html]:
    """Shares of the loss's variance by setting."""
    if not report.settings:
        return []
    most = max(each.trials for each in report.settings)
    rough = f" {most} trials are few for that: take it as a hint." if most < _ROUGH_BELOW else ""
    return [
        page.paragraph(
            "Share of the variance of the trials' losses that a setting accounts for by itself,"
            " within its family (functional analysis of variance; Hutter, Hoos and Leyton-Brown"
            f" 2014). What is left is in their interplay, or chance.{rough}"
        ),
        page.table(
            ["Setting", "", "Share", "Trials"],
            (_setting(each) for each in report.settings[:_SETTINGS_AT_MOST]),
        ),
    ]


def _setting(each: SettingShare) -> Sequence[object]:
    name = f"{each.family}: {each.setting}" if each.family else "choice of the family"
    return name, page.bar(each.share), f"{each.share:.0%}", each.trials


def budget(report: RunReport) -> list[page.Html]:
    """What the search took."""
    return [
        page.table(["", ""], told.spent(report)),
        page.paragraph(
            "Dollars are by the published prices of AWS Lambda, Fargate and Step Functions, without"
            " any free tier. On somebody's own machine time costs nothing here."
        ),
    ]


def failed(report: RunReport) -> list[page.Html]:
    """Each thing that went wrong, and where."""
    rows = [
        (
            len(trials),
            ", ".join(dict.fromkeys(map(told.family, trials))),
            ", ".join(str(trial.number) for trial in trials[:20])
            + ("…" if len(trials) > 20 else ""),
            page.text(error),
        )
        for error, trials in told.failures(report)
    ]
    return [page.table(["Times", "Family", "Trials", "What went wrong"], rows)] if rows else []
