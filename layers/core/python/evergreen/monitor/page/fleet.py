"""The page of all models: those that need a person first."""

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from evergreen import page
from evergreen.contracts.fleet import FleetReport, Health, ModelHealth
from evergreen.model_health import HEALTH, MEANING, performance, urgent
from evergreen.monitor.page import told

_AT_ONCE, _FEW = 100, 20
_CALM: tuple[Health, ...] = ("waiting", "ok")
_REPORTS = "reports/"
_HEADINGS = ("model", "version", "traffic", "outcomes", "performance", "moved", "last decision")


def fleet_page(report: FleetReport) -> bytes:
    """Self-contained HTML without a script: a section for each health, folded where it is long.

    Links to the models' pages are relative to its own place, ``reports/``.
    """
    groups = {
        health: sorted((m for m in report.models if m.health == health), key=_order(health))
        for health in HEALTH
    }
    there = {health: models for health, models in groups.items() if models}
    return page.page(
        "All models",
        f"As of {told.moment(report.at)} UTC; {report.checked:,} of {len(report.models):,}"
        f" {'was' if report.checked == 1 else 'were'} due and looked at"
        + (f" in {report.seconds:.3g} s." if report.seconds else "."),
        page.lead(_lead(report)),
        page.tiles((f"{len(m):,}", HEALTH[h][1], _heading(h)) for h, m in there.items()),
        *(_section(health, models, report.at) for health, models in there.items()),
        page.section("How to read this", page.told((HEALTH[h][1], MEANING[h]) for h in HEALTH)),
    )


def _lead(report: FleetReport) -> str:
    if not report.models:
        return "No model serves yet."
    counts = Counter(each.health for each in report.models)
    wrong = [f"{counts[h]:,} {HEALTH[h][1]}" for h in ("failing", "worse", "drifting") if counts[h]]
    if not wrong:
        return "Nothing needs a person."
    models = len(report.models)
    return f"Of {models:,} model{'' if models == 1 else 's'}: {', '.join(wrong)}."


def _heading(health: Health) -> str:
    return HEALTH[health][1].capitalize()


def _section(health: Health, models: Sequence[ModelHealth], now: str) -> page.Html:
    def rows(some: Sequence[ModelHealth]) -> page.Html:
        return page.stacked(_HEADINGS, [_row(each, now) for each in some])

    sentence = page.paragraph(MEANING[health])
    parts = _parts(models, rows, calm=health in _CALM)
    return page.section(_heading(health), sentence, *parts)


def _order(health: Health) -> Callable[[ModelHealth], Any]:
    """Calm models stand by name, so that one is found; others by what needs a person."""
    return operator.attrgetter("model") if health in _CALM else urgent


def _parts(
    models: Sequence[ModelHealth],
    rows: Callable[[Sequence[ModelHealth]], page.Html],
    *,
    calm: bool,
) -> list[page.Html]:
    """Tables of at most a hundred; those after the first, or of calm models all, are folded."""
    parts: list[page.Html] = []
    for begin in range(0, len(models), _AT_ONCE):
        some = models[begin : begin + _AT_ONCE]
        if len(models) <= _AT_ONCE and (not calm or len(models) <= _FEW):
            return [rows(some)]
        named = f"{begin + 1:,} to {begin + len(some):,} of {len(models):,}"
        named += f": {some[0].model} … {some[-1].model}" if calm else ""
        parts.append(page.fold(named, rows(some), shown=not calm and not begin))
    return parts


def _row(each: ModelHealth, now: str) -> list[object]:
    kind, word = HEALTH[each.health]
    return [
        page.Html(f"{_linked(each)} {page.badge(kind, word)}"),
        f"v{each.version}, {told.ago(each.since, now)} old" if each.version else "",
        f"{each.per_day:,.0f} a day, {each.rows:,} in the window" if each.rows else "",
        f"{each.outcomes:,}" if each.outcomes else "",
        performance(each.performance),
        _moved(each),
        _decided(each, now),
    ]


def _linked(each: ModelHealth) -> page.Html:
    where = each.decision.report if each.decision else ""
    name = page.escaped(each.model)
    if not where.startswith(_REPORTS):
        return name
    path = PurePosixPath(where).with_suffix(".html").relative_to(_REPORTS)
    return page.Html(f'<a href="{quote(str(path))}">{name}</a>')


def _moved(each: ModelHealth) -> str:
    more = each.drifted_columns - len(each.drifted)
    return ", ".join(each.drifted) + (f" and {more} more" if more > 0 else "")


def _decided(each: ModelHealth, now: str) -> str:
    made = each.decision
    if made is None:
        return each.error
    said = f"{told.LEAD[made.action]}, {told.ago(made.at, now)} ago: {made.reason}"
    return f"{each.error} {said}".strip()
