"""Columns of a check: a table of what each moved by, and the distributions of those that did."""

from collections.abc import Iterator, Sequence

from evergreen import page
from evergreen.contracts.drift import ColumnDrift, DriftReport, Level
from evergreen.contracts.model_file import ModelFile
from evergreen.monitor.page import told

_BINS_AT_MOST = 14
_CARDS_AT_MOST = 12
_FOLDED_AT_ONCE = 100
_RANK: dict[Level, int] = {"large": 0, "small": 1, "none": 2}
_HEADINGS = (
    "column",
    "level",
    "PSI",
    "JS",
    "KS",
    "shift",
    "missing",
    "unseen",
    "q-value",
    "season",
)


def columns(file: ModelFile, report: DriftReport) -> list[page.Html]:
    """The columns that moved, and the others folded away."""
    if not report.columns:
        return []
    ordered = _ordered(report.columns)
    moved = [each for each in ordered if each.level != "none"]
    still = ordered[len(moved) :]
    parts = [page.paragraph(_sentence(file, ordered))]
    if moved:
        parts.append(_table(file, moved))
    for begin in range(0, len(still), _FOLDED_AT_ONCE):
        some = still[begin : begin + _FOLDED_AT_ONCE]
        parts.append(page.fold(_named(some, len(still), begin), _table(file, some)))
    return parts


def _ordered(found: Sequence[ColumnDrift]) -> list[ColumnDrift]:
    return sorted(found, key=lambda each: (_RANK[each.level], -each.psi, each.column))


def _sentence(file: ModelFile, ordered: Sequence[ColumnDrift]) -> str:
    much = sum(each.level == "large" for each in ordered)
    little = sum(each.level == "small" for each in ordered)
    rate = f"{100 * file.monitor.false_discovery_rate:g} %"
    return (
        f"Of {_counted(len(ordered), 'column')}, {much} moved much, {little} little. Of those, at"
        f" most {rate} are expected to be chance."
    )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _named(some: Sequence[ColumnDrift], still: int, begin: int) -> str:
    if still <= _FOLDED_AT_ONCE:
        return f"{_counted(still, 'column')} that did not move"
    return f"Columns that did not move, {begin + 1} to {begin + len(some)} of {still:,}"


def _table(file: ModelFile, found: Sequence[ColumnDrift]) -> page.Html:
    limit = file.monitor.psi_at_least
    widest = max(2 * limit, *(each.psi for each in found))
    return page.stacked(_HEADINGS, (list(_row(each, widest)) for each in found))


def _row(each: ColumnDrift, widest: float) -> Iterator[object]:
    yield each.column
    yield told.level(each.level)
    yield page.Html(f"{each.psi:.3f}{page.bar(each.psi / widest, over=each.drifted)}")
    yield f"{each.js:.3f}"
    yield "" if each.ks is None else f"{each.ks:.3f}"
    yield "" if each.shift is None else f"{each.shift:+.2f}\u00a0sd"
    yield _change(each.missing_before, each.missing)
    yield _change(each.unseen_before, each.unseen)
    yield told.chance(each.q_value)
    yield ", ".join(each.seasonal)


def _change(before: float, now: float) -> str:
    if before == now:
        return told.percent(now) if now else ""
    return f"{100 * before:.1f}\u00a0→\u00a0{100 * now:.1f}\u00a0%"


def distributions(report: DriftReport) -> list[page.Html]:
    """Both distributions of each column that moved, most first."""
    moved = [each for each in _ordered(report.columns) if each.level != "none" and each.before]
    if not moved:
        return []
    cards = [card(each) for each in moved]
    shown, rest = cards[:_CARDS_AT_MOST], cards[_CARDS_AT_MOST:]
    parts = [page.paragraph(_LEGEND), page.cards(shown)]
    if rest:
        parts.append(
            page.fold(f"{_counted(len(rest), 'more column')} that moved", page.cards(rest))
        )
    return parts


_LEGEND = (
    "Upper bar, grey: what the version was trained on. Lower bar, green: what it was asked in the"
    " window. Figures: share of the rows before → now."
)


def answers(report: DriftReport) -> list[page.Html]:
    """What was answered and what turned out, beside the hold-out's."""
    found = [
        (name, each)
        for name, each in (("Answers", report.answers), ("Outcomes", report.outcome_drift))
        if each
    ]
    if not found:
        return []
    parts = [
        page.paragraph(
            "Upper bar, grey: on the hold-out at training. Lower bar, green: in the window."
        ),
        page.cards(card(each, name) for name, each in found),
    ]
    if report.outcome_drift is None:
        parts.append(page.paragraph("No outcome has arrived yet, so none is compared."))
    return parts


def card(each: ColumnDrift, name: str = "") -> page.Html:
    """One column's distributions side by side, with what it moved by."""
    words = {"large": "moved much", "small": "moved little", "none": "did not move"}[each.level]
    note = f"{words}; PSI {each.psi:.3f}, of which chance gives {each.psi_by_chance:.3f}"
    if each.shift is not None:
        note += f"; mean {each.shift:+.2f}\u00a0sd"
    if each.seasonal:
        note += f"; held against the same {', '.join(each.seasonal)}"
    return page.card(name or each.column, note, _bars(each))


def _bars(each: ColumnDrift) -> page.Html:
    """Both shares of every bin that has rows, or of those that changed most."""
    bins = [
        (label, (before, now))
        for label, before, now in zip(each.labels, each.before, each.now, strict=True)
        if before or now
    ]
    changed = sorted(bins, key=lambda found: -abs(found[1][0] - found[1][1]))[:_BINS_AT_MOST]
    kept = [found for found in bins if found in changed]
    rows = [
        (label, shares, f"{told.percent(shares[0])} → {told.percent(shares[1])}")
        for label, shares in kept
    ]
    chart = page.bars(rows)
    left_out = len(bins) - len(kept)
    if not left_out:
        return chart
    return page.Html(chart + page.Html(f'<p class="soft">{left_out} more bins changed less.</p>'))
