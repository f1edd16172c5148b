"""Evidence that a column is known only with the outcome or after it."""

from collections.abc import Iterator, Sequence

import numpy as np

from evergreen.contracts.quality_report import Suspicion
from evergreen.ingest.report.outcome import Outcome
from evergreen.ingest.report.values import Floats, Mask, Values, Whole, sample

_ROWS_AT_LEAST = 20
_MOSTLY = 0.75
_SELDOM = 0.05
_BY_CHANCE = 1e-9
_DAY = 86_400 * 10**9


def missing_with_target(
    columns: Sequence[Values], lacking: dict[str, Values], target: Outcome
) -> Iterator[Suspicion]:
    """Columns that are missing in most rows that lack the target and hardly ever in the others.

    Where most columns are, the rows are empty ones and tell nothing of a column.
    """
    rows = max((len(values) for values in lacking.values()), default=0)
    if rows < _ROWS_AT_LEAST:
        return
    found = []
    for column in columns:
        without = float(lacking[column.name].missing.mean())
        with_target = float(column.missing.mean())
        if without >= _MOSTLY and with_target <= _SELDOM * without:
            found.append((column, without, int(column.missing.sum())))
    if 2 * len(found) > len(columns):
        return
    for column, without, known in found:
        sentence = (
            f"{column.name} is missing in {round(without * rows):,} of the {rows:,} rows that lack "
            f"{target.column}, and in {known:,} of the {len(column):,} that have it; it seems to "
            "become known together with it."
        )
        yield Suspicion(column.name, "missing with the target", False, without, sentence)


def missing_with_one_outcome(columns: Sequence[Values], target: Outcome) -> Iterator[Suspicion]:
    """Columns that are missing (or there) only where the target is one and the same class, in more
    rows than chance would give. Of columns missing in the same rows, one that is so in less than
    half of them is not named: the others say why."""
    if target.kind == "number" or not len(target.classes):
        return
    shares = np.bincount(target.classes, minlength=len(target.labels)) / len(target.classes)
    for state in ("missing", "there"):
        found = []
        for column in columns:
            where = column.missing if state == "missing" else ~column.missing
            said = _one_class(where, target, shares)
            if said is not None and not where.all():
                found.append((int(where.sum()), column, said))
        most = max((count for count, _, _ in found), default=0)
        for count, column, said in found:
            if 2 * count >= most:
                yield _one_outcome_told(column, state, count, target, said)


def _one_class(where: Mask, target: Outcome, shares: Floats) -> int | None:
    """The class of all these rows, None where there are several or chance explains it."""
    count = int(where.sum())
    if count < _ROWS_AT_LEAST:
        return None
    first = int(target.classes[np.argmax(where)])
    if shares[first] ** count > _BY_CHANCE or np.any(target.classes[where] != first):
        return None
    return first


def _one_outcome_told(
    column: Values, state: str, count: int, target: Outcome, said: int
) -> Suspicion:
    label = target.labels[said]
    share = count / max(1, int((target.classes == said).sum()))
    sentence = (
        f"{column.name} is {state} in {count:,} rows, and in all of them {target.column} is "
        f"'{label}' ({share:.1%} of all that are); by chance that would hardly happen."
    ).replace("%", " %")
    return Suspicion(column.name, "missing with the target", False, 1.0, sentence)


def later(columns: Sequence[Values], times: Whole) -> Iterator[Suspicion]:
    """Times that are later than the row's own in most rows, by a span that differs.

    Where the rows' times are whole days or years, others are held against them as such. A span
    that is always the same is a plan.
    """
    unit = _unit(times)
    for column in columns:
        known = ~column.missing
        if column.type != "time" or known.sum() < _ROWS_AT_LEAST:
            continue
        span = _whole(column.numbers[known], unit) - _whole(times[known].astype(np.float64), unit)
        share = float((span > 0).mean())
        if share > 0.5 and np.ptp(span):
            days = float(np.median(span)) / _DAY
            sentence = (
                f"{column.name} is later than the row's own time in {share:.1%} of the rows, by "
                f"{days:,.2g} days in the middle."
            ).replace("%", " %")
            yield Suspicion(column.name, "later than the row", False, share, sentence)


def _unit(times: Whole) -> str:
    days = times.astype("M8[ns]")
    for unit in ("Y", "D"):
        if np.all(days == days.astype(f"M8[{unit}]")):
            return unit
    return "ns"


def _whole(times: Floats, unit: str) -> Floats:
    moments = times.astype(np.int64).astype("M8[ns]").astype(f"M8[{unit}]")
    return moments.astype("M8[ns]").astype(np.int64).astype(np.float64)


def copies(columns: Sequence[Values], target: Outcome) -> Iterator[Suspicion]:
    """Columns that stand for the target one to one: classes under other names, a number in another
    unit."""
    single = target.single if target.kind == "number" else None
    for column in columns:
        if column.missing.any() or len(column) < _ROWS_AT_LEAST:
            continue
        same = _same_order(column, single) if single is not None else _same_parts(column, target)
        if same:
            sentence = (
                f"{column.name} stands for {target.column} one to one: each of its values goes "
                "with one of the target's."
            )
            yield Suspicion(column.name, "copies the target", False, 1.0, sentence)


def _same_parts(column: Values, target: Outcome) -> bool:
    codes = column.codes if column.type == "category" else column.numbers
    if len(np.unique(codes[:1000])) > len(target.labels):
        return False
    _, place = np.unique(codes, return_inverse=True)
    classes = len(np.unique(target.classes))
    found = np.unique(place * len(target.labels) + target.classes)
    return classes > 1 and len(found) == classes == int(place.max()) + 1


def _same_order(column: Values, single: Floats) -> bool:
    if column.type == "category" or not _ordered(column.numbers, single, sample(len(single), 2000)):
        return False
    return _ordered(column.numbers, single, np.arange(len(single)))


def _ordered(numbers: Floats, single: Floats, rows: Whole) -> bool:
    numbers, single = numbers[rows], single[rows]
    order = np.argsort(single, kind="stable")
    steps = np.diff(single[order]) > 0
    other = np.diff(numbers[order])
    if steps.sum() < 10:
        return False
    rises = bool(np.array_equal(other > 0, steps) and np.all(other >= 0))
    falls = bool(np.array_equal(other < 0, steps) and np.all(other <= 0))
    return rises or falls
