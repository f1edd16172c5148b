"""Performance, decisions, traffic and drift of one model, all above the same axis of time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from evergreen import chart, page
from evergreen.chart import Axis
from evergreen.contracts.drift import DriftReport, Measured, Point
from evergreen.contracts.model_file import ModelFile
from evergreen.figures import metric_text
from evergreen.monitor.page import told
from evergreen.monitor.page.scale import values_axis
from evergreen.monitor.page.time_axis import seconds, time_axis

_ACTIONS = {"watch": ("m0", ""), "hold": ("m1", "before"), "retrain": ("m3", "real")}
_ACTIONS["roll back"] = ("m4", "failed")
_BETWEEN_LABELS = 0.1
_MANY = 60
_SILENCE = 0.05
"""Share of the axis."""


_BEYOND = "Values far from the others lie on the edge; the JSON beside this page has them all."


class _Place(Struct, frozen=True):
    """A measured value, where it is drawn."""

    x: float
    y: float
    low: float
    high: float
    version: int
    start: float
    end: float
    """Of the stretch of time, so that a gap is seen."""
    number: int
    words: str


def timeline(file: ModelFile, report: DriftReport) -> list[page.Html]:
    """Strips above one axis; without a stretch of time there is none."""
    points = report.timeline
    if not points:
        return []
    made = (*report.decisions, report.decision)
    begins = min(points[0].since, *(each.at for each in made))
    ends = max(points[-1].until, *(each.at for each in made))
    x = chart.padded(time_axis(begins, ends), 0.015)
    return [
        *_performance(file, report, x),
        _decisions(report, x),
        _traffic(points, x),
        _drift(file, points, x),
    ]


def _performance(file: ModelFile, report: DriftReport, x: Axis) -> list[page.Html]:
    points, metric = report.timeline, file.metric
    found = [each for p in points for each in (p.realised, p.estimated) if each]
    if not found:
        return [
            page.paragraph("No outcome has arrived and none is estimated: drift alone is told.")
        ]
    levels = [level for _, level, _ in _levels(file, report)]
    y, beyond = values_axis(found, levels)
    real = list(_places(metric, points, [p.realised for p in points], x, y, "measured"))
    guess = list(_places(metric, points, [p.estimated for p in points], x, y, "estimated"))
    marks = [
        *_takeovers(points, x, named=True),
        *_lines(file, report, x, y),
        *_series(guess, "guess", "m2" if len(points) <= _MANY else chart.DOT),
        *_series(real, "real", "m0" if len(points) <= _MANY else chart.DOT),
        *_names(file, report, y),
    ]
    legend = [("m0", "real", "measured on outcomes")] * bool(real)
    legend += [("m2", "guess", "estimated before outcomes (dashed)")] * bool(guess)
    up = f"{metric}, {told.better(metric)}; the shaded band holds 90 %"
    return [
        chart.keys(legend),
        chart.chart(x, y, marks, across="", up=up, rem=14),
        *([page.paragraph(_BEYOND)] if beyond else []),
    ]


def _levels(file: ModelFile, report: DriftReport) -> Iterator[tuple[str, float, str]]:
    if report.performance:
        yield "level", report.performance.at_training, "at training"
    if file.gates.metric_at_least is not None:
        yield "gate", file.gates.metric_at_least, "gate"


def _lines(file: ModelFile, report: DriftReport, x: Axis, y: Axis) -> Iterator[str]:
    """What training measured, from where this version took over, and the gate."""
    mine = [point for point in report.timeline if point.version == report.version]
    begins = x.share(seconds(mine[0].since)) if mine else 0.0
    for kind, level, _ in _levels(file, report):
        at = y.share(level)
        yield chart.line(0.0 if kind == "gate" else begins, at, 1.0, at, kind)


def _names(file: ModelFile, report: DriftReport, y: Axis) -> Iterator[str]:
    """What the lines are, each at its own end, the higher one's above it."""
    higher = max((level for _, level, _ in _levels(file, report)), default=0.0)
    for kind, level, name in _levels(file, report):
        at, text = y.share(level), f"{name} {metric_text(file.metric, level)}"
        above = level >= higher and at < 0.92
        yield chart.words(
            1.0 if kind == "level" else 0.0, at, text, end=kind == "level", above=above
        )


def _places(
    metric: str,
    points: Sequence[Point],
    found: Sequence[Measured | None],
    x: Axis,
    y: Axis,
    what: str,
) -> Iterator[_Place]:
    for number, (point, each) in enumerate(zip(points, found, strict=True)):
        if each is None:
            continue
        middle = (seconds(point.since) + seconds(point.until)) / 2
        yield _Place(
            x.share(middle),
            y.share(each.value),
            y.share(each.low),
            y.share(each.high),
            point.version,
            x.share(seconds(point.since)),
            x.share(seconds(point.until)),
            number,
            f"{told.moment(point.since)}, version {point.version}: {what} "
            f"{told.measured(metric, each)} on {each.rows:,} rows",
        )


def _series(places: Sequence[_Place], kind: str, shape: str) -> Iterator[str]:
    """Bands and lines of what follows without a gap by one version, and a mark for each."""
    for stretch in _stretches(places):
        if len(stretch) > 1:
            line = chart.path((each.x, each.y) for each in stretch)
            ground = chart.band([(each.x, each.low, each.high) for each in stretch])
            dashed = " dashed" if kind == "guess" else ""
            yield chart.drawn(kind + dashed, ground, line)
        else:
            (alone,) = stretch
            whisker = chart.line(alone.x, alone.low, alone.x, alone.high, "range")
            yield f'<g class="{kind}">{whisker}</g>'
    for each in places:
        yield chart.mark(each.x, each.y, shape, kind, each.words)


def _stretches(places: Iterable[_Place]) -> list[list[_Place]]:
    found: list[list[_Place]] = []
    for each in places:
        if found and _follows(found[-1][-1], each):
            found[-1].append(each)
        else:
            found.append([each])
    return found


def _follows(one: _Place, next_one: _Place) -> bool:
    """Whether a line may join them: one version, nothing between, no long silence."""
    silence = next_one.start - one.end
    long = silence > max(_SILENCE, one.end - one.start, next_one.end - next_one.start)
    return one.version == next_one.version and one.number + 1 == next_one.number and not long


def _takeovers(points: Sequence[Point], x: Axis, *, named: bool = False) -> Iterator[str]:
    """A line where another version took over, and which."""
    labelled = -1.0
    first = [(points[0].since, points[0].version)]
    changes = [(b.since, b.version) for a, b in pairwise(points) if a.version != b.version]
    for since, version in first + changes:
        at = x.share(seconds(since))
        yield chart.line(at, 0.0, at, 1.0, "taken")
        if named and (labelled < 0 or at - labelled >= _BETWEEN_LABELS):
            yield chart.words(at, 1.0, f"\u00a0v{version}", above=False)
            labelled = at


def _decisions(report: DriftReport, x: Axis) -> page.Html:
    made = (*report.decisions, report.decision)
    actions = [action for action in _ACTIONS if any(each.action == action for each in made)]
    y = Axis(-0.5, len(actions) - 0.5, tuple((float(i), name) for i, name in enumerate(actions)))
    marks = list(_takeovers(report.timeline, x))
    for each in made:
        shape, kind = _ACTIONS[each.action]
        words = f"{told.moment(each.at)}, version {each.version}: {told.lead(each)}"
        place = x.share(seconds(each.at)), y.share(float(actions.index(each.action)))
        marks.append(chart.mark(*place, shape, kind, words))
    return chart.chart(
        x, y, marks, across="", up="Decisions of the checks", rem=1.3 * len(actions) + 0.2
    )


def _traffic(points: Sequence[Point], x: Axis) -> page.Html:
    most = max(max(point.rows for point in points), 1)
    y = Axis(0, most, ((0.0, "0"), (float(most), _short(most))))
    marks: list[str] = []
    for point in points:
        start, width = _extent(point, x)
        words = (
            f"{told.moment(point.since)}: {point.rows:,} predictions, {point.outcomes:,} outcomes"
        )
        marks.append(chart.column(start, width, y.share(float(point.rows)), words, "all"))
        marks.append(chart.column(start, width, y.share(float(point.outcomes)), words, "part"))
    up = "Predictions (grey), and those of them with their outcome (blue)"
    return chart.chart(x, y, marks, across="", up=up, rem=3.5)


def _drift(file: ModelFile, points: Sequence[Point], x: Axis) -> page.Html:
    limit = file.monitor.psi_at_least
    top = max(1.3 * limit, *(point.psi for point in points))
    # Two labels need room between them.
    marked = limit if limit > 0.35 * top else top
    y = Axis(0, top, ((0.0, "0"), (marked, f"{marked:.2g}")))
    marks = []
    for point in points:
        if not point.psi:
            continue
        start, width = _extent(point, x)
        kind = "much" if point.psi >= limit else "all"
        words = f"{told.moment(point.since)}: largest PSI {point.psi:.2f}"
        marks.append(chart.column(start, width, y.share(point.psi), words, kind))
    marks.append(chart.line(0, y.share(limit), 1, y.share(limit), "level"))
    up = f"Largest PSI of a column that moved, at each check; drift from {limit:g} on"
    return chart.chart(x, y, marks, across="time (UTC)", up=up, rem=3.5)


def _extent(point: Point, x: Axis) -> tuple[float, float]:
    start, end = x.share(seconds(point.since)), x.share(seconds(point.until))
    return start, max(0.9 * (end - start), 0.003)


def _short(count: int) -> str:
    for size, unit in ((1_000_000, "M"), (1000, "k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)
