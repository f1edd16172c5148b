"""Self-contained HTML pages for people: no script, no font, no picture from the network."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2b22;--soft:#5b6b61;--line:#d9e2dc;--bar:#2f7d4f;
--bad:#b3402a;--ground:#fbfdfb}
@media(prefers-color-scheme:dark){:root{--ink:#e6efe9;--soft:#9fb1a6;--line:#2e3b33;
--bar:#58b07c;--bad:#e0765f;--ground:#121915}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);
max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{max-width:45rem}.soft{color:var(--soft)}.bad{color:var(--bad);font-weight:600}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);
vertical-align:top;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:500;font-size:.85rem}
.track{background:var(--line);width:min(8rem,18vw);height:.6rem;border-radius:.3rem}
td .track{margin-top:.5rem}
.fill{background:var(--bar);height:100%;border-radius:.3rem}.fill.over{background:var(--bad)}
.fill.before{background:var(--soft)}
.lead{font-size:1.15rem;font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));
gap:1.5rem 2.5rem}
.cards h3{font-size:1rem;margin:0}.cards p{margin:0 0 .4rem;font-size:.85rem}
.bars{display:grid;grid-template-columns:minmax(4rem,max-content) minmax(3rem,1fr) max-content;
gap:.3rem .6rem;font-size:.85rem;align-items:center;font-variant-numeric:tabular-nums}
.bars>span:nth-child(3n+1){max-width:11rem;overflow-wrap:anywhere}
.bars>span:nth-child(3n){text-align:right;color:var(--soft)}
.bars .track{width:100%;background:none;height:.55rem}.bars .track+.track{margin-top:.1rem}
"""


class Html(str):
    """Text that is markup already; everything else is escaped."""

    __slots__ = ()


def page(title: str, intro: str, *parts: Html) -> bytes:
    """A whole page in UTF-8: a heading, one paragraph, then the parts."""
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    body = f'<h1>{escape(title)}</h1><p class="soft">{escape(intro)}</p>{"".join(parts)}'
    return f"{head}<body>{body}</body></html>".encode()


def section(heading: str, *parts: Html) -> Html:
    """A heading and what stands below it."""
    return Html(f"<section><h2>{escape(heading)}</h2>{''.join(parts)}</section>")


def paragraph(text: str) -> Html:
    """Plain text."""
    return Html(f"<p>{escape(text)}</p>")


def warning(text: str) -> Html:
    """A sentence that wants attention."""
    return Html(f'<p class="bad">{escape(text)}</p>')


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A table that scrolls sideways on a narrow screen. Cells are escaped unless :class:`Html`."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return Html(f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>')


def bar(share: float, *, over: bool = False) -> Html:
    """A horizontal bar of ``share`` (0 to 1); ``over`` colours it as a breach."""
    width = round(100 * min(max(share, 0.0), 1.0))
    kind = "fill over" if over else "fill"
    return Html(f'<div class="track"><div class="{kind}" style="width:{width}%"></div></div>')


def cards(parts: Iterable[Html]) -> Html:
    """Parts side by side, as many as the screen has room for."""
    return Html(f'<div class="cards">{"".join(parts)}</div>')


def card(heading: str, note: str, *parts: Html) -> Html:
    """One part of :func:`cards`."""
    head = f'<h3>{escape(heading)}</h3><p class="soft">{escape(note)}</p>'
    return Html(f"<div>{head}{''.join(parts)}</div>")


def bars(rows: Sequence[tuple[str, Sequence[float], str]]) -> Html:
    """A bar chart of (label, shares, note) rows, the longest bar as wide as there is room.

    With two shares a row, the first is what it was before and the second what it is now.
    """
    longest = max((share for _, shares, _ in rows for share in shares), default=0.0) or 1.0
    body = "".join(
        f"<span>{escape(label)}</span><div>{_bars(shares, longest)}</div>"
        f"<span>{escape(note)}</span>"
        for label, shares, note in rows
    )
    return Html(f'<div class="bars">{body}</div>')


def _bars(shares: Sequence[float], longest: float) -> str:
    kinds = ("fill before", "fill") if len(shares) > 1 else ("fill",)
    return "".join(
        f'<div class="track"><div class="{kind}" style="width:{100 * share / longest:.1f}%"></div>'
        "</div>"
        for kind, share in zip(kinds, shares, strict=True)
    )


def lead(text: str) -> Html:
    """The sentence that a reader came for."""
    return Html(f'<p class="lead">{escape(text)}</p>')


def _cell(value: object) -> str:
    if isinstance(value, float):
        value = f"{value:,.4g}"
    return f"<td>{value if isinstance(value, Html) else escape(str(value))}</td>"
