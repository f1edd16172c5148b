"""What each column holds: its summary, its bins and the target in each of them."""

from itertools import pairwise

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from evergreen.contracts.profile import CategoryProfile, NumberProfile
from evergreen.contracts.quality_report import Bin, ColumnReport
from evergreen.distribution import decile_edges, readable
from evergreen.ingest.report.association import with_target
from evergreen.ingest.report.outcome import Outcome
from evergreen.ingest.report.values import Floats, Values, Whole

BARS = 10
"""Bins of a number, and values of a category that are shown by name."""
KNOWN = 50
"""Values of a category that are compared with the next version's by name."""
_LABEL = 60
Places = NDArray[np.int8]
"""The bins of rows."""
_CROWDED = 0.6
_FAR = 0.01
"""Share of the rows at either end that may lie far out, in a bin of their own."""


def describe(column: Values, use: str, target: Outcome | None) -> ColumnReport:
    """The report of one column. ``target`` is None where there is none, or it is this one."""
    report = _category if column.type == "category" else _number
    return report(column, use, target)


def _commonest(counts: Whole) -> Whole:
    """Places of all counts above 0, the largest first, of equal ones the first."""
    order: Whole = np.argsort(-counts, kind="stable")
    return order[: np.count_nonzero(counts)]


def counted(column: Values) -> dict[str, int]:
    """Rows by value of a category."""
    counts = np.bincount(column.codes + 1, minlength=len(column.labels) + 1)[1:].tolist()
    return {label: n for label, n in zip(column.labels, counts, strict=True) if n and label}


def _category(column: Values, use: str, target: Outcome | None) -> ColumnReport:
    counts = np.bincount(column.codes + 1, minlength=len(column.labels) + 1)[1:]
    order = _commonest(counts)
    rank = np.full(len(column.labels) + 1, -1, np.int64)
    rank[order] = np.minimum(np.arange(len(order)), BARS)
    labels = [_short(column.labels[i]) for i in order[:BARS]]
    if len(order) > BARS:
        labels.append(f"{len(order) - BARS:,} other values")
    return ColumnReport(
        name=column.name,
        type=column.type,
        use=use,
        missing=int(column.missing.sum()),
        distinct=len(order),
        bins=bins(rank[column.codes], labels, target),
        target=with_target(column, target) if target else None,
        profile=CategoryProfile(
            {column.labels[i]: int(counts[i]) for i in order[:KNOWN]}, int(column.missing.sum())
        ),
    )


def _number_profile(known: Floats, missing: int) -> NumberProfile:
    """Deciles of sorted numbers, which need no search; NaN are not among them."""
    if not len(known):
        return NumberProfile((), (0,), missing)
    sorted32 = known.astype(np.float32)
    edges = decile_edges(sorted32)
    ends = np.searchsorted(sorted32, edges, side="right")
    counts = np.diff(ends, prepend=0, append=len(known))
    return NumberProfile(tuple(edges.tolist()), tuple(counts.tolist()), missing)


def _number(column: Values, use: str, target: Outcome | None) -> ColumnReport:
    known = np.sort(column.numbers[~column.missing])
    missing = len(column) - len(known)
    report = ColumnReport(
        name=column.name,
        type=column.type,
        use=use,
        missing=missing,
        distinct=int(np.count_nonzero(np.diff(known))) + bool(len(known)),
        target=with_target(column, target) if target else None,
        profile=_number_profile(known, missing) if column.type == "number" else None,
    )
    place, labels = _times(column, known) if column.type == "time" else _places(column, known)
    shown = bins(place, labels, target)
    return _summarised(report, known, shown)


def _summarised(report: ColumnReport, known: Floats, shown: tuple[Bin, ...]) -> ColumnReport:
    if not len(known):
        return replace(report, bins=shown)
    scale = 1e9 if report.type == "time" else 1.0
    quarters = [float(known[(len(known) - 1) * i // 4]) / scale for i in (1, 2, 3)]
    with np.errstate(over="ignore"):
        return replace(
            report,
            minimum=float(known[0]) / scale,
            mean=float(known.mean()) / scale,
            deviation=float(known.std()) / scale,
            maximum=float(known[-1]) / scale,
            quartiles=(quarters[0], quarters[1], quarters[2]),
            bins=shown,
        )


def bins(place: Places | Whole, labels: list[str], target: Outcome | None) -> tuple[Bin, ...]:
    """Rows and the target's mean in each labelled place; -1 is missing, and told last."""
    place = np.where(place < 0, len(labels), place)
    rows = np.bincount(place, minlength=len(labels) + 1)
    single = target.single if target else None
    sums = np.bincount(place, single, minlength=len(rows)) if single is not None else None
    found = []
    for i, label in enumerate([*labels, "missing"]):
        count = int(rows[i])
        mean = float(sums[i]) / count if sums is not None and count else None
        if count or i < len(labels):
            found.append(Bin(label, count, mean))
    return tuple(found)


def _places(column: Values, known: Floats) -> tuple[Places, list[str]]:
    """A bin for each of few values, else :data:`BARS` of equal width (what lies far out is in the
    first or the last), or of equal rows where most would be in one."""
    if not len(known):
        return np.full(len(column), -1, np.int8), []
    starts, labels = _starts(known)
    return _place(column, starts), labels


def _place(column: Values, starts: Floats | Whole) -> Places:
    """Each row's bin, the last that starts at or below its value; -1 is missing."""
    place = np.zeros(len(column), np.int8)
    for start in starts[1:]:  # a comparison a bin is several times as fast as a search a row
        place += column.numbers >= start
    place[column.missing] = -1
    return place


def _starts(known: Floats) -> tuple[Floats, list[str]]:
    distinct = np.unique(known[:: max(1, len(known) // 10_000)])
    if len(distinct) <= BARS:
        distinct = np.unique(known)
    if len(distinct) <= BARS:
        return distinct, [readable(value) for value in distinct]
    low, high = _without_far(known)
    starts, ends = _of_equal_width(known, low, high)
    counts = np.diff(np.searchsorted(known, [*starts[1:], np.inf]), prepend=0)
    if counts.max() > _CROWDED * len(known):
        starts, ends = _of_equal_rows(known)
        low, high = float(starts[0]), float(ends[-1])
    labels = [_range(a, b) for a, b in zip(starts, ends, strict=True)]
    if known[0] < low:
        labels[0] = f"up to {readable(float(ends[0]))}"
    if known[-1] > high:
        labels[-1] = f"from {readable(float(starts[-1]))}"
    return starts, labels


def _of_equal_rows(known: Floats) -> tuple[Floats, Floats]:
    """Bins of about as many rows each, a value that half of the rows have being one of its own."""
    middle = known[len(known) // 2]
    first, last = np.searchsorted(known, middle), np.searchsorted(known, middle, side="right")
    if last - first <= len(known) / 2:
        edges = np.unique(known[(len(known) - 1) * np.arange(BARS + 1) // BARS])
        return edges[:-1], edges[1:]
    below, above = known[:first], known[last:]
    left = round((BARS - 1) * len(below) / max(1, len(below) + len(above)))
    left = min(max(left, bool(len(below))), BARS - 1 - bool(len(above)))
    parts = (*_deal(below, left), np.array([middle]), *_deal(above, BARS - 1 - left))
    return np.array([part[0] for part in parts]), np.array([part[-1] for part in parts])


def _deal(known: Floats, parts: int) -> list[Floats]:
    """Sorted numbers in about so many parts of as many rows, equal ones together."""
    if not len(known) or not parts:
        return []
    starts = np.unique(np.searchsorted(known, known[len(known) * np.arange(parts) // parts]))
    return np.split(known, starts[1:])


def _of_equal_width(known: Floats, low: float, high: float) -> tuple[Floats, Floats]:
    """Where the bins start and end."""
    if np.all(known == np.floor(known)) and high - low >= BARS:  # 16 to 23, not 16 to 23.4
        width = float(np.ceil((high - low + 1) / BARS))
        starts = np.arange(low, high + 1, width)
        return starts, np.minimum(starts + width - 1, high)
    edges = np.linspace(low, high, BARS + 1)
    return edges[:-1], edges[1:]


def _without_far(known: Floats) -> tuple[float, float]:
    """The ends of the range that is shown: without the outer rows where they take most of it."""
    far = int(len(known) * _FAR)
    low, high = float(known[far]), float(known[-1 - far])
    if high > low and known[-1] - known[0] > 2 * (high - low):
        return low, high
    return float(known[0]), float(known[-1])


def _range(low: float, high: float) -> str:
    return readable(low) if low == high else f"{readable(low)} to {readable(high)}"


def _times(column: Values, known: Floats) -> tuple[Places, list[str]]:
    if not len(known):
        return np.full(len(column), -1, np.int8), []
    edges = np.unique(np.linspace(known[0], known[-1], BARS + 1).astype(np.int64))
    texts = [str(edge.astype("M8[ns]").astype("M8[D]")) for edge in edges]
    labels = [f"{a} to {b}" if a != b else a for a, b in pairwise(texts)] or texts
    return _place(column, edges[: len(labels)]), labels


def _short(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
