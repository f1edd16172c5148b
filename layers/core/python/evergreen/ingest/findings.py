"""What cleaning met and did, counted, with examples. Detection of what no rule states is in
:mod:`evergreen.ingest.suspects`."""

import json
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evergreen.cleaning import missing_numbers
from evergreen.contracts.quality_report import Finding
from evergreen.contracts.table import Clean, ColumnRule
from evergreen.distribution import readable
from evergreen.ingest.columns import WORDS, Gathered

EXAMPLES = 5

_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_REPEATED = 3
_RULED = 20

Floats = NDArray[np.float64]


def of_header(renamed: dict[str, str]) -> Iterator[Finding]:
    """Names that were mended."""
    for name, used in renamed.items():
        yield Finding("header", used, 0, (f"'{name}'",), "blanks around the name were removed")


def of_words(name: str, column: Gathered, stated: bool) -> Iterator[Finding]:
    """Words that said there is no value, blanks around text, and words among numbers."""
    if column.words:
        rows = sum(column.words.values())
        yield Finding("missing word", name, rows, _shown(column.words), "read as missing")
    if column.blanks:
        yield Finding("spaces", name, column.blanks, (), "blanks around the text were removed")
    if len(column.wrong.rows):
        yield from _of_wrong(name, Counter(column.wrong.texts.to_pylist()), stated)


def _of_wrong(name: str, words: Counter[str], stated: bool) -> Iterator[Finding]:
    """Words where numbers stand; a rule is advised for those that seem to mean that there is none.

    In a column that the file states, their rows and the others' are in the quarantine.
    """
    none = Counter({word: rows for word, rows in words.items() if stands_for_none(word, rows)})
    told = none if stated else words
    if told:
        stands = ", ".join(map(quoted, sorted(none, key=lambda word: (-none[word], word))[:_RULED]))
        yield Finding(
            "missing word", name, sum(told.values()), _shown(told),
            "" if stated else "left out of the report, as the other rows hold numbers",
            advice(name, f"{{missing: [{stands}]}}") if none else "",
        )  # fmt: skip


def stands_for_none(word: str, rows: int) -> bool:
    """Whether a word among numbers says that there is none: it often does, or it is repeated and
    no number with something beside it."""
    return word.strip().lower() in WORDS or (
        rows >= _REPEATED and not any(character.isdigit() for character in word)
    )


def of_number_rule(name: str, rule: ColumnRule, before: Floats, after: Floats) -> Iterator[Finding]:
    """What a rule made missing."""
    lost = before[np.isnan(after) & ~np.isnan(before)]
    if not len(lost):
        return
    stated = np.isin(lost, list(missing_numbers(rule)))
    for kind, values in (("sentinel", lost[stated]), ("range", lost[~stated])):
        if len(values):
            shown = _shown(Counter(map(readable, values.tolist())))
            yield Finding(kind, name, len(values), shown, "read as missing, by the column's rule")  # type: ignore[arg-type]


def of_text_rule(name: str, codes: pa.DictionaryArray, after: list[str]) -> Iterator[Finding]:
    """What a rule spelled otherwise or made missing."""
    rows = np.bincount(codes.indices.to_numpy(), minlength=len(after)).tolist()
    missing: Counter[str] = Counter()
    spelled: Counter[str] = Counter()
    for raw, text, count in zip(codes.dictionary.to_pylist(), after, rows, strict=True):
        if raw != text and count:
            (spelled if text else missing)[f"{raw} → {text}" if text else raw] += count
    if missing:
        rows_lost = sum(missing.values())
        yield Finding("sentinel", name, rows_lost, _shown(missing), "read as missing, by the rule")
    if spelled:
        yield Finding(
            "spelling", name, sum(spelled.values()), _shown(spelled), "spelled by the column's rule"
        )


def of_keys(rows: pa.Table, clean: Clean, lost: NDArray[np.bool_]) -> Iterator[Finding]:
    """Rows whose key another has."""
    count = int(lost.sum())
    if count:
        shown = tuple(key_of(rows, clean, row) for row in np.flatnonzero(lost)[:EXAMPLES].tolist())
        done = {"keep": "", "first": "the first row of each key was kept"}
        yield Finding(
            "repeated keys", "", count, shown,
            done.get(clean.repeated_keys, "the last row of each key was kept"),
            "clean: {repeated_keys: last}" if clean.repeated_keys == "keep" else "",
        )  # fmt: skip


def of_repeated_rows(rows: NDArray[np.bool_], *, kept: bool) -> Iterator[Finding]:
    """Rows that repeat as a whole."""
    if rows.any():
        shown = tuple(f"row {row + 1:,}" for row in np.flatnonzero(rows)[:EXAMPLES].tolist())
        done = (
            "kept, since columns of so few values make equal rows by chance; clean.repeated_rows:"
            " drop says otherwise"
            if kept
            else "only the first of them was kept"
        )
        yield Finding("repeated rows", "", int(rows.sum()), shown, done)


def of_times(
    column: str, codes: pa.DictionaryArray, twice: NDArray[np.bool_], never: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Local times that a clock change repeats or leaves out."""
    for mask, done, advice in (
        (twice, "the earlier of the two moments was taken", "write times with their offset"),
        (never, "the next moment that there is was taken", "check the time's zone"),
    ):
        if mask.any():
            rows = int(mask[codes.indices.to_numpy()].sum())
            shown = tuple(codes.dictionary.filter(pa.array(mask))[:EXAMPLES].to_pylist())
            yield Finding("date", column, rows, shown, done, advice)


def of_words_among_times(
    name: str, codes: pa.DictionaryArray, unread: NDArray[np.bool_]
) -> Iterator[Finding]:
    """Words in a column of times that no file states."""
    words = _of_codes(codes, unread)
    if words:
        done = "left out of the report, as the other rows hold times"
        yield Finding("date", name, sum(words.values()), _shown(words), done)


def _of_codes(codes: pa.DictionaryArray, wanted: NDArray[np.bool_]) -> Counter[str]:
    """Rows by text, of some of the dictionary."""
    if not wanted.any():
        return Counter()
    rows = np.bincount(codes.indices.to_numpy(), minlength=len(wanted))[wanted].tolist()
    return +Counter(
        dict(zip(codes.dictionary.filter(pa.array(wanted)).to_pylist(), rows, strict=True))
    )


def key_of(rows: pa.Table, clean: Clean, row: int) -> str:
    """A row's key in words."""
    found = rows.select(list(clean.key)).slice(row, 1).to_pylist()[0]
    return ", ".join(f"{name} {str(value)[:40]}" for name, value in found.items())


def quoted(value: str) -> str:
    """A value as YAML takes it."""
    return value if _PLAIN_NUMBER.fullmatch(value) else json.dumps(value, ensure_ascii=False)


def advice(name: str, rule: str) -> str:
    """The rule of a column, as the file states it."""
    plain = name.isidentifier() and name.lower() not in _YAML_WORDS
    key = name if plain else json.dumps(name, ensure_ascii=False)
    return f"clean: {{columns: {{{key}: {rule}}}}}"


def _shown(words: Counter[str]) -> tuple[str, ...]:
    ordered = sorted(words.items(), key=lambda each: (-each[1], each[0]))
    return tuple(f"{word} ({rows:,})" for word, rows in ordered[:EXAMPLES])
