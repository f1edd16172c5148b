"""Sections of a run's page that tell of the candidate."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from evergreen import chart, page
from evergreen.chart import Axis
from evergreen.contracts.candidate import CalibrationReport
from evergreen.contracts.model_file import LESS_IS_BETTER
from evergreen.contracts.run_report import (
    Confusion,
    CurvePoint,
    PartError,
    Reliability,
    Residuals,
    RunReport,
)
from evergreen.distribution import readable
from evergreen.estimators.space import describe
from evergreen.figures import metric_text
from evergreen.run_report import told
from evergreen.training_window import reasoned

_COLUMNS = 20


def gates(report: RunReport) -> list[page.Html]:
    """Every gate, and the baselines on the same rows."""
    verdict = report.verdict
    if verdict is None:
        return []
    found = [
        (
            "good" if gate.passed else "bad",
            "passed" if gate.passed else "not passed",
            "",
            gate.sentence,
        )
        for gate in verdict.gates
    ]
    parts = [page.items(found)]
    if verdict.baselines:
        rows = [("this candidate", told.measured(report, verdict.value), "")]
        rows += [
            (each.name, told.measured(report, each.value), f"{each.confidence:.1%}")
            for each in verdict.baselines
        ]
        headings = [
            "On the same hold-out rows",
            report.metric,
            "Resamples in which the candidate is better",
        ]
        parts.append(page.table(headings, rows))
    return parts


def members(report: RunReport) -> list[page.Html]:
    """The trials that the candidate answers with."""
    blend = report.blend
    if blend is None:
        return []
    rows = [
        (
            chart.ranking(each.trial),
            page.bar(each.weight),
            f"{each.weight:.1%}",
            page.text(describe(each.configuration)),
        )
        for each in blend.members
    ]
    made = page.table(["Trial", "", "Weight", "Configuration"], rows)
    return [made, *map(page.paragraph, told.blended(blend))]


def window(report: RunReport) -> list[page.Html]:
    """Which rows it learned from, beside the other windows that were tried."""
    found = report.blend.window if report.blend else None
    if found is None:
        return []
    parts = [page.paragraph(reasoned(report.metric, found))]
    if found.tried:
        headings = ["Learned from", report.metric, f"Better than {found.tried[0].window.words}"]
        parts.append(page.table(headings, told.windows(report, found)))
    return parts


def curve(report: RunReport) -> list[page.Html]:
    """The metric on the validation rows by rows to fit on."""
    found = report.diagnostics
    if found is None:
        return []
    notes = [page.paragraph(note) for note in found.notes if note.startswith("Learning curve")]
    if len(found.curve) < 2:
        return notes
    x = chart.rows_axis([point.rows for point in found.curve])
    ends = [end for point in found.curve for end in (*point.interval, point.value)]
    y = chart.padded(chart.axis(ends))
    up = f"{report.metric} on the validation rows, {told.better(report)}"
    still = "falls" if report.metric in LESS_IS_BETTER else "rises"
    return [
        chart.chart(x, y, _curve(report, found.curve, x, y), across="rows to fit on", up=up),
        page.paragraph(
            f"Fits of {found.curve_of}, its settings unchanged, on {found.curve_rule} of the train"
            " split. The whisker is the"
            " middle 90 % of resampled validation rows, which are the same for every fit: where"
            f" the line still {still}, more rows are likely to help."
        ),
        *notes,
    ]


def _curve(report: RunReport, points: Sequence[CurvePoint], x: Axis, y: Axis) -> Iterator[str]:
    places = [(x.share(point.rows), y.share(point.value)) for point in points]
    for (at, level), (to, up) in pairwise(places):
        yield chart.line(at, level, to, up, "best")
    for point, (at, level) in zip(points, places, strict=True):
        low, high = map(y.share, point.interval)
        yield chart.line(at, low, at, high, "range now")
        title = f"{point.rows:,} rows: {told.measured(report, point.value)}"
        yield chart.mark(at, level, "m0", "now", title)


def confusion(report: RunReport) -> list[page.Html]:
    """Hold-out rows by truth and answer."""
    found = report.hold_out.confusion if report.hold_out else None
    if found is None or report.verdict is None:
        return []
    how = "The likeliest class is answered."
    if report.problem == "binary":
        threshold = f"{report.verdict.threshold:.3f}"
        how = f"'{found.labels[1]}' is answered from a probability of {threshold} on."
    headings = ["True, by row", *found.labels, "Found"]
    return [
        page.paragraph(f"{report.verdict.rows:,} hold-out rows. {how}"),
        page.table(headings, _confused(found)),
    ]


def _confused(found: Confusion) -> Iterator[Sequence[object]]:
    for place, (label, counts) in enumerate(zip(found.labels, found.counts, strict=True)):
        rows = sum(counts)
        cells = (chart.shaded(f"{count:,}", count / max(rows, 1)) for count in counts)
        yield (label, *cells, chart.shaded(f"{counts[place] / rows:.1%}" if rows else "", 0))


def errors(report: RunReport) -> list[page.Html]:
    """Residuals of a number, and when they are large."""
    held = report.hold_out
    if held is None or held.residuals is None:
        return []
    parts = [_bands(held.residuals), _histogram(held.residuals)]
    if held.over_time:
        parts += [
            page.paragraph("Mean absolute error by hour or weekday (UTC), with its 90 % interval."),
            chart.whiskers([_part(each) for each in held.over_time]),
        ]
    return parts


def _part(each: PartError) -> tuple[str, float, tuple[float, float], str]:
    note = f"{metric_text('mae', each.error)} on {each.rows:,} rows"
    return each.part, each.error, each.interval, note


def _bands(found: Residuals) -> page.Html:
    middles = [sum(band.predicted) / 2 for band in found.bands]
    x = chart.padded(chart.axis(middles), 0.03)
    y = chart.padded(chart.axis([0.0, *(e for b in found.bands for e in (b.low, b.high))]))
    marks = [chart.line(0, y.share(0), 1, y.share(0), "ideal")]
    for middle, band in zip(middles, found.bands, strict=True):
        at = x.share(middle)
        marks.append(chart.line(at, y.share(band.low), at, y.share(band.high), "range now"))
        span = " to ".join(map(readable, band.predicted))
        title = f"predicted {span}, {band.rows:,} rows: median error {readable(band.median)}"
        marks.append(chart.mark(at, y.share(band.median), "m0", "now", title))
    up = "prediction minus truth, median and 5 % to 95 % of rows of like prediction"
    return chart.chart(x, y, marks, across="prediction", up=up)


def _histogram(found: Residuals) -> page.Html:
    most, edges = max(found.counts), found.edges
    x = chart.axis([edges[0], edges[-1]])
    y = chart.axis([0.0, float(most)], whole=True)
    marks = []
    for low, high, count in zip(edges, edges[1:], found.counts, strict=False):
        title = f"{readable(low)} to {readable(high)}: {count:,} rows"
        width = (x.share(high) - x.share(low)) * 0.92
        marks.append(chart.column(x.share(low), width, y.share(count), title))
    return chart.chart(x, y, marks, across="prediction minus truth", up="hold-out rows")


def calibration(report: RunReport) -> list[page.Html]:
    """Whether probabilities come true on the hold-out; before and after calibration out of fold."""
    held = report.hold_out
    if held is None or held.reliability is None:
        return []
    found = held.reliability
    of = "of the positive class" if report.problem == "binary" else "of the class that is answered"
    mended = report.blend.calibration if report.blend else None
    figures = f"expected error {found.calibration_error:.4f}, Brier score {found.brier:.4f}"
    chart_of_it = _reliability(_reliable(found), "share that came true")
    return [
        page.paragraph(
            f"Probability {of}, in bins of equally many rows. On the dashed line they come true as"
            " often as they say; the whisker is Wilson's 90 % interval."
        ),
        page.cards(
            [
                page.card("On the hold-out", figures, chart_of_it),
                *([_mended(mended)] if mended else []),
            ]
        ),
    ]


def _reliability(marks: Iterator[str], up: str) -> page.Html:
    scale = Axis(0.0, 1.0, tuple((i / 5, f"{i / 5:.1f}") for i in range(6)))
    drawn = [chart.line(0, 0, 1, 1, "ideal"), *marks]
    return chart.chart(scale, scale, drawn, across="answered probability", up=up, square=True)


def _reliable(found: Reliability) -> Iterator[str]:
    for each in found.bins:
        low, high = each.interval
        yield chart.line(each.answered, low, each.answered, high, "range now")
        yield _came_true(each.answered, each.observed, each.rows, "now")


def _mended(found: CalibrationReport) -> page.Html:
    no_better = "not taken, since it wins by no more than chance"
    taken = "which is what it answers with" if found.taken else no_better
    sides = (("before", found.reliability_before), ("now", found.reliability_after))
    marks = (
        _came_true(each.predicted, each.observed, each.rows, kind)
        for kind, bins in sides
        for each in bins
    )
    return page.card(
        "Out of fold, before and after calibration",
        f"{found.method}, {taken}",
        chart.keys([("m0", "before", "before calibration"), ("m0", "now", "after")]),
        _reliability(marks, "share that came true"),
    )


def _came_true(answered: float, observed: float, rows: int, kind: str) -> str:
    title = f"answered {answered:.3f}, came true {observed:.3f}, {rows:,} rows"
    return chart.mark(answered, observed, "m0", kind, title)


def columns(report: RunReport) -> list[page.Html]:
    """Permutation importance with its intervals."""
    found = report.diagnostics
    if found is None:
        return []
    notes = [page.paragraph(note) for note in found.notes if note.startswith("Permutation")]
    if not found.columns:
        return notes
    first, rest = found.columns[:_COLUMNS], found.columns[_COLUMNS:]
    rows = [
        (c.column, c.drop, c.interval, told.with_interval(c.drop, c.interval))
        for c in found.columns
    ]
    more = [page.fold(f"{len(rest):,} more", chart.whiskers(rows[len(first) :]))] if rest else []
    return [
        page.paragraph(
            f"How much worse {report.metric} gets on {found.rows:,} hold-out rows when a column's"
            f" values change places, {found.repeats} times (permutation importance; Breiman 2001),"
            " with the middle 90 % of resampled rows. Columns that say the same stand in for each"
            " other. It is about this candidate, not about causes."
        ),
        chart.whiskers(rows[: len(first)]),
        *more,
        *notes,
    ]
