"""What was told of a run, in the terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from evergreen.cli.show import table
from evergreen.contracts.candidate import BlendReport
from evergreen.contracts.run_report import Diagnostics, HoldOutReport, RunReport
from evergreen.estimators.space import describe
from evergreen.run_report import told
from evergreen.training_window import reasoned

_LEADERS, _COLUMNS, _SETTINGS = 10, 10, 8


def report_view(report: RunReport) -> Iterator[RenderableType]:
    """The outcome, the gates, the leaders, what matters, the budget, what failed."""
    passed = report.verdict is None or report.verdict.passed
    yield Text(told.lead(report), style="bold" if passed else "yellow")
    if report.verdict:
        yield Text(told.searched(report))
        yield from _verdict(report)
    if report.ranked:
        yield from _titled("Leaderboard", _leaders(report))
    if report.blend:
        yield from _titled("What the candidate is made of", _members(report.blend))
        yield from (Text(sentence) for sentence in told.blended(report.blend))
        yield from _window(report, report.blend)
    if report.settings:
        yield from _titled("Which settings matter", _settings(report))
    if report.hold_out:
        yield from _hold_out(report.hold_out)
    if report.diagnostics:
        yield from _diagnostics(report, report.diagnostics)
    yield from _titled("Budget", table(("", ""), told.spent(report)))
    failures = [(len(trials), error) for error, trials in told.failures(report)]
    if failures:
        yield from _titled("Tried and failed", table(("times", "what went wrong"), failures))


def _titled(title: str, shown: RenderableType) -> Iterator[RenderableType]:
    yield Text(f"\n{title}", style="bold")
    yield shown


def _verdict(report: RunReport) -> Iterator[RenderableType]:
    verdict = report.verdict
    if verdict is None:
        return
    gates = (("✓" if gate.passed else "✗", gate.sentence) for gate in verdict.gates)
    yield from _titled("Gates", table(("", ""), gates))
    if verdict.baselines:
        rows = [("this candidate", told.measured(report, verdict.value), "")]
        rows += [
            (b.name, told.measured(report, b.value), f"better in {b.confidence:.1%} of resamples")
            for b in verdict.baselines
        ]
        yield from _titled("Baselines", table(("on the hold-out", report.metric, ""), rows))


def _leaders(report: RunReport) -> RenderableType:
    trials = told.trials(report)
    rows = []
    for each in report.ranked[:_LEADERS]:
        trial = trials[each.trial]
        value = told.measured(report, each.value)
        value += "" if each.spread is None else f" ± {each.spread:.2g}"
        seconds, money = f"{trial.seconds:.3g}", told.dollars(trial.dollars)
        rows.append(
            (each.rank, value, describe(trial.configuration), told.rung(trial), seconds, money)
        )
    headings = ("", report.metric, "configuration", "looked at", "seconds", "cost")
    return table(headings, rows)


def _members(blend: BlendReport) -> RenderableType:
    rows = ((m.trial, f"{m.weight:.1%}", describe(m.configuration)) for m in blend.members)
    return table(("trial", "weight", "configuration"), rows)


def _window(report: RunReport, blend: BlendReport) -> Iterator[RenderableType]:
    found = blend.window
    if found is None:
        return
    yield from _titled("Which rows it learned from", Text(reasoned(report.metric, found)))
    if found.tried:
        headings = ("learned from", report.metric, f"better than {found.tried[0].window.words}")
        yield table(headings, told.windows(report, found))


def _settings(report: RunReport) -> RenderableType:
    rows = (
        (f"{each.share:.0%}", each.family or "choice of the family", each.setting)
        for each in report.settings[:_SETTINGS]
    )
    return table(("of the variance", "family", "setting"), rows)


def _hold_out(found: HoldOutReport) -> Iterator[RenderableType]:
    confusion, reliability = found.confusion, found.reliability
    if confusion:
        counted = zip(confusion.labels, confusion.counts, strict=True)
        rows = ((label, *map(str, counts)) for label, counts in counted)
        yield from _titled("Confusion", table(("true, by row", *confusion.labels), rows))
    if reliability:
        error, score = reliability.calibration_error, reliability.brier
        sentence = f"Expected calibration error {error:.4f}, Brier score {score:.4f}."
        yield from _titled("Calibration", Text(sentence))
    if found.residuals:
        bands = (
            (
                " to ".join(f"{end:,.5g}" for end in band.predicted),
                band.rows,
                *(f"{end:,.4g}" for end in (band.low, band.median, band.high)),
            )
            for band in found.residuals.bands
        )
        headings = ("predicted", "rows", "5 %", "median", "95 %")
        yield from _titled("Prediction minus truth", table(headings, bands))


def _diagnostics(report: RunReport, found: Diagnostics) -> Iterator[RenderableType]:
    if found.curve:
        points = ((f"{point.rows:,}", told.measured(report, point.value)) for point in found.curve)
        yield from _titled("Learning curve", table(("rows", report.metric), points))
    if found.columns:
        rows = (
            (each.column, told.with_interval(each.drop, each.interval))
            for each in found.columns[:_COLUMNS]
        )
        headings = ("column", f"{report.metric} lost without it")
        yield from _titled("What the candidate owes to each column", table(headings, rows))
    yield from (Text(note) for note in found.notes)
