"""A drift report as a page: the decision first, then what it rests on."""

from collections.abc import Sequence

import numpy as np

from evergreen import page
from evergreen.contracts.drift import DriftReport, Performance
from evergreen.contracts.model_file import LESS_IS_BETTER, ModelFile
from evergreen.distribution import readable
from evergreen.monitor.compare import Comparison

_BINS_AT_MOST = 14
_MEANING = {
    "retrain": "Retrain",
    "watch": "Nothing to do",
    "hold": "Hold",
}


def drift_page(
    model: ModelFile,
    report: DriftReport,
    comparisons: Sequence[Comparison],
    answers: Comparison | None = None,
) -> bytes:
    """Self-contained HTML of one check."""
    return page.page(
        f"{report.model} version {report.version}: drift check",
        f"Checked {report.checked_at[:19].replace('T', ' ')} UTC.",
        page.lead(f"{_MEANING[report.action]}: {report.reason}."),
        _counts(model, report),
        _performance(report.performance),
        _answers(answers),
        _unchecked(report),
        _indices(model, comparisons),
        _distributions(comparisons),
    )


def _counts(model: ModelFile, report: DriftReport) -> page.Html:
    rows = (
        ("predictions since this version took over", report.rows, model.monitor.rows_at_least),
        ("of these with their outcome", report.outcomes, model.retrain.outcomes_at_least),
    )
    return page.section(
        "What it rests on",
        page.table(
            ("", "rows", "needed"),
            ((name, f"{count:,}", f"{needed:,}") for name, count, needed in rows),
        ),
    )


def _performance(found: Performance | None) -> page.Html:
    if not found:
        return page.section(
            "Performance", page.paragraph("Too few outcomes, or of too few kinds, to say.")
        )
    better = "less" if found.metric in LESS_IS_BETTER else "more"
    return page.section(
        "Performance",
        page.paragraph(
            f"{found.metric} is {_figure(found.value)} on {found.outcomes:,} predictions with "
            f"their outcome; on the hold-out at training it was {_figure(found.at_training)} "
            f"({better} is better)."
        ),
    )


def _figure(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1000 else readable(value)


def _answers(found: Comparison | None) -> page.Html:
    if not found:
        return page.Html("")
    drift = found.drift
    return page.section(
        "What it answered",
        page.paragraph(
            "Grey is what the version answered on its hold-out, green what it answered since. "
            f"Chance gives a PSI of {drift.psi_by_chance:.3f} once in 1,000 times."
        ),
        page.cards([page.card(drift.column, f"PSI {drift.psi:.3f}", _pairs(found))]),
    )


def _unchecked(report: DriftReport) -> page.Html:
    if not report.unchecked:
        return page.Html("")
    named = ", ".join(report.unchecked)
    return page.section("Not checked", page.paragraph(f"The model file redacts {named}."))


def _indices(model: ModelFile, comparisons: Sequence[Comparison]) -> page.Html:
    if not comparisons:
        return page.Html("")
    threshold = model.monitor.psi_at_least
    widest = max(2 * threshold, *(comparison.drift.psi for comparison in comparisons))
    ordered = sorted(comparisons, key=lambda comparison: -comparison.drift.psi)
    return page.section(
        "Population stability index by column",
        page.paragraph(
            f"A column has drifted from {threshold:g} on, if that is also more than chance gives "
            "once in 1,000 times."
        ),
        page.table(
            ("column", "PSI", "", "by chance", "never seen", "missing"),
            (_index_row(comparison, widest) for comparison in ordered),
        ),
    )


def _index_row(comparison: Comparison, widest: float) -> Sequence[object]:
    drift = comparison.drift
    return (
        drift.column,
        f"{drift.psi:.3f}",
        page.bar(drift.psi / widest, over=drift.drifted),
        f"{drift.psi_by_chance:.3f}",
        _percent(drift.unseen),
        _percent(drift.missing),
    )


def _distributions(comparisons: Sequence[Comparison]) -> page.Html:
    drifted = [comparison for comparison in comparisons if comparison.drift.drifted]
    shown = drifted or sorted(comparisons, key=lambda c: -c.drift.psi)[:1]
    if not shown:
        return page.Html("")
    return page.section(
        "What changed" if drifted else "Largest change",
        page.paragraph("Grey is what the version was trained on, green what it was asked since."),
        page.cards(
            page.card(c.drift.column, f"PSI {c.drift.psi:.3f}", _pairs(c))
            for c in sorted(shown, key=lambda c: -c.drift.psi)
        ),
    )


def _pairs(comparison: Comparison) -> page.Html:
    """Both shares of every bin that has rows, or of those that changed most."""
    before = comparison.before / comparison.before.sum()
    now = comparison.now / comparison.now.sum()
    filled = np.flatnonzero(comparison.before + comparison.now)
    changed = filled[np.argsort(-np.abs(before - now)[filled], kind="stable")][:_BINS_AT_MOST]
    return page.bars(
        [
            (
                comparison.labels[i],
                (float(before[i]), float(now[i])),
                f"{_percent(before[i])} → {_percent(now[i])}",
            )
            for i in sorted(changed)
        ]
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share else "0"
