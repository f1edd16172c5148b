"""What looks wrong and no rule states: reported with the rule that would mend it, never changed."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.contracts.dataset import TIME
from evergreen.contracts.quality_report import Finding
from evergreen.contracts.table import Table
from evergreen.distribution import readable
from evergreen.ingest.cleaned import ColumnType
from evergreen.ingest.findings import EXAMPLES, advice, quoted

WORDS = frozenset(
    {"?", "??", "-", "--", ".", "unknown", "unk", "missing", "not available", "not known",
     "undefined", "n.a.", "#n/a", "#n/a n/a", "(null)", "nil", "na", "n/a", "nan", "null",
     "-999", "-9999"}
)  # fmt: skip
"""Lower-case text that often says there is no value, beside the words that always do."""

_LONGEST_WORD = max(map(len, WORDS))

NUMBERS = (-99999.0, -9999.0, -999.0, -99.0, 999.0, 9999.0, 99999.0, 999999.0, -273.15)
"""Numbers that often stand for none; -273.15 °C is 0 K."""

_CENTRE = (0.005, 0.995)
_COMMA = re.compile(r"[+-]?\d{1,3}(\.?\d{3})*,\d+")
_DISTINCT_AT_LEAST = 10
_SPELLINGS_AT_MOST = 5_000
_REPEATED_TIMES_AT_MOST = 0.1

Floats = NDArray[np.float64]


def found(rows: pa.Table, types: dict[str, ColumnType], table: Table) -> Iterator[Finding]:
    """Findings of the rows that stay."""
    times = {time.column for time in (table.time, table.created) if time}
    for name, kind in types.items():
        if name in times:
            continue
        column = rows.column(name)
        if kind == "number":
            yield from of_numbers(name, column.drop_null().to_numpy())
        elif kind == "category" and len(column) and table.personal.get(name) != "hash":
            yield from of_texts(name, _counted(column))
    if table.time and not table.clean.key:
        yield from _repeated_times(rows, table)


def of_numbers(name: str, values: Floats) -> Iterator[Finding]:
    """Numbers far from all others that often stand for none, or that are repeated."""
    for number in (*NUMBERS, 0.0):
        rows = int(np.count_nonzero(values == number))
        if rows and _is_far(number, values[values != number], rows):
            yield _sentinel(name, number, rows)
            values = values[values != number]
    for end in (np.min, np.max):
        if len(values):
            number = float(end(values))
            rows = int(np.count_nonzero(values == number))
            often = max(3, len(values) // 10_000) <= rows <= len(values) // 2
            if often and _is_spike(number, values):
                yield _sentinel(name, number, rows)


def of_texts(name: str, counted: dict[str, int]) -> Iterator[Finding]:
    """Words that often say there is no value, one value in several spellings, decimal commas."""
    words = {
        text: n
        for text, n in counted.items()
        if len(text) <= _LONGEST_WORD and text.lower() in WORDS
    }
    if "+" in counted:
        words.pop("-", None)
    if words and len(counted) > len(words):
        stated = ", ".join(quoted(word) for word in sorted(words))
        yield Finding(
            "sentinel", name, sum(words.values()), _shown(words),
            advice=advice(name, f"{{missing: [{stated}]}}"),
        )  # fmt: skip
    if counted and all(_COMMA.fullmatch(text) for text in counted if text):
        yield Finding(
            "spelling", name, sum(counted.values()), _shown(counted),
            advice="write numbers with a decimal point, and the column can be a number",
        )  # fmt: skip
    yield from _spellings(name, counted)


def _spellings(name: str, counted: dict[str, int]) -> Iterator[Finding]:
    if len(counted) > min(_SPELLINGS_AT_MOST, sum(counted.values()) // 2):
        return
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for text in counted:
        alike["".join(text.casefold().split())].append(text)
    several = [sorted(group, key=lambda t: (-counted[t], t)) for group in alike.values()]
    several = [group for group in several if len(group) > 1]
    if not several:
        return
    cased = all(len({text.casefold() for text in group}) == 1 for group in several)
    pairs = {other: group[0] for group in several for other in group[1:]}
    stated = ", ".join(f"{quoted(a)}: {quoted(b)}" for a, b in sorted(pairs.items())[:EXAMPLES])
    yield Finding(
        "case" if cased else "spaces", name, sum(counted[other] for other in pairs),
        tuple(" / ".join(group) for group in several[:EXAMPLES]),
        advice=advice(name, "{case: lower}" if cased else f"{{spellings: {{{stated}}}}}"),
    )  # fmt: skip


def _repeated_times(rows: pa.Table, table: Table) -> Iterator[Finding]:
    """Times that repeat in a table whose rows mostly have each their own."""
    series = [n for n, use in table.uses.items() if {"series", "entity"} & set(use.split(", "))]
    frame = rows.select([*series, TIME]).to_pandas(categories=None)
    repeated = frame.duplicated().to_numpy(np.bool_)
    count = int(repeated.sum())
    if count and count <= _REPEATED_TIMES_AT_MOST * len(frame):
        places = np.flatnonzero(repeated)[:EXAMPLES]
        times = frame[TIME].to_numpy()[places]
        shown = tuple(f"{pd.Timestamp(int(t)).isoformat()}Z" for t in times)
        assert table.time  # noqa: S101
        key = ", ".join(map(quoted, [*series, table.time.column]))
        yield Finding(
            "repeated times", table.time.column, count, shown, advice=f"clean: {{key: [{key}]}}"
        )


def _is_far(number: float, rest: Floats, rows: int) -> bool:
    """Whether a number that often stands for none lies beyond all others, by more than they span.

    Zero has to be further off than twice what the others span, and on one side of all of them.
    """
    if len(rest) < _DISTINCT_AT_LEAST or rows > len(rest):
        return False
    low, high = float(rest.min()), float(rest.max())
    gap = max(low - number, number - high)
    span = high - low if number == 0.0 else _spread(rest)
    often = rows >= 2 or number < -99
    enough = gap > (2 * span if number == 0.0 else span)
    return span > 0 and often and enough and _several(rest)


def _is_spike(number: float, values: Floats) -> bool:
    rest = values[values != number]
    if len(rest) < _DISTINCT_AT_LEAST:
        return False
    gap = float(np.abs(rest - number).min())
    return gap > 2 * _spread(rest) > 0 and _several(rest)


def _several(values: Floats) -> bool:
    """Whether they are a measurement and not a few codes."""
    return len(np.unique(values[:100_000])) >= 2 * _DISTINCT_AT_LEAST


def _spread(values: Floats) -> float:
    """What all but the outermost of the values span."""
    if not len(values):
        return 0.0
    low, high = np.quantile(values, _CENTRE)
    return float(high - low)


def _sentinel(name: str, number: float, rows: int) -> Finding:
    shown = (f"{readable(number) if number.is_integer() else repr(number)} ({rows:,})",)
    written = int(number) if number.is_integer() else number
    return Finding("sentinel", name, rows, shown, advice=advice(name, f"{{missing: [{written}]}}"))


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    whole = column.unify_dictionaries().combine_chunks()
    rows = np.bincount(whole.indices.to_numpy(), minlength=len(whole.dictionary)).tolist()
    texts = whole.dictionary.to_pylist()
    return {text: n for text, n in zip(texts, rows, strict=True) if n and text}


def _shown(words: dict[str, int]) -> tuple[str, ...]:
    ordered = sorted(words.items(), key=lambda each: (-each[1], each[0]))
    return tuple(f"{word} ({rows:,})" for word, rows in ordered[:EXAMPLES])
