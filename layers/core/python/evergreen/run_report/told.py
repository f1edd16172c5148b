"""A run in words, the same on the page and in the terminal."""

from collections import defaultdict
from collections.abc import Iterator

from evergreen import metrics
from evergreen.contracts.candidate import BlendReport, WindowReport
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.contracts.run_report import Interval, RunReport
from evergreen.contracts.stages import TrialResult
from evergreen.distribution import readable
from evergreen.estimators.space import FAMILY, describe
from evergreen.figures import metric_text


def lead(report: RunReport) -> str:
    """The sentence that a reader came for."""
    verdict = report.verdict
    if verdict is None:
        return searched(report)
    if not verdict.passed:
        return f"Refused: {verdict.reason}"
    low, high = (measured(report, end) for end in verdict.interval)
    value = measured(report, verdict.value)
    found = f"{report.metric} {value} ({low} to {high})"
    return f"{found} on {verdict.rows:,} hold-out rows, gates passed."


def searched(report: RunReport) -> str:
    """How far the search is, and what is best."""
    search = report.search
    state = "were tried" if search.done else "tried so far"
    counted = f"{search.configurations:,} configurations {state}"
    if not report.ranked:
        return f"{counted}, none of them with success."
    best = report.ranked[0]
    trial = trials(report)[best.trial]
    found = f"{report.metric} {measured(report, best.value)}"
    return f"{counted}; best in cross-validation: {found} ({describe(trial.configuration)})."


def ended(report: RunReport) -> str:
    """Why the search ended."""
    if not report.search.done:
        return "It goes on, or was stopped."
    why = report.search.why or "all its trials were spent"
    return f"{why[0].upper()}{why[1:]}."


def blended(blend: BlendReport) -> Iterator[str]:
    """Why it is one trial or several, whether it was calibrated, and where its threshold is."""
    together, mended, at = blend.ensemble, blend.calibration, blend.threshold
    if together:
        single, value = (
            metric_text(blend.metric, each, 4) for each in (together.single, together.together)
        )
        taken = "answers" if together.taken else "would answer"
        yield (
            f"Out of fold an ensemble {taken} with {blend.metric} {value}, the best trial alone"
            f" with {single}; it is better in {together.confidence:.0%} of resamples."
        )
    if blend.dropped:
        trials = ", ".join(map(str, blend.dropped))
        yield f"Without trial {trials}: the graph would have been larger than the gate allows."
    if mended:
        taken = "is mended" if mended.taken else "is left as it is"
        yield (
            f"Calibration {taken} ({mended.method}): out of fold the log loss is"
            f" {mended.log_loss_before:.4f} before and {mended.log_loss_after:.4f} after, lower in"
            f" {mended.confidence:.0%} of resamples."
        )
    if at:
        cost = "" if at.cost is None else f", with a mean cost of {readable(at.cost)} a row"
        yield f"The threshold is {at.threshold:.3f} ({at.rule}{cost})."


def windows(report: RunReport, found: WindowReport) -> list[tuple[str, str, str]]:
    """What was tried to learn from: its metric, and how often it was better than the first."""
    first = found.tried[0]
    return [
        (
            each.window.words,
            measured(report, each.value),
            "" if each is first else f"{each.confidence:.1%} of resamples",
        )
        for each in found.tried
    ]


def better(report: RunReport) -> str:
    """Which direction is good."""
    return "less is better" if report.metric in LESS_IS_BETTER else "more is better"


def measured(report: RunReport, value: float) -> str:
    """A value of the run's metric."""
    return metric_text(report.metric, value, 4)


def with_interval(value: float, interval: Interval) -> str:
    """A number and its interval, three digits of each."""
    shown, low, high = (readable(float(f"{each:.3g}")) for each in (value, *interval))
    return f"{shown} ({low} to {high})"


def value_of(report: RunReport, trial: TrialResult) -> float:
    """The metric of a finished trial."""
    return metrics.from_loss(report.metric, trial.loss or 0.0)


def trials(report: RunReport) -> dict[int, TrialResult]:
    """The trials by number."""
    return {trial.number: trial for trial in report.trials}


def family(trial: TrialResult) -> str:
    """The family that a trial tried."""
    return str(trial.configuration[FAMILY])


def rung(trial: TrialResult) -> str:
    """How much a trial looked at."""
    if trial.fidelity.full:
        return "all"
    seen = f"{trial.rows:,} rows, " if trial.rows else ""
    folds = trial.fidelity.folds
    return f"{seen}{folds} fold{'' if folds == 1 else 's'}"


def dollars(amount: float) -> str:
    """Money, however little; nothing where the work was on somebody's own machine."""
    if amount <= 0:
        return "$0"
    if amount >= 1:
        return f"${amount:,.2f}"
    text = f"{amount:.2g}"
    return f"${float(text):.10f}".rstrip("0")


def seconds(amount: float) -> str:
    """Seconds below two minutes, else minutes or hours."""
    if amount < 120:
        return f"{amount:.3g} s"
    return f"{amount / 60:.1f} min" if amount < 7200 else f"{amount / 3600:.1f} h"


def failures(report: RunReport) -> Iterator[tuple[str, list[TrialResult]]]:
    """What went wrong, each sentence with its trials, the commonest first."""
    found = defaultdict(list)
    for trial in report.trials:
        if trial.loss is None:
            found[trial.error].append(trial)
    yield from sorted(found.items(), key=lambda each: -len(each[1]))


def spent(report: RunReport) -> list[tuple[str, str]]:
    """The budget, line by line."""
    search = report.search
    return [
        ("Configurations tried", f"{search.configurations:,}"),
        ("Taken up to more rows or folds", f"{search.promotions:,}"),
        ("Failed", f"{search.failed:,}"),
        ("Rounds", f"{search.rounds:,}"),
        ("Why the search ended", ended(report)),
        (
            "From start to now" if report.verdict is None else "From start to verdict",
            seconds(search.seconds),
        ),
        ("Time of all trials together", seconds(search.trial_seconds)),
        (f"Trials and {search.transitions:,} state transitions", dollars(search.dollars)),
        ("Other stages (estimated)", dollars(search.other_dollars)),
        ("Together", dollars(search.dollars + search.other_dollars)),
    ]
