"""Which columns may know the outcome: what is known only with or after it cannot be asked for.

Five kinds of evidence, none of which reads a column's name. They are suspicions, each with its
numbers: a person says whether a column is known in time.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from evergreen.contracts.quality_report import Suspicion
from evergreen.ingest.report import known_after, pairs
from evergreen.ingest.report.alone import follows, strength
from evergreen.ingest.report.outcome import Outcome
from evergreen.ingest.report.values import Floats, Values, Whole, binned, of_numbers, sample

_SURE = {"number": 0.995, "binary": 0.99, "multiclass": 0.99}
"""Strength from which a column knows too much, whatever the others do."""
_STRONG, _TIMES = 0.75, 2.0
"""Strength from which a column is suspect if the next one has not half of it, ..."""
_STRONGER, _TIMES_ERRORS = 0.9, 4.0
"""... or leaves four times as much untold ..."""
_OTHERS_AT_LEAST = 5
"""... among so many, of whom it takes no more than a quarter."""
_TOGETHER, _TIMES_EACH = 0.6, 1.5
_REST, _TIMES_OTHERS = 0.05, 4.0
_ALIKE = 0.9
_ROWS_FOR_REST = 20_000
_ALL = 0.98
"""A leak of this strength leaves nothing open but rounding."""
_LABELS_AT_MOST = 50
"""A category of more is a name, which tells a number by what it stands for."""


class Evidence(Struct, frozen=True, eq=False):
    """What the suspicions are drawn from.

    Attributes:
        columns: all source columns but the target's own, of every row.
        lacking: the same columns of the rows that lack the target, by name.
        strengths: of each column alone, on the rows ``looked_at``.
        times: the rows' own, nanoseconds, or None without a time column; shape (n,).
        used: names of the columns that are learned from.
    """

    columns: Sequence[Values]
    lacking: dict[str, Values]
    target: Outcome
    strengths: dict[str, float]
    looked_at: Whole
    times: Whole | None
    time_column: str
    used: frozenset[str]


def suspicions(evidence: Evidence) -> tuple[Suspicion, ...]:
    """Every suspicion, the strongest first; a column may have several."""
    found = [*known_after.copies(evidence.columns, evidence.target)]
    copied = {each.column for each in found}
    alone = [each for each in _alone(evidence) if each.column not in copied]
    together = [*_together(evidence, copied | {each.column for each in alone})]
    leaks = {each.column for each in (*found, *alone)}
    named = {first.name for first, _, _, _ in together}
    found += alone
    found += [_together_told(evidence, late, by, score) for late, by, _, score in together]
    gaps = [gap for _, _, gap, _ in together]
    found += _rest(evidence, leaks, named, gaps)
    found += known_after.missing_with_target(evidence.columns, evidence.lacking, evidence.target)
    found += known_after.missing_with_one_outcome(evidence.columns, evidence.target)
    if evidence.times is not None:
        rest = [c for c in evidence.columns if c.name != evidence.time_column]
        found += known_after.later(rest, evidence.times)
    told = [_with_use(each, evidence.used) for each in found]
    return tuple(sorted(told, key=lambda each: (-each.strength, each.column)))


def _with_use(each: Suspicion, used: frozenset[str]) -> Suspicion:
    return Suspicion(each.column, each.evidence, each.column in used, each.strength, each.sentence)


def _alone(evidence: Evidence) -> Iterator[Suspicion]:
    sure = _SURE[evidence.target.kind]
    scores = [
        (evidence.strengths[column.name], column)
        for column in evidence.columns
        if not _names(column, evidence.target)
    ]
    ordered = sorted(scores, key=lambda pair: (-pair[0], pair[1].name))
    count = standing_out([score for score, _ in ordered], sure)
    for score, column in ordered[:count]:
        if score >= sure or _made_of(column, evidence):
            beside = _beside(evidence, ordered[count]) if count < len(ordered) else ""
            sentence = f"{column.name} alone {_tells(evidence.target, score)}{beside}."
            yield Suspicion(column.name, "predicts alone", False, score, sentence)


def _beside(evidence: Evidence, following: tuple[float, Values]) -> str:
    score, column = following
    return f"; the next column, {column.name}, {_reaches(evidence, score)}"


def _made_of(column: Values, evidence: Evidence) -> bool:
    """A strong cause of a number is common; what follows its very values is not."""
    if evidence.target.kind != "number" or column.type == "category":
        return True
    rows = evidence.looked_at
    return follows(column.numbers[rows], evidence.target.values[rows, 0])


def standing_out(ordered: Sequence[float], sure: float) -> int:
    """How many of the strongest, in falling order, know too much: those from ``sure`` on unless
    they are half of all (then it is the table's nature), and those far above the rest."""
    certain = sum(score >= sure for score in ordered)
    if 2 * certain > len(ordered) > 2:
        certain = 0
    rest = ordered[certain:]
    if len(rest) < _OTHERS_AT_LEAST:
        return certain
    for count in range(1, len(rest) // 4 + 1):
        if _far_above(rest[count - 1], rest[count]):
            return certain + count
    return certain


def _far_above(score: float, following: float) -> bool:
    twice = score >= _STRONG and following * _TIMES <= score
    hardly_errs = score >= _STRONGER and (1 - score) * _TIMES_ERRORS <= 1 - following
    return twice or hardly_errs


def _names(column: Values, target: Outcome) -> bool:
    return (
        target.kind == "number"
        and column.type == "category"
        and len(column.labels) > _LABELS_AT_MOST
    )


Pair = tuple[Values, Values, Values, float]


def _together(evidence: Evidence, known: set[str]) -> Iterator[Pair]:
    """Pairs whose difference tells far more than either: the one that departs from the other, that
    other, the difference, its strength. No column is in two."""
    rows = [c.take(evidence.looked_at) for c in evidence.columns if c.name not in known]
    target = evidence.target.take(evidence.looked_at)
    found: list[Pair] = []
    for first, second in pairs.pairs(rows):
        gap = pairs.difference(first, second)
        score = strength(gap, target)
        each = max(evidence.strengths[first.name], evidence.strengths[second.name])
        if score >= _TOGETHER and score >= _TIMES_EACH * each:
            late = pairs.departs(first, second, gap)
            found.append((late, second if late is first else first, gap, score))
    taken: set[str] = set()
    for pair in sorted(found, key=lambda pair: (-pair[3], pair[2].name)):
        names = {pair[0].name, pair[1].name}
        if not names & taken:
            taken |= names
            yield pair


def _together_told(evidence: Evidence, late: Values, other: Values, score: float) -> Suspicion:
    sentence = (
        f"The difference of {late.name} and {other.name} {_tells(evidence.target, score)}; "
        f"{late.name} alone {_reaches(evidence, evidence.strengths[late.name])}."
    )
    return Suspicion(late.name, "predicts with another", False, score, sentence)


def _rest(
    evidence: Evidence, leaks: set[str], named: set[str], gaps: Sequence[Values]
) -> Iterator[Suspicion]:
    """Columns whose departure from a near copy explains what a leak leaves open of the target."""
    of_looked_at = sample(len(evidence.looked_at), _ROWS_FOR_REST)
    some = evidence.looked_at[of_looked_at]
    rows = {c.name: c.take(some) for c in evidence.columns}
    target = evidence.target.take(some)
    open_to = [rows[name] for name in rows if name not in leaks | named]
    candidates = [*pairs.close([c for c in open_to if c.type == "number"], _ALIKE)]
    knowing = [rows[name] for name in sorted(leaks)] + [gap.take(of_looked_at) for gap in gaps]
    if target.single is None or not candidates:
        return
    told: set[str] = set()
    for leak in knowing:
        if strength(leak, target) >= _ALL:
            continue
        left = _left_open(leak, target.single)
        others = {c.name: strength(c, left) for c in open_to}
        for pair in candidates:
            late, other, score = _departure(*pair, left)
            rest = max((others[n] for n in others if n not in (late.name, other.name)), default=0)
            if score >= max(_REST, _TIMES_OTHERS * rest) and late.name not in told:
                told.add(late.name)
                yield _rest_told(late, other, leak, score, rest)


def _rest_told(late: Values, other: Values, leak: Values, score: float, rest: float) -> Suspicion:
    sentence = (
        f"How far {late.name} departs from what {other.name} leads to expect explains "
        f"{score:.0%} of what {leak.name} leaves open of the target; any other column explains "
        f"{rest:.1%} of it at most."
    ).replace("%", " %")
    return Suspicion(late.name, "predicts with another", False, score, sentence)


def _left_open(leak: Values, numbers: Floats) -> Outcome:
    left = numbers - _expected(leak, numbers)
    return Outcome("number", "", left[:, None], np.zeros(len(left), np.int64))


def _departure(first: Values, second: Values, left: Outcome) -> tuple[Values, Values, float]:
    """The column of the two that departs from the other with what is left open."""
    both = []
    for late, other in ((first, second), (second, first)):
        departure = late.numbers - _expected(other, late.numbers)
        both.append((late, other, strength(of_numbers("", departure), left)))
    return max(both, key=lambda each: each[2])


def _expected(given: Values, numbers: Floats) -> Floats:
    """The mean of ``numbers`` among the rows of each bin of ``given``, shape (n,)."""
    place, bins = binned(given, 512)
    known = ~np.isnan(numbers)
    rows = np.bincount(place[known], minlength=bins)
    sums = np.bincount(place[known], numbers[known], minlength=bins)
    means: Floats = (sums / np.maximum(rows, 1))[place]
    return means


def _tells(target: Outcome, score: float) -> str:
    if target.kind == "number":
        return f"explains {score:.1%} of {target.column}".replace("%", " %")
    return f"tells {target.column} with an AUC of {(score + 1) / 2:.3f} on rows not seen before"


def _reaches(evidence: Evidence, score: float) -> str:
    if evidence.target.kind == "number":
        return f"explains {score:.1%}".replace("%", " %")
    return f"reaches {(score + 1) / 2:.3f}"


LOOKED_AT = 50_000


def strengths(columns: Sequence[Values], target: Outcome) -> tuple[dict[str, float], Whole]:
    """The strength of each column alone, and the rows that it was measured on: at most
    :data:`LOOKED_AT`, fewer where there are many columns."""
    most = max(5_000, min(LOOKED_AT, 5_000_000 // max(1, len(columns))))
    rows = sample(len(target.classes), most)
    seen = target.take(rows)
    return {c.name: strength(c.take(rows), seen) for c in columns}, rows
