"""What looks wrong and no rule states: reported with the rule that would mend it, never changed."""

import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from evergreen.contracts.dataset import TIME
from evergreen.contracts.quality_report import Finding
from evergreen.contracts.table import Table
from evergreen.ingest.cleaned import ColumnType
from evergreen.ingest.columns import WORDS
from evergreen.ingest.findings import EXAMPLES, advice, quoted
from evergreen.ingest.suspect_numbers import of_numbers

_LONGEST_WORD = max(map(len, WORDS))

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WRITTEN = (
    (
        re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?"),
        "write numbers without commas between their thousands, and the column can be a number",
    ),
    (
        re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+"),
        "write numbers with a decimal point, and the column can be a number",
    ),
    (
        re.compile(r"[+-]?[$€£¥] ?[+-]?\d[\d,.]*|[+-]?\d[\d,.]* ?[%$€£]"),
        "write numbers without their unit, and the column can be a number",
    ),
)
_NEARLY = 0.95
_SPELLINGS_AT_MOST = 5_000
_REPEATED_TIMES_AT_MOST = 0.1


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
    yield from _written_numbers(name, {t: n for t, n in counted.items() if t not in words})
    yield from _spellings(name, counted)


def _written_numbers(name: str, counted: dict[str, int]) -> Iterator[Finding]:
    """Numbers in a way that only people read."""
    rows = sum(counted.values())
    for written, said in _WRITTEN:
        found = sum(n for text, n in counted.items() if written.fullmatch(text))
        plain = sum(n for text, n in counted.items() if _PLAIN.fullmatch(text))
        if rows and found + plain >= _NEARLY * rows and found > plain:
            yield Finding("spelling", name, found, _shown(counted), advice=said)
            return


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


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    whole = column.unify_dictionaries().combine_chunks()
    rows = np.bincount(whole.indices.to_numpy(), minlength=len(whole.dictionary)).tolist()
    texts = whole.dictionary.to_pylist()
    return {text: n for text, n in zip(texts, rows, strict=True) if n and text}


def _shown(words: dict[str, int]) -> tuple[str, ...]:
    ordered = sorted(words.items(), key=lambda each: (-each[1], each[0]))
    return tuple(f"{word} ({rows:,})" for word, rows in ordered[:EXAMPLES])
