"""The rows over time: their periods, their rhythm, and where it breaks."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evergreen.contracts.quality_report import Bin, Coverage, Gap
from evergreen.ingest.report.columns import bins
from evergreen.ingest.report.outcome import Outcome
from evergreen.ingest.report.values import Mask, Values, Whole

_DAY = 86_400 * 10**9
_GAPS_SHOWN = 10
_REGULAR = 0.5
"""Share of the distances between times that must be the commonest one, for a rhythm to be there."""


def coverage(times: Whole, key: Sequence[Values], target: Outcome | None) -> Coverage | None:
    """The coverage of rows at ``times`` (nanoseconds since 1970), None without a row.

    ``key`` are the columns that name a series; times repeat and gaps open within each.
    """
    if not len(times):
        return None
    series = _series(key, len(times))
    order = _ordered(series, times)
    steps = np.diff(times[order])
    same = np.diff(series[order]) == 0
    step = _commonest(steps[same & (steps > 0)])
    found = same & (steps > 1.5 * step) if step else np.zeros(len(steps), np.bool_)
    return Coverage(
        oldest=moment(int(times.min())),
        newest=moment(int(times.max())),
        step_seconds=step / 1e9,
        periods=_periods(times, target),
        gaps=tuple(_gaps(times, order, found, step, key)),
        gaps_in_all=int(found.sum()),
        repeated_times=int((same & (steps == 0)).sum()),
    )


def moment(nanoseconds: int) -> str:
    """ISO 8601 in UTC: the day alone where it is midnight."""
    time = np.int64(nanoseconds).astype("M8[ns]")
    return str(time.astype("M8[s]")) if nanoseconds % _DAY else str(time.astype("M8[D]"))


def _ordered(series: Whole, times: Whole) -> Whole:
    """The rows by series and time; each sort is fast on what is in order already, or of 16 bits."""
    order = np.arange(len(times)) if np.all(times[1:] >= times[:-1]) else _by(times)
    if len(series) and series.max() < 2**16:
        series = series.astype(np.uint16)
    return order[_by(series[order])]


def _by(values: NDArray[np.integer[Any]]) -> Whole:
    return np.argsort(values, kind="stable")


def _series(key: Sequence[Values], rows: int) -> Whole:
    series = np.zeros(rows, np.int64)
    for column in key:
        if column.type == "category":
            place = column.codes.astype(np.int64) + 1
        else:
            place = np.unique(column.numbers, return_inverse=True)[1]
        series = series * (int(place.max()) + 1) + place
        if series.max() > 2**16:
            series = np.unique(series, return_inverse=True)[1]
    return series


def _commonest(steps: Whole) -> float:
    """The commonest step, 0 where none is common: then the rows are events without a rhythm."""
    if not len(steps):
        return 0.0
    found, counts = np.unique(steps, return_counts=True)
    most = int(np.argmax(counts))
    near = (found >= 0.85 * found[most]) & (found <= 1.15 * found[most])  # months, leap years
    return float(found[most]) if counts[near].sum() >= _REGULAR * len(steps) else 0.0


def _name(column: Values, row: int) -> str:
    if column.type != "category":
        return f"{column.numbers[row]:g}"
    return column.labels[column.codes[row]] if column.codes[row] >= 0 else ""


def _gaps(
    times: Whole, order: Whole, found: Mask, step: float, key: Sequence[Values]
) -> Iterator[Gap]:
    """The longest gaps; ``found`` is where the next row of ``order`` comes late."""
    before, after = order[:-1][found], order[1:][found]
    spans = times[after] - times[before]
    for i in np.argsort(-spans, kind="stable")[:_GAPS_SHOWN]:
        yield Gap(
            moment(int(times[before[i]])),
            moment(int(times[after[i]])),
            max(1, round(float(spans[i]) / step) - 1),
            ", ".join(_name(column, int(before[i])) for column in key),
        )


def _periods(times: Whole, target: Outcome | None) -> tuple[Bin, ...]:
    """Rows by hour, day, month or year, whichever gives a readable number of periods."""
    span = int(times.max()) - int(times.min())
    limits = (("h", 2 * _DAY), ("D", 45 * _DAY), ("M", 3 * 366 * _DAY))
    unit = next((unit for unit, most in limits if span <= most), "Y")
    if np.all(times == times.astype("M8[ns]").astype("M8[Y]").astype("M8[ns]").astype(np.int64)):
        unit = "Y"
    periods = times.astype("M8[ns]").astype(f"M8[{unit}]").astype(np.int64)
    found, place = np.unique(periods, return_inverse=True)
    labels = [str(period) for period in found.astype(f"M8[{unit}]")]
    return bins(place, labels, target)
