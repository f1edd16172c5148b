"""Self-contained HTML pages for people: no script, no font, no picture from the network."""

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2b22;--soft:#5b6b61;--line:#d9e2dc;--bar:#2f7d4f;
--bad:#b3402a;--mark:#a8720f;--ground:#fbfdfb}
@media(prefers-color-scheme:dark){:root{--ink:#e6efe9;--soft:#9fb1a6;--line:#2e3b33;
--bar:#58b07c;--bad:#e0765f;--mark:#d8a444;--ground:#121915}}
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
.fill.mark{background:var(--mark)}.bars .track:has(.mark){height:.3rem}
a{color:inherit;text-decoration-color:var(--bar);text-underline-offset:.15em}
h1,h2,h3,summary,td:first-child{overflow-wrap:anywhere}td:first-child{min-width:8rem}td.text{min-width:16rem}
.contents{columns:13rem;padding:0;margin:1rem 0;list-style:none;font-size:.95rem}
.items{list-style:none;padding:0;margin:.5rem 0}.items li{padding:.5rem 0;
border-bottom:1px solid var(--line)}.items li,p{overflow-wrap:anywhere}
.badge{display:inline-block;font-size:.75rem;font-weight:600;padding:.05rem .5rem;
margin-right:.5rem;white-space:nowrap;
border-radius:1rem;border:1px solid currentColor;color:var(--soft)}
.badge.good{color:var(--bar)}.badge.bad{color:var(--bad)}.badge.warn{color:var(--mark)}
.stack td.words>div{overflow-wrap:anywhere;min-width:7rem}.stack td:first-child{min-width:9rem}
.stack th,.stack td{padding-right:.7rem}
.told{display:grid;grid-template-columns:minmax(6rem,11rem) 1fr;gap:.4rem 1rem;margin:0}
.told dt{font-weight:600;overflow-wrap:anywhere}.told dd{margin:0;max-width:40rem}
.tiles{display:flex;flex-wrap:wrap;gap:.6rem;padding:0;margin:1rem 0;list-style:none}
.tiles a{display:block;padding:.4rem .9rem;border:1px solid var(--line);border-radius:.5rem;
text-decoration:none}.tiles b{display:block;font-size:1.4rem;line-height:1.2}
@media(max-width:44rem){.stack tr:first-child{display:none}.stack tr{display:grid;
grid-template-columns:minmax(5.5rem,max-content) 1fr;gap:.1rem .8rem;padding:.6rem 0;
border-bottom:1px solid var(--line)}.stack td{display:contents}
.stack td::before{content:attr(title);color:var(--soft);font-size:.85rem}
.stack td>div{min-width:0}
.stack td:first-child::before{display:none}.stack td:first-child>div{grid-column:1/-1;
font-weight:600}.stack td.none{display:none}.told{grid-template-columns:1fr}
.told dd{margin-bottom:.4rem}}
details{border-bottom:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer}
details>:not(summary){margin-top:.5rem}
"""
_FIGURE_CHARACTERS = 16
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Html(str):
    """Text that is markup already; everything else is escaped."""

    __slots__ = ()


def page(title: str, intro: str, *parts: Html) -> bytes:
    """A whole page in UTF-8: a heading, one paragraph, then the parts."""
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    )
    body = f'<h1>{escape(title)}</h1><p class="soft">{escape(intro)}</p>{"".join(parts)}'
    return f"{head}<body>{body}</body></html>".encode()


def section(heading: str, *parts: Html) -> Html:
    """A heading and what stands below it; :func:`contents` links to it."""
    named = f'<h2 id="{_anchor(heading)}">{escape(heading)}</h2>'
    return Html(f"<section>{named}{''.join(parts)}</section>")


def contents(headings: Iterable[str]) -> Html:
    """Links to the sections of these headings."""
    links = (f'<li><a href="#{_anchor(h)}">{escape(h)}</a></li>' for h in headings)
    return Html(f'<nav><ul class="contents">{"".join(links)}</ul></nav>')


def items(rows: Iterable[tuple[str, str, str, str]]) -> Html:
    """A list of (kind, word, title, sentence); the kind, ``good``, ``warn``, ``bad`` or empty,
    colours the word."""
    body = "".join(
        f'<li><span class="badge {kind}">{escape(word)}</span>'
        f"{f'<b>{escape(title)}</b> ' if title else ''}{escape(sentence)}</li>"
        for kind, word, title, sentence in rows
    )
    return Html(f'<ul class="items">{body}</ul>')


def fold(heading: str, *parts: Html, shown: bool = False) -> Html:
    """Parts below a heading that opens and closes them."""
    return Html(
        f"<details{' open' if shown else ''}><summary>{escape(heading)}</summary>"
        f"{''.join(parts)}</details>"
    )


def link(heading: str, anchor: str) -> Html:
    """A link to the card of this name on the same page."""
    return Html(f'<a href="#{_anchor(anchor)}">{escape(heading)}</a>')


def text(sentence: str) -> Html:
    """A table's cell of running text, which needs room."""
    return Html(f'<td class="text">{escape(sentence)}</td>')


def _anchor(name: str) -> str:
    return escape(quote(name, safe=""))


def escaped(text: str) -> Html:
    """Text as markup that shows it."""
    return Html(escape(text))


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


def stacked(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Html:
    """A table whose rows stand one below the other, cell by cell with its heading, on a narrow
    screen. An empty cell is left out there."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(_stacked_cell(*cell) for cell in zip(headings, row, strict=True)) + "</tr>"
        for row in rows
    )
    return Html(f'<table class="stack"><tr>{head}</tr>{body}</table>')


def _stacked_cell(heading: str, value: object) -> str:
    body = value if isinstance(value, Html) else escape(str(value))
    kind = "none" if not body else "words" if _is_text(value) else ""
    named = f' class="{kind}"' if kind else ""
    return f'<td title="{escape(heading)}"{named}><div>{body}</div></td>'


def _is_text(value: object) -> bool:
    """Whether it may break anywhere: no figure would be read right in two parts."""
    return not isinstance(value, Html) and len(str(value)) > _FIGURE_CHARACTERS


def badge(kind: str, word: str) -> Html:
    """A word in a frame, coloured by its kind: ``good``, ``warn``, ``bad`` or empty."""
    return Html(f'<span class="badge {kind}">{escape(word)}</span>')


def told(entries: Iterable[tuple[str, str]]) -> Html:
    """A list of what words mean."""
    body = "".join(f"<dt>{escape(name)}</dt><dd>{escape(says)}</dd>" for name, says in entries)
    return Html(f'<dl class="told">{body}</dl>')


def tiles(entries: Iterable[tuple[str, str, str]]) -> Html:
    """Figures side by side, each (figure, words, heading of the section that it leads to)."""
    body = "".join(
        f'<li><a href="#{_anchor(to)}"><b>{escape(figure)}</b>{escape(words)}</a></li>'
        for figure, words, to in entries
    )
    return Html(f'<ul class="tiles">{body}</ul>')


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
    named = f'<h3 id="{_anchor(f"card {heading}")}">{escape(heading)}</h3>'
    head = f'{named}<p class="soft">{escape(note)}</p>'
    return Html(f"<div>{head}{''.join(parts)}</div>")


def bars(rows: Sequence[tuple[str, Sequence[float], str]]) -> Html:
    """A bar chart of (label, shares, note) rows, the longest bar as wide as there is room.

    With two shares a row, the first is what it was before and the second what it is now.
    """
    longest = max((share for _, shares, _ in rows for share in shares), default=0.0) or 1.0
    return _chart((label, _bars(shares, longest), note) for label, shares, note in rows)


def histogram(rows: Sequence[tuple[str, float, float | None, str]]) -> Html:
    """A bar chart of (label, rows, level, note): below the bar of the rows a thin one of a level,
    the longest of either as wide as there is room. A level may be None, or below zero."""
    most = max((count for _, count, _, _ in rows), default=0.0) or 1.0
    top = max((abs(level) for _, _, level, _ in rows if level is not None), default=0.0) or 1.0
    return _chart(
        (label, _track("fill", count / most) + _level(level, top), note)
        for label, count, level, note in rows
    )


def _level(level: float | None, top: float) -> str:
    return "" if level is None else _track("fill mark", abs(level) / top)


def _chart(rows: Iterable[tuple[str, str, str]]) -> Html:
    body = "".join(
        f"<span>{escape(label)}</span><div>{tracks}</div><span>{escape(note)}</span>"
        for label, tracks, note in rows
    )
    return Html(f'<div class="bars">{body}</div>')


def _bars(shares: Sequence[float], longest: float) -> str:
    kinds = ("fill before", "fill") if len(shares) > 1 else ("fill",)
    return "".join(_track(kind, share / longest) for kind, share in zip(kinds, shares, strict=True))


def _track(kind: str, share: float) -> str:
    width = f"{100 * share:.1f}".removesuffix(".0")
    return f'<div class="track"><div class="{kind}" style="width:{width}%"></div></div>'


def lead(text: str) -> Html:
    """The sentence that a reader came for."""
    return Html(f'<p class="lead">{escape(text)}</p>')


def _cell(value: object) -> str:
    if isinstance(value, Html) and value.startswith("<td"):
        return value
    if isinstance(value, float):
        value = f"{value:,.4g}"
    return f"<td>{value if isinstance(value, Html) else escape(str(value))}</td>"
