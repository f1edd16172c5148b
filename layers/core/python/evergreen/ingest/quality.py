"""The quality report: what went in, what cleaning did, what each column holds."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evergreen.canonical import category_text
from evergreen.contracts.dataset import (
    TIME,
    Bin,
    ColumnReport,
    LabelledReport,
    QualityReport,
    SourceReport,
)
from evergreen.contracts.model_file import ModelFile
from evergreen.distribution import readable

BARS = 10
"""Bins of a number, and values of a category that are shown by name."""

_DAY = 86_400 * 10**9

Positive = NDArray[np.bool_]


def describe(
    dataset: str,
    model: ModelFile,
    frame: pd.DataFrame,
    sources: tuple[SourceReport, ...],
    labelled: LabelledReport | None,
    dropped: dict[str, int],
    left_out: dict[str, str],
) -> QualityReport:
    """The report of a cleaned table."""
    positive = category_text(model.target.positive)
    positives = (frame[model.target.column] == positive).to_numpy(np.bool_)
    return QualityReport(
        dataset=dataset,
        model=model.name,
        sources=sources,
        labelled=labelled,
        rows_read=len(frame) + sum(dropped.values()),
        rows=len(frame),
        dropped=dropped,
        positive=positive,
        positives=int(positives.sum()),
        columns=tuple(_column(model, name, frame[name], positives) for name in model.columns),
        left_out=left_out,
        over_time=_over_time(frame[TIME].to_numpy(np.int64), positives) if model.time else (),
    )


def summary(report: QualityReport) -> str:
    """One line: ``12,918 rows, 11 columns, 0 dropped; dead 4.9 %``."""
    added = f" ({report.labelled.rows:,} labelled predictions)" if report.labelled else ""
    return (
        f"{report.rows:,} rows{added}, {len(report.columns)} columns, "
        f"{sum(report.dropped.values()):,} dropped; "
        f"{report.positive} {report.positives / report.rows:.1%}".replace("%", " %")
    )


def _column(model: ModelFile, name: str, values: pd.Series, positives: Positive) -> ColumnReport:
    uses = {
        "target": name == model.target.column,
        "feature": name in model.features,
        "time": model.time is not None and name == model.time.column,
        "group": name == model.group,
        "protected": name in model.protected,
    }
    use = ", ".join(use for use, applies in uses.items() if applies)
    if model.features.get(name) == "number":
        return _number_column(name, use, values.to_numpy(np.float64), positives)
    missing = int((values == "").sum())
    distinct = values.nunique() - bool(missing)
    bins = _category_bins(values, positives)
    return ColumnReport(
        name=name, type="category", use=use, missing=missing, distinct=distinct, bins=bins
    )


def _number_column(
    name: str, use: str, values: NDArray[np.float64], positives: Positive
) -> ColumnReport:
    there = ~np.isnan(values)
    known = values[there]
    bins = _number_bins(known, positives[there]) if len(known) else ()
    if len(known) < len(values):
        bins = (*bins, _bin("missing", positives[~there]))
    return ColumnReport(
        name=name,
        type="number",
        use=use,
        missing=len(values) - len(known),
        distinct=len(np.unique(known)),
        minimum=float(known.min()) if len(known) else None,
        mean=float(known.mean()) if len(known) else None,
        maximum=float(known.max()) if len(known) else None,
        bins=bins,
    )


def _bin(label: str, positives: Positive) -> Bin:
    return Bin(label, len(positives), int(positives.sum()))


def _number_bins(values: NDArray[np.float64], positives: Positive) -> tuple[Bin, ...]:
    """A bin for each of few values, else :data:`BARS` of equal width."""
    distinct = np.unique(values)
    if len(distinct) <= BARS:
        return tuple(_bin(readable(value), positives[values == value]) for value in distinct)
    low, high = float(distinct[0]), float(distinct[-1])
    if np.all(distinct == np.floor(distinct)):  # 16 to 23, not 16 to 23.4
        width = float(np.ceil((high - low + 1) / BARS))
        starts = np.arange(low, high + 1, width)
        labels = [_range(start, min(start + width - 1, high)) for start in starts]
    else:
        starts = np.linspace(low, high, BARS + 1)
        labels = [_range(start, end) for start, end in pairwise(starts)]
        starts = starts[:-1]
    place = np.searchsorted(starts, values, side="right") - 1
    return tuple(_bin(label, positives[place == i]) for i, label in enumerate(labels))


def _range(low: float, high: float) -> str:
    return readable(low) if low == high else f"{readable(low)} to {readable(high)}"


def _category_bins(values: pd.Series, positives: Positive) -> tuple[Bin, ...]:
    counted = pd.Series(positives).groupby(values.to_numpy()).agg(["size", "sum"])
    missing = [Bin("missing", *map(int, counted.loc[""]))] if "" in counted.index else []
    counted = counted.drop(index="", errors="ignore").reset_index(names="value")
    counted = counted.sort_values(["size", "value"], ascending=[False, True])
    head, tail = counted.iloc[:BARS], counted.iloc[BARS:]
    bins = [Bin(str(v), int(n), int(p)) for v, n, p in head.itertuples(index=False)]
    if len(tail):
        rest = Bin(f"{len(tail):,} other values", int(tail["size"].sum()), int(tail["sum"].sum()))
        bins.append(rest)
    return (*bins, *missing)


def _over_time(time: NDArray[np.int64], positives: Positive) -> tuple[Bin, ...]:
    """Rows by day, month or year, whichever gives a readable number of periods."""
    span = int(time.max()) - int(time.min())
    unit = "D" if span <= 45 * _DAY else "M" if span <= 3 * 365 * _DAY else "Y"
    if np.all(time == time.astype("M8[ns]").astype("M8[Y]").astype("M8[ns]").astype(np.int64)):
        unit = "Y"
    periods = time.astype("M8[ns]").astype(f"M8[{unit}]").astype(np.str_)
    return tuple(_bin(str(p), positives[periods == p]) for p in np.unique(periods))
