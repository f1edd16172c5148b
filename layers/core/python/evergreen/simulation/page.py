"""A simulation as a page: what each policy earned and cost, then what was decided and why."""

import math
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from evergreen import chart, page
from evergreen.figures import metric_text
from evergreen.simulation.result import Attempt, Outcome, Simulation, decisive
from evergreen.simulation.scores import ROWS_AT_LEAST

HEADINGS = (
    "policy", "mean", "surely", "worst window", "retrained", "promoted", "refused", "rolled back",
    "dollars",
)  # fmt: skip
DECISIONS = ("when", "decided", "why")

_MONTHS_FROM = 150
"""Days from which on the axis of time has another month at each mark."""


def simulation_page(found: Simulation) -> bytes:
    """Self-contained HTML."""
    shown = decisive(found.outcomes)
    return page.page(
        f"{found.model}: policies replayed",
        f"{found.rows_served:,} rows from {found.since[:10]} to {found.until[:10]}, looked at every"
        f" {found.every}, outcomes after {found.delay}; the first version learned from"
        f" {found.rows_before:,} rows before ({found.first}).",
        chart.style(),
        page.lead(sentence(found)),
        page.stacked(HEADINGS, lines(found)),
        page.section("The score, step by step", *_chart(found)),
        page.section(
            "What the policies are", page.stacked(("policy", "what it does"), _told(found))
        ),
        *(
            page.section(f"Retrainings under {o.policy}", _attempts(o))
            for o in found.outcomes
            if o.attempts
        ),
        *(
            [page.section(f"Decisions under {shown.policy}", page.stacked(DECISIONS, told))]
            if (told := list(decisions(shown)))
            else []
        ),
        page.section("How it was done", page.paragraph(HOW)),
    )


HOW = (
    "Every stage ran as deployed: a version answered the rows of each step, captures and feedback"
    " were written, the check read them back, and a run that was started learned from them and"
    " passed its gates. Time was simulated: a run takes none, and a version that passes its gates"
    " serves at once, without the steps of its trial. Rows without an outcome are left out, and"
    " features of views and of the past are those known at each row's time. Dollars are this"
    " machine's processor seconds at the price of a function. What a policy surely is, it is beside"
    " the one whose decisions are shown: the middle 90 % of the difference of their means, where"
    " stretches of each step's time are drawn anew for both alike."
)


UNMEASURED = (
    f"No step holds {ROWS_AT_LEAST} rows on which the metric can be measured: look less often with"
    " --every, or check that both classes turned out in the period."
)


def sentence(found: Simulation) -> str:
    """What the table says, in a line."""
    shown = decisive(found.outcomes)
    if math.isnan(shown.mean):
        return UNMEASURED + _refused(shown)
    times = f"{shown.started} retraining{'' if shown.started == 1 else 's'}"
    text = metric_text(found.metric, shown.mean)
    others = "; ".join(
        f"{each.policy} {metric_text(found.metric, each.mean)} with {each.started}"
        for each in found.outcomes
        if each is not shown
    )
    told = f"{shown.policy}: {found.metric} {text} with {times}, {shown.promoted} promoted"
    return (f"{told} ({others})." if others else f"{told}.") + _refused(shown)


def _refused(shown: Outcome) -> str:
    """That rows were not answered, which no score tells of."""
    refused = sum(window.refused_rows for window in shown.windows)
    if not refused:
        return ""
    every = refused + sum(window.rows for window in shown.windows)
    return (
        f" {refused:,} of {every:,} rows would have been refused (HTTP 422): they lack a value that"
        " was always there in training."
    )


def lines(found: Simulation) -> Iterator[tuple[str, ...]]:
    """A row of :data:`HEADINGS` for each policy."""
    for each in found.outcomes:
        worst = metric_text(found.metric, each.worst)
        yield (
            each.policy,
            "none" if math.isnan(each.mean) else metric_text(found.metric, each.mean),
            _surely(found, each),
            f"{worst} ({each.worst_since[:10]})" if each.worst_since else "",
            str(each.started),
            str(each.promoted),
            str(each.refused + each.failed),
            str(each.rolled_back),
            f"{each.dollars:.4f}",
        )


def _surely(found: Simulation, of: Outcome) -> str:
    """``worse (-0.031 to -0.012)`` than the policy that is shown, ``better`` or ``even``."""
    if of.beside is None:
        return ""
    low, high = of.beside
    texts = " to ".join(metric_text(found.metric, each) for each in of.beside)
    apart = low > 0 or high < 0
    word = ("better" if (low > 0) != found.less_is_better else "worse") if apart else "even"
    return f"{word} ({texts})"


def decisions(shown: Outcome) -> Iterator[tuple[str, str, str]]:
    """A row of :data:`DECISIONS` for each that was not the one before again."""
    last = ""
    for each in shown.decisions:
        if each.action == "retrain" or each.reason != last:
            yield each.at[:16].replace("T", " ").removesuffix(" 00:00"), each.action, each.reason
        last = each.reason


def _told(found: Simulation) -> Iterator[tuple[str, str]]:
    return ((each.policy, each.told) for each in found.outcomes)


def _attempts(of: Outcome) -> page.Html:
    def line(each: Attempt) -> tuple[str, ...]:
        ended = f"{each.status}: {each.ending}"
        return each.at[:10], each.reason, ended, f"{each.dollars:.4f}"

    return page.stacked(("when", "why", "how it ended", "dollars"), map(line, of.attempts))


def _chart(found: Simulation) -> tuple[page.Html, page.Html]:
    told = [
        (number, _day(w.until), w.value)
        for number, each in enumerate(found.outcomes)
        for w in each.windows
        if w.value is not None
    ]
    y = chart.padded(chart.axis(value for _, _, value in told))
    x = _days([day for _, day, _ in told])
    drawn: list[str] = []
    for number in range(len(found.outcomes)):
        places = [(x.share(day), y.share(value)) for n, day, value in told if n == number]
        shape, kind = chart.family_mark(number)
        drawn += [
            chart.line(*before, *after, f"range {kind}") for before, after in pairwise(places)
        ]
        drawn += [chart.mark(*place, shape, kind) for place in places]
    legend = ((*chart.family_mark(n), each.policy) for n, each in enumerate(found.outcomes))
    return chart.keys(legend), chart.chart(x, y, drawn, across="end of the step", up=found.metric)


def _days(days: list[float]) -> chart.Axis:
    first, last = min(days, default=0.0), max(days, default=1.0)
    ticks = [first + (last - first) * part / 4 for part in range(5)]
    form = "%Y-%m" if last - first > _MONTHS_FROM else "%m-%d"
    named = ((at, datetime.fromordinal(round(at)).strftime(form)) for at in ticks if at >= 1)
    return chart.padded(chart.Axis(first, last, tuple(named)), 0.02)


def _day(moment: str) -> float:
    at = datetime.fromisoformat(moment)
    return at.toordinal() + at.hour / 24
