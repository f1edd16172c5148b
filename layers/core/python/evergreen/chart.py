"""Charts as inline SVG without a script. Places are percentages, so a chart is as wide as the
screen while its text and marks keep their size."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct

from evergreen.distribution import readable
from evergreen.page import Html

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6fc9", "#8c8c3a")
"""Told apart by most people who see colours otherwise (Okabe and Ito 2008), and two more."""
_MARKS = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "M-3.6-3.6h7.2v7.2h-7.2z",
    "M0-5L5 0 0 5-5 0z",
    "M0-4.6L4.6 3.6h-9.2z",
    "M0 4.6L4.6-3.6h-9.2z",
)
_LONG = 1e7
_DOT = "M-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0z"
_CROSS = "M-3.5-3.5L3.5 3.5M-3.5 3.5L3.5-3.5"
_STYLE = """
.chart{position:relative;height:15rem;margin:.6rem .8rem 3rem 4rem}
.chart>svg{width:100%;height:100%;overflow:visible;display:block}
.chart.square{max-width:22rem;height:18rem}
.chart text{font-size:.75rem;fill:var(--soft);font-variant-numeric:tabular-nums}
.chart line{stroke:var(--line)}.chart line.best{stroke:var(--ink);stroke-width:2}
.chart line.range{stroke:currentColor;stroke-width:2}.chart line.ideal{stroke:var(--soft);
stroke-dasharray:4 4}
.chart rect{fill:var(--bar)}use{fill:currentColor;stroke:currentColor}
use.low{fill-opacity:.15}use.low,use.out{stroke-width:1}use.out{fill:none}
.failed{color:var(--bad)}.now{color:var(--bar)}.before{color:var(--mark)}
.keys{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem;margin:.6rem 0}
.keys svg{width:12px;height:12px;margin-right:.4rem;overflow:visible}
.caption{font-size:.85rem;color:var(--soft);margin:.8rem 0 0}
.bars svg{width:100%;height:.9rem;display:block}.bars svg rect{fill:var(--bar)}
.bars svg line{stroke:var(--ink);stroke-width:1.5}.bars svg line.zero{stroke:var(--line)}
.chart.strip{margin-bottom:.8rem}.chart.strip.last{margin-bottom:3rem}
.chart text.halo{paint-order:stroke;stroke:var(--ground);stroke-width:4px;fill:var(--ink)}
.chart polyline{fill:none;stroke:currentColor;stroke-width:2;vector-effect:non-scaling-stroke}
.chart polygon{fill:currentColor;opacity:.18}.chart .dashed polyline{stroke-dasharray:5 4}
.chart line.level{stroke:var(--ink);stroke-dasharray:7 3}
.chart line.gate{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:2 3}
.chart line.taken{stroke:var(--soft);stroke-width:1.5}
.real{color:#0072b2}.guess{color:#b85000}.chart rect.part{fill:#0072b2}
.chart rect.much{fill:var(--bad)}.chart rect.all{fill:var(--soft);opacity:.55}
@media(prefers-color-scheme:dark){.real{color:#56b4e9}.guess{color:#f0a050}
.chart rect.part{fill:#56b4e9}}
td.cell{min-width:2.5rem;padding:.3rem .5rem}
td.rank:first-child{min-width:0;white-space:nowrap;color:var(--soft)}
"""


class Axis(Struct, frozen=True):
    """A range, its ticks and their labels; ``log`` where ratios are what counts."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, 0 to 1; one beyond the range lies on its end."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        if high <= low:
            return 0.5
        return min(max((self._scaled(value) - low) / (high - low), 0.0), 1.0)

    def _scaled(self, value: float) -> float:
        return math.log(max(value, 1e-300)) if self.log else value


def axis(values: Iterable[float], *, whole: bool = False, ticks: int = 5) -> Axis:
    """An axis that holds all values, its ticks on round numbers."""
    there = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(there), max(there)
    if high == low:
        low, high = low - (abs(low) or 1.0) / 20, high + (abs(high) or 1.0) / 20
    step = _round_step((high - low) / ticks)
    step = max(step, 1.0) if whole else step
    first = math.ceil(low / step - 1e-9)
    places = [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return Axis(low, high, tuple((place, _label(place, step)) for place in places))


def padded(scale: Axis, share: float = 0.06) -> Axis:
    """The axis with room at both ends."""
    room = (scale.high - scale.low) * share
    return Axis(scale.low - room, scale.high + room, scale.ticks)


def _round_step(raw: float) -> float:
    size = 10.0 ** math.floor(math.log10(raw))
    return next(factor * size for factor in (1, 2, 5, 10) if factor * size >= raw * 0.999)


def _label(value: float, step: float) -> str:
    if abs(value) >= _LONG:
        return f"{value:.{max(math.floor(math.log10(abs(value) / step) + 1e-9), 0)}e}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value:,.{min(digits, 8)}f}" if abs(value) > step / 2 else "0"


def style() -> Html:
    """What charts need once on a page: colours, and the marks."""
    colours = "".join(f".f{i}{{color:{colour}}}" for i, colour in enumerate(_COLOURS))
    marks = "".join(
        f'<path id="m{i}" d="{path}"/>' for i, path in enumerate((*_MARKS, _CROSS, _DOT))
    )
    hidden = f'<svg width="0" height="0" style="position:absolute"><defs>{marks}</defs></svg>'
    return Html(f"<style>{_STYLE}{colours}</style>{hidden}")


def family_mark(number: int) -> tuple[str, str]:
    """The mark and the colour of the family of this number."""
    return f"m{number % len(_MARKS)}", f"f{number % len(_COLOURS)}"


CROSS = f"m{len(_MARKS)}"
DOT = f"m{len(_MARKS) + 1}"
"""Small, for where there are many."""


def mark(x: float, y: float, shape: str, kind: str, title: str = "") -> str:
    """A mark at shares of the width and (from below) of the height."""
    told = f"<title>{escape(title)}</title>" if title else ""
    return f'<use href="#{shape}" x="{_p(x)}" y="{_p(1 - y)}" class="{kind}">{told}</use>'


def line(x: float, y: float, to_x: float, to_y: float, kind: str) -> str:
    """A straight line between two places."""
    ends = f'x1="{_p(x)}" y1="{_p(1 - y)}" x2="{_p(to_x)}" y2="{_p(1 - to_y)}"'
    return f'<line {ends} class="{kind}"/>'


def column(x: float, width: float, height: float, title: str, kind: str = "") -> str:
    """A bar that stands on the ground."""
    where = f'x="{_p(x)}" y="{_p(1 - height)}" width="{_p(width)}" height="{_p(height)}"'
    named = f' class="{kind}"' if kind else ""
    return f"<rect {where}{named}><title>{escape(title)}</title></rect>"


def words(x: float, y: float, text: str, *, end: bool = False, above: bool = True) -> str:
    """Text above or below a place, from there on or up to there."""
    side = ' text-anchor="end"' if end else ""
    down = "-.35em" if above else "1.05em"
    return f'<text class="halo" x="{_p(x)}" y="{_p(1 - y)}" dy="{down}"{side}>{escape(text)}</text>'


def drawn(kind: str, *shapes: str) -> str:
    """Shapes of :func:`path` and :func:`band`, which stretch with the chart."""
    body = "".join(shapes)
    return (
        '<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" width="100%" height="100%" '
        f'overflow="visible"><g class="{kind}">{body}</g></svg>'
    )


def path(points: Iterable[tuple[float, float]]) -> str:
    """A line through places."""
    return f'<polyline points="{_places(points)}"/>'


def band(points: Sequence[tuple[float, float, float]]) -> str:
    """The ground between two lines: (x, low, high)."""
    edge = [(x, high) for x, _, high in points] + [(x, low) for x, low, _ in reversed(points)]
    return f'<polygon points="{_places(edge)}"/>'


def _places(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{1000 * x:.0f},{1000 * (1 - y):.0f}" for x, y in points)


def chart(
    x: Axis,
    y: Axis,
    marks: Iterable[str],
    *,
    across: str,
    up: str,
    square: bool = False,
    rem: float | None = None,
) -> Html:
    """Axes, named, and what is drawn between them.

    With ``rem`` it is a strip so high, which stands on others of the same width; without
    ``across`` its places are named by the one below.
    """
    below = 'y="100%" dy="1.5em" text-anchor="middle"'
    grid = _grid(y)
    if across:
        grid += "".join(
            f'<text x="{_p(x.share(v))}" {below}>{escape(label)}</text>' for v, label in x.ticks
        )
        grid += f'<text x="100%" y="100%" dy="2.8em" text-anchor="end">{escape(across)}</text>'
    kind = "chart square" if square else "chart"
    if rem is not None:
        kind = f'chart strip{" last" if across else ""}" style="height:{rem:g}rem'
    named = f'role="img" aria-label="{escape(up)} by {escape(across or "time")}"'
    inside = f"<svg {named}>{grid}{''.join(marks)}</svg>"
    return Html(f'<p class="caption">{escape(up)}</p><div class="{kind}">{inside}</div>')


def _grid(y: Axis) -> str:
    return "".join(
        f'<line x1="0" x2="100%" y1="{_p(1 - y.share(v))}" y2="{_p(1 - y.share(v))}"/>'
        f'<text x="-8" y="{_p(1 - y.share(v))}" dy=".3em" text-anchor="end">{escape(label)}</text>'
        for v, label in y.ticks
    )


def keys(entries: Iterable[tuple[str, str, str]]) -> Html:
    """A legend of (shape, kind, words)."""
    body = "".join(
        f'<span><svg><use href="#{shape}" x="6" y="6" class="{kind}"/></svg>{escape(words)}</span>'
        for shape, kind, words in entries
    )
    return Html(f'<div class="keys">{body}</div>')


def whiskers(rows: Sequence[tuple[str, float, tuple[float, float], str]]) -> Html:
    """Horizontal bars of (label, value, interval, note) from zero, which may go below it."""
    ends = [0.0, *(end for _, value, interval, _ in rows for end in (value, *interval))]
    scale = Axis(min(ends), max(ends), ())
    zero = scale.share(0.0)
    body = "".join(
        f"<span>{escape(label)}</span><div>{_whisker(scale, zero, value, interval)}</div>"
        f"<span>{escape(note)}</span>"
        for label, value, interval, note in rows
    )
    return Html(f'<div class="bars">{body}</div>')


def _whisker(scale: Axis, zero: float, value: float, interval: tuple[float, float]) -> str:
    at, low, high = scale.share(value), scale.share(interval[0]), scale.share(interval[1])
    start, width = min(zero, at), abs(at - zero)
    return (
        f'<svg><rect x="{_p(start)}" y="20%" width="{_p(width)}" height="60%" opacity=".75"/>'
        f'<line class="zero" x1="{_p(zero)}" x2="{_p(zero)}" y1="0" y2="100%"/>'
        f'<line x1="{_p(low)}" x2="{_p(high)}" y1="50%" y2="50%"/></svg>'
    )


def shaded(text: str, share: float) -> Html:
    """A table's cell whose ground is the darker, the larger ``share``."""
    if not share:
        return Html(f'<td class="cell">{escape(text)}</td>')
    ground = f"color-mix(in srgb,var(--bar) {round(70 * share)}%,transparent)"
    return Html(f'<td class="cell" style="background:{ground}">{escape(text)}</td>')


def ranking(place: int) -> Html:
    """A table's first cell that holds a number and takes no room."""
    return Html(f'<td class="rank">{place}</td>')


def rows_axis(rows: Sequence[int]) -> Axis:
    """A logarithmic axis with a tick at each number of rows."""
    ticks = tuple((float(count), readable(count)) for count in rows)
    return Axis(min(rows) * 0.85, max(rows) * 1.15, ticks, log=True)


def _p(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0") + "%"
